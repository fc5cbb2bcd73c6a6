import { join } from "node:path";
import type { Keeper } from "../contracts/keeper.ts";
import type { Flow } from "../flow/flow.ts";
import { firstOf } from "../lib/waiting.ts";
import { archiveColumns } from "./columns.ts";
import { ContentName } from "./content-name.ts";
import { folderOf, HOUR_MS } from "./layout.ts";
import { createParquetFile, type ParquetFile } from "./parquet-file.ts";
import { MOST_GROUP_ROWS, RowGroup } from "./row-group.ts";
import type { UploadEvents, Uploads } from "./uploads.ts";

/** So many groups of rows may wait, over all hours. */
const MOST_GROUPS = 4;
/** Hours with a file that is being written. */
const MOST_HOURS = 48;
/** Groups of all files that are being written: about 200 kB of memory each. */
const MOST_INDEXED = 256;
/** What a name is made of takes no more memory than this. */
const MOST_RUNS = 100_000;
/** Pause after the disk took nothing, in ms. */
const DISK_PAUSE_MS = 1_000;

/** Flows that were handed over together; some may lie in several files. */
interface Part {
  files: number;
  readonly durable: () => void;
}

interface OpenHour {
  readonly folder: string;
  readonly since: number;
  readonly path: string;
  readonly name: ContentName;
  readonly waiting: Part[];
  group: RowGroup;
  /** Groups that are full and not encoded yet. */
  readonly full: RowGroup[];
  file: ParquetFile | undefined;
}

export interface ParquetArchiveOptions {
  readonly name: string;
  readonly prefix: string;
  readonly rollBytes: number;
  readonly rollMs: number;
  /** Folder of files that are being written. */
  readonly workFolder: string;
  readonly now?: () => number;
  /** Rows that a group has when it is full. */
  readonly groupRows?: number;
}

/**
 * Keeps flows in Parquet files, one after the other for each hour of event time. A file is finished when it is large or old, or when there
 * are too many; a late flow opens the file of its own hour. The name of a file says which flows are in it, so that one that is written
 * again after a crash takes the place of the first.
 */
export class ParquetArchive implements Keeper {
  readonly name: string;
  readonly #options: ParquetArchiveOptions;
  readonly #uploads: Uploads;
  readonly #events: UploadEvents;
  readonly #columns = archiveColumns();
  readonly #hours = new Map<number, OpenHour>();
  readonly #now: () => number;
  readonly #groupRows: number;
  #rows = 0;
  #files = 0;
  #diskFails = 0;
  #work: Promise<void> | undefined;
  #pausing = false;
  #flushing = false;
  #closed = false;
  #timer: NodeJS.Timeout | undefined;
  #change = Promise.withResolvers<void>();

  constructor(options: ParquetArchiveOptions, uploads: Uploads, events: UploadEvents) {
    this.name = options.name;
    this.#options = options;
    this.#uploads = uploads;
    this.#events = events;
    this.#now = options.now ?? Date.now;
    this.#groupRows = options.groupRows ?? MOST_GROUP_ROWS;
  }

  get hasRoom(): boolean {
    return this.#rows < MOST_GROUPS * this.#groupRows && this.#uploads.hasRoom;
  }

  get failing(): boolean {
    return this.#diskFails > 0 || this.#uploads.failing;
  }

  get files(): number {
    return this.#uploads.brought;
  }

  async changed(): Promise<void> {
    await Promise.race([this.#change.promise, this.#uploads.changed()]);
  }

  take(flows: readonly Flow[], durable: () => void): void {
    const part: Part = { files: 0, durable };
    for (const some of runsOfHours(flows)) {
      const hour = this.#hourOf((some[0] as Flow).time);
      if (hour.waiting.at(-1) !== part) {
        hour.waiting.push(part);
        part.files += 1;
      }
      for (const flow of some) hour.name.add(flow);
      for (let rest = some; rest.length > 0; ) {
        const fitting = rest.slice(0, this.#groupRows - hour.group.rows);
        rest = rest.slice(fitting.length);
        hour.group.add(fitting);
        if (hour.group.rows === this.#groupRows) this.#full(hour);
      }
    }
    this.#rows += flows.length;
    this.#go();
  }

  async flush(signal: AbortSignal): Promise<void> {
    this.#flushing = true;
    try {
      while (!signal.aborted && !(this.#hours.size === 0 && this.#uploads.idle)) {
        if (this.#hours.size > 0) this.#go();
        await firstOf([this.#work ?? this.changed()], signal);
      }
    } finally {
      this.#flushing = false;
    }
  }

  /** Gives up what is not durable. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#uploads.close();
    await this.#work;
    for (const { file } of this.#hours.values()) file?.abandon();
    this.#hours.clear();
  }

  #hourOf(time: number): OpenHour {
    const number = Math.floor(time / HOUR_MS);
    const known = this.#hours.get(number);
    if (known !== undefined) return known;
    this.#files += 1;
    const path = join(this.#options.workFolder, `${this.#files}.parquet`);
    const folder = folderOf(time);
    const opened: OpenHour = {
      folder,
      since: this.#now(),
      path,
      name: new ContentName(),
      waiting: [],
      group: new RowGroup(this.#columns),
      full: [],
      file: undefined,
    };
    this.#hours.set(number, opened);
    return opened;
  }

  /** Writes and finishes what is due, if that is not being done; not before the pause after a failure is over. */
  #go(): void {
    if (this.#closed || this.#pausing) return;
    this.#work ??= this.#writeDue().finally(() => {
      this.#work = undefined;
      this.#changedNow();
      this.#wakeForAge();
    });
  }

  async #writeDue(): Promise<void> {
    // Whoever hands over goes on first.
    await Promise.resolve();
    while (!this.#closed) {
      const due = this.#due();
      if (due === undefined) return;
      const [number, hour, isFinal] = due;
      try {
        this.#write(number, hour, isFinal);
        if (this.#diskFails > 0) this.#events.onWell();
        this.#diskFails = 0;
        // Others have their turn between two groups.
        await new Promise(setImmediate);
      } catch (error) {
        this.#diskFails += 1;
        this.#events.onFailure(error, this.#diskFails);
        this.#changedNow();
        this.#pausing = true;
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => {
          this.#timer = undefined;
          this.#pausing = false;
          this.#go();
        }, DISK_PAUSE_MS);
        return;
      }
    }
  }

  /** What is to be written next, and whether its file is finished with it. */
  #due(): [number: number, hour: OpenHour, isFinal: boolean] | undefined {
    const { rollBytes, rollMs } = this.#options;
    const all = [...this.#hours];
    const old = this.#now() - rollMs;
    for (const [number, hour] of all) {
      const isLarge = (hour.file?.size ?? 0) >= rollBytes || hour.name.size >= MOST_RUNS;
      if (this.#flushing || isLarge || hour.since <= old) return [number, hour, true];
      if (hour.full.length > 0) return [number, hour, false];
    }
    const largest = (size: (hour: OpenHour) => number) =>
      all.reduce((one, other) => (size(other[1]) > size(one[1]) ? other : one), all[0] as [number, OpenHour]);
    const indexed = ({ file }: OpenHour) => file?.groups ?? 0;
    if (all.reduce((sum, [, hour]) => sum + indexed(hour), 0) > MOST_INDEXED) return [...largest(indexed), true];
    if (all.length > MOST_HOURS) return [...largest(({ since }) => -since), true];
    if (this.#rows >= MOST_GROUPS * this.#groupRows) return [...largest(({ group }) => group.rows), false];
    return undefined;
  }

  /** May be repeated when the disk has taken nothing. */
  #write(number: number, hour: OpenHour, isFinal: boolean): void {
    hour.file ??= createParquetFile(hour.path, this.#columns);
    // What was encoded before is not encoded again.
    hour.file.flush();
    if (hour.group.rows > 0 && (isFinal || hour.full.length === 0)) this.#full(hour);
    for (let group = hour.full[0]; group !== undefined; group = hour.full[0]) {
      hour.file.add(group);
      hour.full.shift();
      this.#rows -= group.rows;
      hour.file.flush();
      if (!isFinal) return;
    }
    hour.file.finish();
    this.#hours.delete(number);
    const key = `${this.#options.prefix}${hour.folder}/part-${hour.name}.parquet`;
    this.#uploads.add(key, hour.path, () => {
      for (const part of hour.waiting) {
        part.files -= 1;
        if (part.files === 0) part.durable();
      }
    });
  }

  #full(hour: OpenHour): void {
    hour.full.push(hour.group);
    hour.group = new RowGroup(this.#columns);
  }

  #wakeForAge(): void {
    if (this.#closed || this.#timer !== undefined || this.#hours.size === 0) return;
    const oldest = Math.min(...Array.from(this.#hours.values(), ({ since }) => since));
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.#go();
      },
      Math.max(0, oldest + this.#options.rollMs - this.#now()),
    );
  }

  #changedNow(): void {
    const { resolve } = this.#change;
    this.#change = Promise.withResolvers();
    resolve();
  }
}

/** The flows in their order, cut where the hour changes. */
function runsOfHours(flows: readonly Flow[]): (readonly Flow[])[] {
  const runs: (readonly Flow[])[] = [];
  const hourOf = ({ time }: Flow) => Math.floor(time / HOUR_MS);
  for (let from = 0; from < flows.length; ) {
    const hour = hourOf(flows[from] as Flow);
    let to = from + 1;
    while (to < flows.length && hourOf(flows[to] as Flow) === hour) to += 1;
    runs.push(flows.slice(from, to));
    from = to;
  }
  return runs;
}
