import ipaddr from "ipaddr.js";
import type { IpAddress } from "../../lib/ip/address.ts";
import { networks } from "../tables/networks.ts";
import type { Saying, TableFileContent, TableKind } from "../tables/table.ts";
import { type GeoAnswer, NOTHING } from "./answer.ts";
import { addressText, type GeoDatabase, readDatabase } from "./database.ts";

type Files = readonly TableFileContent<GeoDatabase>[];

/** What all databases say of addresses; of each the first that says it. */
export interface GeoTable {
  readonly files: Files;
  /** Nothing for networks that are internal wherever they are met: nobody can know where they are. */
  find(ip: IpAddress): GeoAnswer;
}

const PRIVATE = networks.join([]);

/** Databases of countries and autonomous systems, in the MaxMind DB format. */
export const geo = {
  about:
    "Databases in the MaxMind DB format (.mmdb) of countries and autonomous systems, such as GeoLite2-Country and GeoLite2-ASN; of two that say the same the first counts; none by default",
  files: "several",
  extension: ".mmdb",
  maxBytes: 512 * 1024 ** 2,
  parse: readDatabase,
  join: (files: Files): GeoTable => ({ files, find: (ip) => find(files, ip) }),
  say: ({ files }: GeoTable, ip: IpAddress): Saying[] => sayings(files, ip),
} as const satisfies TableKind<GeoTable, GeoDatabase>;

function find(files: Files, ip: IpAddress): GeoAnswer {
  if (PRIVATE.find(ip) !== undefined) return NOTHING;
  let found = NOTHING;
  for (const { content } of files) {
    const { answer } = content.find(ip);
    found = { country: found.country ?? answer.country, as: found.as ?? answer.as };
  }
  return found;
}

function sayings(files: Files, ip: IpAddress): Saying[] {
  if (PRIVATE.find(ip) !== undefined) return [];
  const said = new Set<keyof GeoAnswer>();
  return files.flatMap(({ path, content }) => {
    const { answer, length } = content.find(ip);
    const say = (what: keyof GeoAnswer, values: Saying["values"]): Saying[] => {
      if (answer[what] === undefined) return [];
      const used = !said.has(what);
      said.add(what);
      return [{ path, key: networkOf(ip, length), values, used }];
    };
    const { number, organization } = answer.as ?? {};
    return [
      ...say("country", { country: answer.country ?? "" }),
      ...say("as", {
        ...(number !== undefined && { "AS number": String(number) }),
        ...(organization !== undefined && { "AS organization": organization }),
      }),
    ];
  });
}

function networkOf(ip: IpAddress, length: number): string {
  const cidr = `${addressText(ip)}/${length}`;
  const family = ip.family === 4 ? ipaddr.IPv4 : ipaddr.IPv6;
  return `${family.networkAddressFromCIDR(cidr).toString()}/${length}`;
}
