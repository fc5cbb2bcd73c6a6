import type { Consumer, Lost } from "../contracts/consumer.ts";
import type { Decoded, QualityNotice } from "../contracts/decoder.ts";
import type { Entry } from "../contracts/entry.ts";
import { type DeadLetter, type Ledger, MANY_BAD, type NumberedNotice, type QueuedObject } from "../contracts/ledger.ts";
import type { LedgerWrite } from "../ledger/write.ts";
import { describeError, type Failure } from "../lib/errors.ts";
import type { Instruments, Logger } from "../telemetry/telemetry.ts";
import { Covered } from "./covered.ts";
import { Grouped } from "./grouped.ts";

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

/** As they grow. */
interface Sums {
  objects: number;
  records: number;
  bad: number;
  skipped: number;
  filtered: number;
  readonly quality: Record<string, number>;
  readBytes: number;
  lost: number;
}

function nothingRead(): Sums {
  return { objects: 0, records: 0, bad: 0, skipped: 0, filtered: 0, quality: {}, readBytes: 0, lost: 0 };
}

function sumOf(a: Sums, b: Sums): Sums {
  const quality = { ...a.quality };
  for (const [kind, count] of Object.entries(b.quality)) quality[kind] = (quality[kind] ?? 0) + count;
  return {
    objects: a.objects + b.objects,
    records: a.records + b.records,
    bad: a.bad + b.bad,
    skipped: a.skipped + b.skipped,
    filtered: a.filtered + b.filtered,
    quality,
    readBytes: a.readBytes + b.readBytes,
    lost: a.lost + b.lost,
  };
}

/** A piece of an object: what was decoded, or what stands for that where another thread has the flows. */
export type ReadPiece = Omit<Decoded, "flows"> & { readonly flows: readonly Entry[] };

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
  readonly #totals: ReadonlyMap<string, Sums>;
  readonly #ends: Grouped;

  constructor({ ledger, log, instruments }: Parts, sources: readonly string[], onChange: () => void) {
    this.#totals = new Map(sources.map((source) => [source, nothingRead()]));
    this.#ledger = ledger;
    this.#ends = new Grouped(ledger);
    this.#log = log;
    this.#instruments = instruments;
    this.#onChange = onChange;
  }

  /** What was read of the source. */
  of(source: string): ReadTotals {
    return this.#of(source);
  }

  #of(source: string): Sums {
    const sums = this.#totals.get(source);
    if (sums === undefined) throw new Error(`there is no source ${source}`);
    return sums;
  }

  /** Of all sources together. */
  get totals(): ReadTotals {
    return [...this.#totals.values()].reduce(sumOf, nothingRead());
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
        await this.#ends.add(() => this.#ledger.readToEnd(object.id, through), write);
        this.#ended(object, through);
      },
    };
  }

  #count(
    object: QueuedObject,
    { flows, bad, skipped, through }: ReadPiece,
    {
      after,
      said,
      notices,
      wanted,
    }: { after: number; said: number; notices: readonly NumberedNotice[]; wanted: readonly Entry[] },
  ): void {
    if (this.#whole.has(object.id)) return;
    const { source } = object;
    const totals = this.#of(source);
    const counted = this.#countedOf(object.id);
    const known = counted.records;
    const isPartlyKnown = known.hasAny(after, through);
    const fresh = (records: readonly number[]) => records.filter((record) => !known.has(record)).length;
    const freshFlows = (all: readonly Entry[]) => (isPartlyKnown ? fresh(all.map(({ record }) => record)) : all.length);
    const records = freshFlows(flows);
    const filtered = records - freshFlows(wanted);
    totals.records += records;
    totals.filtered += filtered;
    this.#instruments.records.add(records, { source });
    if (filtered > 0) this.#instruments.filtered.add(filtered, { source });
    for (const [type, numbers] of Object.entries(skipped)) {
      const count = isPartlyKnown ? fresh(numbers) : numbers.length;
      totals.skipped += count;
      if (count > 0) this.#instruments.skipped.add(count, { source, type });
    }
    for (const { kind, after: place, ordinal } of notices) {
      if (known.hasSaid(place, ordinal)) continue;
      totals.quality[kind] = (totals.quality[kind] ?? 0) + 1;
      this.#instruments.quality.add(1, { source, kind });
    }
    for (const { from, to, code } of bad) {
      const count = to === undefined ? Number(!counted.broken) : fresh(fromTo(from, to));
      counted.broken ||= to === undefined;
      totals.bad += count;
      if (count > 0) this.#instruments.bad.add(count, { source, code });
    }
    known.add(after, through, said);
    this.#onChange();
  }

  #ended({ id, source, size }: QueuedObject, records: number): void {
    if (this.#whole.has(id)) return;
    const counted = this.#countedOf(id);
    const isNew = !counted.ended;
    counted.ended = true;
    if (counted.records.hasAll(records)) {
      this.#whole.add(id - 1, id);
      this.#partly.delete(id);
    }
    if (!isNew) return;
    const totals = this.#of(source);
    totals.objects += 1;
    totals.readBytes += size;
    this.#instruments.objects.add(1, { source });
    this.#onChange();
  }

  /** What it lacks is lost for each of these consumers. */
  #lost(object: QueuedObject, consumers: ReadonlySet<Consumer>, error: Failure): Lost {
    const { id, source, key } = object;
    // Another reading may have come to the end since this one began.
    const records = this.#ledger.recordsIn(id);
    const isLost = [...consumers].some((consumer) => records === undefined || consumer.offered(id) < records);
    if (isLost && !this.#gone.has(id)) {
      this.#gone.add(id - 1, id);
      this.#of(source).lost += 1;
      this.#log.error({ source, key, code: error.code }, `lost before it was delivered: ${describeError(error)}`);
    }
    return { object: { ...object, records }, code: error.code, reason: describeError(error), extent: error.extent };
  }

  #logBad({ source, key }: QueuedObject, letters: readonly DeadLetter[]): void {
    for (const { from, to, code, reason } of letters) {
      if (code !== MANY_BAD) this.#log.warn({ source, key, from, to, code }, `bad record set aside: ${reason}`);
      else this.#log.error({ source, key, from }, "very many places of one object are bad: further ones are counted, not listed");
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
  read(piece: ReadPiece, wanted: readonly Entry[]): Promise<void>;
  /** The rest of the object can be had by nobody. Each of those for whom it is read sets aside what it lacks of what is returned. */
  lost(consumers: ReadonlySet<Consumer>, error: Failure): Lost;
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
