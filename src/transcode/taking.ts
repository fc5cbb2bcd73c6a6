import type { Tables } from "../enrich/tables/tables.ts";
import type { Flow } from "../flow/flow.ts";
import type { Origin } from "../flow/origin.ts";
import type { RecordTaker } from "../formats/format.ts";
import { recordClassOf } from "../schemas/record.ts";
import type { Framing } from "../sinks/otlp/framing.ts";
import type { RecordWriter } from "../sinks/otlp/syntax.ts";
import type { Kernel, Owner, Taken } from "./kernel.ts";
import { EncodedRecord, type Sheet, type Sheets } from "./records.ts";

/** What decides whether records may be taken, asked of each. */
export interface Conditions {
  /** The tables in use; undefined where other things say something of flows, too. */
  readonly tables: () => Tables | undefined;
  /** Whether somebody looks at the flows themselves. */
  readonly needsFlows: () => boolean;
}

/** Between the end of the time at which a record was observed and the end of the record: the event's name, with its tag and length. */
const BEHIND_TIME = 8 + 2;
/** `flow.accept` and `flow.reject`. */
const TAIL_OF_TAKEN = BEHIND_TIME + 11;
const LAST_NUMBER = 0xffffffff;

/** What makes encoded records of one object: the kernel, and for what that leaves, the sink's record writer. */
export class Taking implements RecordTaker, Owner {
  readonly origin: Origin;
  readonly #kernel: Kernel;
  readonly #framing: Framing<EncodedRecord>;
  readonly #writer: RecordWriter;
  readonly #sheets: Sheets;
  readonly #conditions: Conditions;
  #sheet: Sheet | undefined;
  #records: EncodedRecord[] = [];

  constructor(
    origin: Origin,
    parts: { kernel: Kernel; framing: Framing<EncodedRecord>; writer: RecordWriter; sheets: Sheets },
    conditions: Conditions,
  ) {
    this.origin = origin;
    this.#kernel = parts.kernel;
    this.#framing = parts.framing;
    this.#writer = parts.writer;
    this.#sheets = parts.sheets;
    this.#conditions = conditions;
  }

  take(buffer: Buffer, start: number, limit: number, record: number): number {
    const tables = this.#conditions.tables();
    if (tables === undefined || record > LAST_NUMBER || this.#conditions.needsFlows()) return -1;
    return this.#kernel.take(this, tables, buffer, start, limit, record);
  }

  learn(buffer: Buffer, start: number, flow: Flow): void {
    this.#kernel.learn(this, buffer, start, flow);
  }

  keep(taken: Taken): void {
    const sheet = this.#sheetFor(taken.bytes.length);
    const first = sheet.position;
    sheet.block(taken.bytes);
    let start = first;
    for (let place = 0; place < taken.count; place++) {
      const end = first + taken.end(place);
      const context = this.#framing.contextOf(taken.flow(place));
      const time = taken.time(place) * 1000;
      this.#records.push(
        new EncodedRecord(this.origin, taken.number(place), time, context, sheet, start, end, TAIL_OF_TAKEN, undefined),
      );
      start = end;
    }
  }

  /** What was taken since the last call, and these flows, which are enriched; of those that nobody wants nothing is written. */
  records(flows: readonly Flow[], unwanted: ReadonlySet<Flow>): EncodedRecord[] {
    this.#kernel.fetch();
    const records = this.#records;
    const taken = records.length;
    const looks = this.#conditions.needsFlows();
    for (const flow of flows) {
      const sheet = this.#sheetFor(0);
      const start = sheet.position;
      const context = this.#framing.contextOf(flow);
      if (!unwanted.has(flow)) this.#writer.write(sheet, flow, context.attributes);
      const tail = BEHIND_TIME + recordClassOf(flow).eventName.length;
      const shown = looks ? flow : undefined;
      records.push(new EncodedRecord(this.origin, flow.record, flow.time, context, sheet, start, sheet.position, tail, shown));
    }
    if (taken > 0 && flows.length > 0) records.sort((one, other) => one.record - other.record);
    // Records of another piece are released at another time.
    this.#records = [];
    this.#sheet = undefined;
    return records;
  }

  #sheetFor(bytes: number): Sheet {
    if (this.#sheet === undefined || !this.#sheet.hasRoom(bytes)) this.#sheet = this.#sheets.take();
    return this.#sheet;
  }
}
