import type { Random } from "../random.ts";
import { isoSecond, stamp } from "../stamps.ts";
import type { Host, Subnet } from "../world.ts";
import type { Window } from "./format.ts";
import type { LineDialect } from "./line-dialect.ts";
import type { OciNames } from "./oci-records.ts";
import { VcnTextEncoder } from "./text-records.ts";

/** Lines of text in objects whose keys follow their time: `<prefix>vcn-flow-logs/YYYY/MM/DD/<begin>.<nnnn>.log.gz`. */
export class TextDialect implements LineDialect {
  readonly encoder = new VcnTextEncoder();
  readonly delay = 60;
  readonly #names: OciNames;
  readonly #prefix: string;
  #begin = "";
  #n = 0;

  constructor(names: OciNames, options: { readonly prefix: string }) {
    this.#names = names;
    this.#prefix = options.prefix;
  }

  prepare(_window: Window, random: Random): void {
    this.encoder.accepted = random.chance(0.85) ? "ACCEPT" : "ALLOW";
  }

  key(window: Window): string {
    const second = Math.floor(window.from);
    const begin = stamp(second);
    this.#n = begin === this.#begin ? this.#n + 1 : 0;
    this.#begin = begin;
    const day = isoSecond(second).slice(0, 10).replaceAll("-", "/");
    return `${this.#prefix}vcn-flow-logs/${day}/${begin}.${String(this.#n).padStart(4, "0")}.log.gz`;
  }

  quality(_host: Host, kind: "noData" | "skipData", time: number): string {
    return this.encoder.quality(kind, time);
  }

  breakLine(kind: string, good: string): ReturnType<LineDialect["breakLine"]> {
    const field = (index: number, value: string) => ({ text: good.split(" ").with(index, value).join(" ") });
    switch (kind) {
      case "half-line":
        return { text: good.split(" ").slice(0, 7).join(" ") };
      case "long-line":
        return { text: `${good} ${"x".repeat(10 * 1024 * 1024)}` };
      case "nul":
        return field(1, "10.20.\0.7");
      case "invalid-utf8":
        return field(1, "10.20.\xff\xfe.7");
      case "bad-address":
        return field(1, "10.100.xx.197");
      case "bad-port":
        return field(4, "70000");
      case "null-field":
        return field(1, "-");
      case "big-counter":
        return { ...field(7, "18446744073709551615"), bytes: 18_446_744_073_709_551_615n };
      default:
        return undefined;
    }
  }

  subnetId(subnet: Subnet): string {
    return this.#names.subnet(subnet);
  }
}
