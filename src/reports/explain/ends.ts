import type { Tables } from "../../enrich/tables/tables.ts";
import { UsageError } from "../../lib/errors.ts";
import { type IpBits, parseAddress } from "../../lib/ip/address.ts";
import { contains, type IpPrefix, parsePrefix } from "../../lib/ip/prefix.ts";
import { nearest } from "../../lib/nearest.ts";

/** One of the two ends that somebody asks about: an address, a network, or a server of the tables. */
export interface End {
  /** As people call it: `bastion-1 (10.20.12.4)`. */
  readonly label: string;
  /** The name, where it is one; flows that name their server are told by it as well. */
  readonly server: string | undefined;
  readonly prefixes: readonly IpPrefix[];
  /** Its only address, as text; undefined where it is a network, or has several. */
  readonly address: string | undefined;
}

/** What a person has written. Throws UsageError for what is neither address nor network nor, where there are servers, one of them. */
export function endOf(text: string, tables: readonly Tables[]): End {
  const prefix = parsePrefix(text, true);
  if (typeof prefix !== "string") {
    const single = parseAddress(text) !== undefined;
    const server = single ? nameOf(prefix.address, tables) : undefined;
    const label = server === undefined ? text : `${server} (${text})`;
    return { label, server: undefined, prefixes: [prefix], address: single ? text : undefined };
  }
  if (text.includes("/")) throw new UsageError("bad-option", `${text} is ${prefix}`);
  const rows = tables.flatMap(({ servers }) => servers.rows);
  const wanted = text.toLowerCase();
  const found = rows.filter(({ server }) => server.toLowerCase() === wanted);
  const [first] = found;
  if (first === undefined && rows.length > 0) {
    const meant = nearest(text, new Set(rows.map(({ server }) => server)));
    const advice = meant === undefined ? "write an address, a network, or a name of servers.csv" : `did you mean ${meant}?`;
    throw new UsageError("unknown-host", `${text} is no address, and no server of the tables: ${advice}`);
  }
  const addresses = [...new Set(found.map(({ address }) => address))];
  const [only] = addresses;
  const single = addresses.length === 1 && only !== undefined && parseAddress(only) !== undefined ? only : undefined;
  return {
    label: addresses.length === 0 ? text : `${first?.server} (${addresses.join(", ")})`,
    server: first?.server ?? text,
    prefixes: addresses.map((address) => parsePrefix(address, true) as IpPrefix),
    address: single,
  };
}

function nameOf(address: IpBits, tables: readonly Tables[]): string | undefined {
  for (const { servers } of tables) {
    const row = servers.find(address);
    if (row !== undefined) return row.server;
  }
  return undefined;
}

/** Whether an end of a flow is that one. */
export function isEnd({ prefixes, server }: End, address: IpBits | undefined, name: string | undefined): boolean {
  if (address !== undefined) for (const prefix of prefixes) if (contains(prefix, address)) return true;
  return server !== undefined && name === server;
}

/** What is asked at the destination. */
export interface Service {
  /** Undefined for any. */
  readonly port: number | undefined;
  /** IANA's number; undefined for any. */
  readonly protocol: number | undefined;
  /** `TCP port 22`, `port 22`, `ICMP`, `any port`. */
  readonly label: string;
}

const PROTOCOLS: Readonly<Record<string, number>> = { tcp: 6, udp: 17, icmp: 1, icmpv6: 58 };

/** `22`, `53/udp`, `icmp`; nothing for any. Throws UsageError. */
export function serviceOf(text: string | undefined): Service {
  if (text === undefined) return { port: undefined, protocol: undefined, label: "any port" };
  const lower = text.toLowerCase();
  const alone = PROTOCOLS[lower];
  if (alone !== undefined) return { port: undefined, protocol: alone, label: lower.toUpperCase() };
  const [, digits = "", name] = /^(\d{1,5})(?:\/([a-z]+))?$/.exec(lower) ?? [];
  const port = digits === "" ? Number.NaN : Number(digits);
  const protocol = name === undefined ? undefined : PROTOCOLS[name];
  if (!(port <= 65_535) || (name !== undefined && protocol !== 6 && protocol !== 17)) {
    throw new UsageError("bad-option", `"${text}" is no port: write a number up to 65535 (22, 53/udp), or tcp, udp or icmp`);
  }
  return { port, protocol, label: `${name === undefined ? "" : `${name.toUpperCase()} `}port ${port}` };
}
