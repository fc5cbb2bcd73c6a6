import type { BadRecords, Decoded, QualityNotice } from "../contracts/decoder.ts";
import type { Flow } from "../flow/flow.ts";
import { label, type Problem } from "./problem.ts";
import type { Fault } from "./unpacked.ts";

/** A piece of an object while it is being decoded. Records are handed in by ascending number. */
export class Piece implements Decoded {
  readonly flows: Flow[] = [];
  readonly bad: BadRecords[] = [];
  readonly quality: QualityNotice[] = [];
  readonly skipped: Record<string, number[]> = Object.create(null);
  through: number;
  readonly #start: number;

  /** `through` is the number of the last record that is done with before this piece. */
  constructor(through: number) {
    this.through = through;
    this.#start = through;
  }

  /** Whether the piece says nothing that an earlier one did not. */
  get isEmpty(): boolean {
    return this.through === this.#start && this.bad.length === 0 && this.quality.length === 0;
  }

  /** Takes what the next piece says. */
  add({ flows, bad, quality, skipped, through }: Piece): void {
    for (const flow of flows) this.flows.push(flow);
    for (const one of bad) this.bad.push(one);
    for (const notice of quality) this.quality.push(notice);
    for (const [type, records] of Object.entries(skipped)) this.skipped[type] = [...(this.skipped[type] ?? []), ...records];
    this.through = through;
  }

  /** Sets a record aside. Neighbours with the same code become one range, which keeps the reason of its first record. */
  reject(record: number, problem: Problem): void {
    const last = this.bad.at(-1);
    if (last?.to === record - 1 && last.code === problem.code) this.bad[this.bad.length - 1] = { ...last, to: record };
    else this.bad.push({ from: record, to: record, code: problem.code, reason: problem.reason });
  }

  /** Passes over a record that is no flow. */
  skip(record: number, type: string): void {
    const name = label(type);
    const numbers = this.skipped[name];
    if (numbers === undefined) this.skipped[name] = [record];
    else numbers.push(record);
  }

  /** What follows the records up to `through` cannot be read. */
  breakOff(fault: Fault): void {
    this.bad.push({ from: this.through + 1, to: undefined, code: fault.code, reason: fault.reason });
  }
}
