import { join } from "node:path";
import type { Keeper } from "../contracts/keeper.ts";
import type { Flow } from "../flow/flow.ts";
import { firstOf } from "../lib/waiting.ts";
import { archiveColumns } from "./columns.ts";
import { ContentName } from "./content-name.ts";
import { folderOf, HOUR_MS } from "./layout.ts";
import { createParquetFile, type ParquetFile } from "./parquet-file.ts";
import type { UploadEvents, Uploads } from "./uploads.ts";

/** Rows of a group: they are encoded in one go, and sorted by time. */
const GROUP_ROWS = 16_384;
/** Flows that wait for their group, over all hours. */
const MOST_ROWS = 4 * GROUP_ROWS;
/** Hours with a file that is being written. */
const MOST_HOURS = 48;
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
  rows: Flow[];
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
  }

  get hasRoom(): boolean {
    return this.#rows < MOST_ROWS && this.#uploads.hasRoom;
  }

  get failing(): boolean {
    return this.#diskFails > 0 || this.#uploads.failing;
  }

  async changed(): Promise<void> {
    await Promise.race([this.#change.promise, this.#uploads.changed()]);
  }

  take(flows: readonly Flow[], durable: () => void): void {
    const part: Part = { files: 0, durable };
    for (const flow of flows) {
      const hour = this.#hourOf(flow.time);
      if (hour.waiting.at(-1) !== part) {
        hour.waiting.push(part);
        part.files += 1;
      }
      hour.rows.push(flow);
      hour.name.add(flow);
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
      rows: [],
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
      if (hour.rows.length >= GROUP_ROWS) return [number, hour, false];
    }
    const largest = (size: (hour: OpenHour) => number) =>
      all.reduce((one, other) => (size(other[1]) > size(one[1]) ? other : one), all[0] as [number, OpenHour]);
    if (all.length > MOST_HOURS) return [...largest(({ since }) => -since), true];
    if (this.#rows >= MOST_ROWS) return [...largest(({ rows }) => rows.length), false];
    return undefined;
  }

  /** May be repeated when the disk has taken nothing. */
  #write(number: number, hour: OpenHour, isFinal: boolean): void {
    hour.file ??= createParquetFile(hour.path, this.#columns);
    // What was encoded before is not encoded again.
    hour.file.flush();
    while (hour.rows.length > 0) {
      const rows = hour.rows.slice(0, GROUP_ROWS);
      hour.rows = hour.rows.slice(GROUP_ROWS);
      this.#rows -= rows.length;
      hour.file.add(rows.sort((one, other) => one.time - other.time || one.record - other.record));
      if (!isFinal) break;
    }
    hour.file.flush();
    if (!isFinal) return;
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
