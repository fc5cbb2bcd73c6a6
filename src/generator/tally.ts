import type { Mark } from "./formats/format.ts";
import type { ObjectTruth } from "./truth.ts";
import { emptyTruth } from "./truth.ts";

/** Counts the records of one object while they are written. */
export class Tally {
  readonly marks: Mark[] = [];
  /** Of the records, in seconds since the epoch. */
  first = Number.POSITIVE_INFINITY;
  last = Number.NEGATIVE_INFINITY;
  records = 0;
  #accept = 0;
  #reject = 0;
  #noData = 0;
  #skipData = 0;
  #bytes = 0;
  #bytesReverse = 0;

  flow(time: number, accepted: boolean, bytes: number, bytesReverse: number, incident: number | undefined, reply: boolean): void {
    this.#at(time);
    if (accepted) this.#accept++;
    else this.#reject++;
    this.#bytes += bytes;
    this.#bytesReverse += bytesReverse;
    if (incident !== undefined) this.marks.push({ incident, record: this.records, reply, accepted });
  }

  quality(time: number, kind: "noData" | "skipData"): void {
    this.#at(time);
    if (kind === "noData") this.#noData++;
    else this.#skipData++;
  }

  truth(): ObjectTruth {
    return {
      ...emptyTruth(),
      records: this.records,
      accept: this.#accept,
      reject: this.#reject,
      noData: this.#noData,
      skipData: this.#skipData,
      bytes: BigInt(this.#bytes),
      bytesReverse: BigInt(this.#bytesReverse),
    };
  }

  #at(time: number): void {
    this.records++;
    if (time < this.first) this.first = time;
    if (time > this.last) this.last = time;
  }
}
