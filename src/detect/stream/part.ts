import type { Flow } from "../../flow/flow.ts";
import type { Origin } from "../../flow/origin.ts";
import { formatIpv4, ipv4Bits, readIpv4 } from "../../lib/ip/ipv4.ts";

/** Kinds of parts, of two bits: a whole number below 2^31, an IPv4 address, any other text. */
export const NUMBER = 0;
export const IPV4 = 1;
export const TEXT = 2;

const DIGIT_0 = 48;
const DIGIT_9 = 57;

/**
 * A value of a flow as keys are made of it. Equal parts are those with equal texts. Numbers and IPv4 addresses, which is what groups are
 * mostly keyed by, are 32 bits: to look up a text in a Map makes the engine intern it, which costs more than to read it.
 */
export class Part {
  kind = NUMBER;
  /** Of a number or an IPv4 address. */
  bits = 0;
  /** Of any other text. */
  text = "";

  set(value: string | number): void {
    if (typeof value === "number") {
      if ((value | 0) === value && value >= 0) this.#setBits(NUMBER, value);
      else this.#setText(String(value));
      return;
    }
    const first = value.charCodeAt(0);
    if (!(first >= DIGIT_0 && first <= DIGIT_9)) this.#setText(value);
    else if (readIpv4(value, 0, value.length)) this.#setBits(IPV4, ipv4Bits[0] as number);
    else if (value.length <= 10 && String(Number(value) & 0x7fffffff) === value) this.#setBits(NUMBER, Number(value));
    else this.#setText(value);
  }

  #setBits(kind: typeof NUMBER | typeof IPV4, bits: number): void {
    this.kind = kind;
    this.bits = bits;
  }

  #setText(text: string): void {
    this.kind = TEXT;
    this.text = text;
  }
}

/** The text of a number or an IPv4 address. */
export function textOfBits(kind: number, bits: number): string {
  return kind === IPV4 ? formatIpv4(bits) : String(bits);
}

/** Reads one field of flows; what it read of the latest flow serves everybody who asks for it. */
export class PartReader {
  readonly #get: (flow: Flow) => unknown;
  readonly #part = new Part();
  /** The latest flow, by object and record: a flow itself would be kept from the garbage collector. */
  #origin: Origin | undefined;
  #record = 0;

  constructor(get: (flow: Flow) => unknown) {
    this.#get = get;
  }

  /** The value of the flow's field, empty when it is missing. To be used before the next flow is read. */
  read(flow: Flow): Part {
    if (flow.record !== this.#record || flow.origin !== this.#origin) {
      this.#record = flow.record;
      this.#origin = flow.origin;
      this.#part.set(this.value(flow));
    }
    return this.#part;
  }

  value(flow: Flow): string | number {
    const value = this.#get(flow) ?? "";
    return typeof value === "string" || typeof value === "number" ? value : String(value);
  }
}
