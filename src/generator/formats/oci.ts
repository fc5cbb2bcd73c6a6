import type { Random } from "../random.ts";
import { stamp } from "../stamps.ts";
import type { Host, Subnet } from "../world.ts";
import type { Window } from "./format.ts";
import type { LineDialect } from "./line-dialect.ts";
import { OciEncoder, type OciNames } from "./oci-records.ts";

/**
 * The objects of one Connector Hub connector: `<prefix><connector>/<first>_<last>.<n>.log.gz`. The stamps are the times of the
 * earliest and the latest record, so that an object with late records sorts before objects that are older than it.
 */
export class OciDialect implements LineDialect {
  readonly encoder: OciEncoder;
  /** Records arrive within 400 s; the connector writes after them. */
  readonly delay = 410;
  readonly #names: OciNames;
  readonly #prefix: string;
  readonly #taken = new Map<string, number>();

  constructor(names: OciNames, options: { readonly prefix: string; readonly wrapped: boolean }) {
    this.encoder = new OciEncoder(names, options.wrapped);
    this.#names = names;
    this.#prefix = options.prefix;
  }

  prepare(_window: Window, random: Random): void {
    const timeMillis = random.chance(0.9);
    const ingestedMillis = random.chance(0.9);
    this.encoder.begin({ timeMillis, ingestedMillis, lag: random.between(60, 400) });
  }

  key(_window: Window, first: number, last: number): string {
    const name = `${stamp(first)}_${stamp(last)}`;
    if (this.#taken.size > 10_000) this.#taken.clear();
    const n = this.#taken.get(name) ?? 0;
    this.#taken.set(name, n + 1);
    return `${this.#prefix}${this.#names.connector}/${name}.${n}.log.gz`;
  }

  quality(host: Host, kind: "noData" | "skipData", time: number, random: Random): string {
    return this.encoder.quality(host, kind, time, random);
  }

  breakLine(kind: string, good: string): ReturnType<LineDialect["breakLine"]> {
    const replaced = (pattern: RegExp, replacement: string) => ({ text: good.replace(pattern, () => replacement) });
    switch (kind) {
      case "half-line":
        return { text: good.slice(0, good.length >> 1) };
      case "long-line":
        return replaced(/"source":"-"/, `"source":"${"x".repeat(10 * 1024 * 1024)}"`);
      case "nul":
        return replaced(/"sourceAddress":"[^"]+"/, '"sourceAddress":"10.20.\0.7"');
      case "invalid-utf8":
        return replaced(/"sourceAddress":"[^"]+"/, '"sourceAddress":"10.20.\xff\xfe.7"');
      case "bad-address":
        return replaced(/"sourceAddress":"[^"]+"/, '"sourceAddress":"10.100.xx.197"');
      case "bad-port":
        return replaced(/"destinationPort":\d+/, '"destinationPort":70000');
      case "null-field":
        return replaced(/"sourceAddress":"[^"]+"/, '"sourceAddress":null');
      case "wrong-type":
        return { text: '["data","oracle"]' };
      case "big-counter":
        return { ...replaced(/"bytesOut":\d+/, '"bytesOut":18446744073709551615'), bytes: 18_446_744_073_709_551_615n };
      case "other-type": {
        const type = "com.oraclecloud.objectstorage.getobject";
        return { text: good.replace("com.oraclecloud.vcn.flowlogs.DataEvent", type), skippedType: type };
      }
      default:
        return undefined;
    }
  }

  subnetId(subnet: Subnet): string {
    return this.#names.subnet(subnet);
  }
}
