import type { Consumer, Lost } from "../contracts/consumer.ts";
import type { Decoded, QualityNotice } from "../contracts/decoder.ts";
import { type DeadLetter, type Ledger, MANY_BAD, type NumberedNotice, type QueuedObject } from "../contracts/ledger.ts";
import type { Flow } from "../flow/flow.ts";
import type { LedgerWrite } from "../ledger/write.ts";
import { describeError, type FlowferryError } from "../lib/errors.ts";
import type { Instruments, Logger } from "../telemetry/telemetry.ts";
import { Covered } from "./covered.ts";

/** What a run has read: each object, record and notice once, in whatever readings; also what an earlier run has read for others. */
export interface ReadTotals {
  readonly objects: number;
  readonly records: number;
  readonly bad: number;
  readonly skipped: number;
  readonly filtered: number;
  readonly quality: Readonly<Record<string, number>>;
  /** Stored bytes of the objects that were read to their end. */
  readonly readBytes: number;
  /** Objects that were deleted or replaced before every consumer had them. */
  readonly lost: number;
}

/** What is counted of an object. */
interface Counted {
  readonly records: Covered;
  /** Its end was reached. */
  ended: boolean;
  /** That the rest of it is broken was counted. */
  broken: boolean;
}

interface Parts {
  readonly ledger: Ledger;
  readonly log: Logger;
  readonly instruments: Instruments;
}

/** Counts what a run reads, and brings into the ledger what is found, before anybody gets what stands behind it. */
export class Readings {
  readonly #ledger: Ledger;
  readonly #log: Logger;
  readonly #instruments: Instruments;
  readonly #onChange: () => void;
  /** Of objects of which a piece was counted, and not yet all. */
  readonly #partly = new Map<number, Counted>();
  /** Ids of objects of which everything was counted. */
  readonly #whole = new Covered();
  /** Ids of objects that were counted as lost. */
  readonly #gone = new Covered();
  readonly #quality: Record<string, number> = {};
  readonly #totals = { objects: 0, records: 0, bad: 0, skipped: 0, filtered: 0, readBytes: 0, lost: 0 };

  constructor({ ledger, log, instruments }: Parts, onChange: () => void) {
    this.#ledger = ledger;
    this.#log = log;
    this.#instruments = instruments;
    this.#onChange = onChange;
  }

  get totals(): ReadTotals {
    return { ...this.#totals, quality: this.#quality };
  }

  /** An object is read from the record after `skip` on. */
  begin(object: QueuedObject, skip: number, write: LedgerWrite): ObjectAccount {
    let through = skip;
    /** So much was said behind `through`. */
    let said = 0;
    return {
      read: async (piece, wanted) => {
        const after = through;
        const notices = numbered(piece.quality, after, said);
        const last = notices.at(-1);
        said = last?.after === piece.through ? last.ordinal : 0;
        through = piece.through;
        if (piece.bad.length + notices.length > 0) {
          const told = { bad: piece.bad, notices, through, said };
          this.#logBad(object, await write(() => this.#ledger.found(object.id, told)));
        }
        this.#count(object, piece, { after, said, notices, wanted });
      },
      lost: (consumers, error) => this.#lost(object, consumers, error),
      ended: async () => {
        await write(() => this.#ledger.readToEnd(object.id, through));
        this.#ended(object, through);
      },
    };
  }

  #count(
    object: QueuedObject,
    { flows, bad, skipped, through }: Decoded,
    {
      after,
      said,
      notices,
      wanted,
    }: { after: number; said: number; notices: readonly NumberedNotice[]; wanted: readonly Flow[] },
  ): void {
    if (this.#whole.has(object.id)) return;
    const counted = this.#countedOf(object.id);
    const known = counted.records;
    const isPartlyKnown = known.hasAny(after, through);
    const fresh = (records: readonly number[]) => records.filter((record) => !known.has(record)).length;
    const freshFlows = (all: readonly Flow[]) => (isPartlyKnown ? fresh(all.map(({ record }) => record)) : all.length);
    const records = freshFlows(flows);
    const filtered = records - freshFlows(wanted);
    this.#totals.records += records;
    this.#totals.filtered += filtered;
    this.#instruments.records.add(records);
    if (filtered > 0) this.#instruments.filtered.add(filtered);
    for (const [type, numbers] of Object.entries(skipped)) {
      const count = isPartlyKnown ? fresh(numbers) : numbers.length;
      this.#totals.skipped += count;
      if (count > 0) this.#instruments.skipped.add(count, { type });
    }
    for (const { kind, after: place, ordinal } of notices) {
      if (known.hasSaid(place, ordinal)) continue;
      this.#quality[kind] = (this.#quality[kind] ?? 0) + 1;
      this.#instruments.quality.add(1, { kind });
    }
    for (const { from, to, code } of bad) {
      const count = to === undefined ? Number(!counted.broken) : fresh(fromTo(from, to));
      counted.broken ||= to === undefined;
      this.#totals.bad += count;
      if (count > 0) this.#instruments.bad.add(count, { code });
    }
    known.add(after, through, said);
    this.#onChange();
  }

  #ended({ id, size }: QueuedObject, records: number): void {
    if (this.#whole.has(id)) return;
    const counted = this.#countedOf(id);
    const isNew = !counted.ended;
    counted.ended = true;
    if (counted.records.hasAll(records)) {
      this.#whole.add(id - 1, id);
      this.#partly.delete(id);
    }
    if (!isNew) return;
    this.#totals.objects += 1;
    this.#totals.readBytes += size;
    this.#instruments.objects.add(1);
    this.#onChange();
  }

  /** What it lacks is lost for each of these consumers. */
  #lost(object: QueuedObject, consumers: ReadonlySet<Consumer>, error: FlowferryError): Lost {
    const { id, key } = object;
    // Another reading may have come to the end since this one began.
    const records = this.#ledger.recordsIn(id);
    const isLost = [...consumers].some((consumer) => records === undefined || consumer.offered(id) < records);
    if (isLost && !this.#gone.has(id)) {
      this.#gone.add(id - 1, id);
      this.#totals.lost += 1;
      this.#log.error({ key, code: error.code }, `lost before it was delivered: ${describeError(error)}`);
    }
    return { object: { ...object, records }, code: error.code, reason: describeError(error) };
  }

  #logBad({ key }: QueuedObject, letters: readonly DeadLetter[]): void {
    for (const { from, to, code, reason } of letters) {
      if (code !== MANY_BAD) this.#log.warn({ key, from, to, code }, `bad record set aside: ${reason}`);
      else this.#log.error({ key, from }, "very many places of one object are bad: further ones are counted, not listed");
    }
  }

  #countedOf(id: number): Counted {
    const counted = this.#partly.get(id) ?? { records: new Covered(), ended: false, broken: false };
    this.#partly.set(id, counted);
    return counted;
  }
}

/** The account of one reading of an object. */
export interface ObjectAccount {
  /** One more piece was decoded; `wanted` of its flows pass the filter. Resolves when what it tells is in the ledger. */
  read(piece: Decoded, wanted: readonly Flow[]): Promise<void>;
  /** The rest of the object can be had by nobody. Each of those for whom it is read sets aside what it lacks of what is returned. */
  lost(consumers: ReadonlySet<Consumer>, error: FlowferryError): Lost;
  /** The object was read to its end. */
  ended(): Promise<void>;
}

/** Notices with their numbers, where `said` stands for those that earlier pieces have said behind `after`. */
function numbered(notices: readonly QualityNotice[], after: number, said: number): NumberedNotice[] {
  let [place, ordinal] = [after, said];
  return notices.map((notice) => {
    if (notice.after !== place) [place, ordinal] = [notice.after, 0];
    ordinal += 1;
    return { ...notice, ordinal };
  });
}

function fromTo(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}
