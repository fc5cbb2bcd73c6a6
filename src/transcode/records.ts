import type { Entry } from "../contracts/entry.ts";
import type { Flow } from "../flow/flow.ts";
import type { Origin } from "../flow/origin.ts";
import { Bytes } from "../sinks/otlp/bytes.ts";
import type { OfContext } from "../sinks/otlp/framing.ts";

/** Memory that holds encoded records, until all of them are released. */
export type Sheet = Bytes;

/** A record as the sink encodes it, but for the time at which it was observed. */
export class EncodedRecord implements Entry {
  readonly origin: Origin;
  readonly record: number;
  readonly time: number;
  readonly context: OfContext<EncodedRecord>;
  readonly sheet: Sheet;
  /** Where it stands in the sheet. */
  readonly start: number;
  readonly end: number;
  /** How many bytes before its end the time stands at which it was observed. */
  readonly tail: number;
  /** What was decoded, where somebody looks at flows. */
  readonly flow: Flow | undefined;

  constructor(
    origin: Origin,
    record: number,
    time: number,
    context: OfContext<EncodedRecord>,
    sheet: Sheet,
    start: number,
    end: number,
    tail: number,
    flow?: Flow,
  ) {
    this.origin = origin;
    this.record = record;
    this.time = time;
    this.context = context;
    this.sheet = sheet;
    this.start = start;
    this.end = end;
    this.tail = tail;
    this.flow = flow;
  }
}

/** Of a sheet; what does not fit goes onto the next one. */
const SHEET_BYTES = 256 * 1024;
/** Most sheets that wait for records. */
const MOST_FREE = 16;

/** Sheets that were released serve again: what is made anew for each piece would be for the collector of garbage. */
export class Sheets {
  readonly #free: Sheet[] = [];

  take(): Sheet {
    const sheet = this.#free.pop() ?? new Bytes(new ArrayBuffer(SHEET_BYTES));
    sheet.position = 0;
    return sheet;
  }

  /** The records are not needed any more; they are all that stands on their sheets. */
  release(records: readonly EncodedRecord[]): void {
    const sheets = new Set<Sheet>();
    for (const { sheet } of records) sheets.add(sheet);
    for (const sheet of sheets) if (this.#free.length < MOST_FREE) this.#free.push(sheet);
  }
}
