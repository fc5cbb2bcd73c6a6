import { rmSync } from "node:fs";
import type { ObjectStore } from "../contracts/store.ts";
import { Failure, UsageError } from "../lib/errors.ts";
import { type RetryPolicy, retry } from "../lib/retry.ts";

/** A bucket that can be written to. */
export type WritableStore = ObjectStore & Required<Pick<ObjectStore, "putFile" | "deleteObject">>;

/** The bucket, if it can be written to; throws UsageError for one that is only read. */
export function writable(store: ObjectStore): WritableStore {
  if (store.putFile !== undefined && store.deleteObject !== undefined) return store as WritableStore;
  throw new UsageError("archive-read-only", `${store.name} can only be read: buckets of its type cannot be written to`);
}

export interface UploadEvents {
  /** An attempt has failed; another one follows. */
  onFailure(error: unknown, failures: number): void;
  /** What had failed works again. */
  onWell(): void;
}

/** Files side by side on their way to the bucket. */
const AT_ONCE = 2;
/** So many finished files may wait before nothing more is taken. */
const MOST_WAITING = 4;

/**
 * Brings finished files to the bucket, and removes them here when they are there. What fails is repeated until it works: positions stay
 * where they are meanwhile.
 */
export class Uploads {
  readonly #store: WritableStore;
  readonly #policy: RetryPolicy;
  readonly #events: UploadEvents;
  readonly #end = new AbortController();
  readonly #queue: { readonly key: string; readonly file: string; readonly durable: () => void }[] = [];
  #running = 0;
  #failing = 0;
  #brought = 0;
  #change = Promise.withResolvers<void>();

  constructor(store: WritableStore, policy: RetryPolicy, events: UploadEvents) {
    this.#store = store;
    this.#policy = policy;
    this.#events = events;
  }

  get failing(): boolean {
    return this.#failing > 0;
  }

  /** How many files the bucket has got. */
  get brought(): number {
    return this.#brought;
  }

  get hasRoom(): boolean {
    return this.#queue.length + this.#running < MOST_WAITING;
  }

  get idle(): boolean {
    return this.#queue.length + this.#running === 0;
  }

  /** Resolves when `failing`, `hasRoom` or `idle` changes next. */
  changed(): Promise<void> {
    return this.#change.promise;
  }

  /** `durable` is called once the bucket has it. */
  add(key: string, file: string, durable: () => void): void {
    this.#queue.push({ key, file, durable });
    this.#next();
  }

  /** What is on its way is given up; its files stay for nobody. */
  close(): void {
    this.#end.abort();
  }

  #next(): void {
    while (this.#running < AT_ONCE && !this.#end.signal.aborted) {
      const upload = this.#queue.shift();
      if (upload === undefined) return;
      this.#running += 1;
      void this.#bring(upload);
    }
  }

  async #bring({ key, file, durable }: { key: string; file: string; durable: () => void }): Promise<void> {
    const { signal } = this.#end;
    let failed = false;
    try {
      await retry(
        () => this.#store.putFile(key, file, signal).catch(repeated),
        this.#policy,
        signal,
        ({ error, failures }) => {
          if (!failed) this.#failing += 1;
          failed = true;
          this.#events.onFailure(error, failures);
          this.#changedNow();
        },
      );
      this.#brought += 1;
      rmSync(file, { force: true });
      durable();
    } catch {
      // Only the end of the run ends the attempts.
    } finally {
      this.#running -= 1;
      if (failed) {
        this.#failing -= 1;
        if (this.#failing === 0 && !signal.aborted) this.#events.onWell();
      }
      this.#changedNow();
      this.#next();
    }
  }

  #changedNow(): void {
    const { resolve } = this.#change;
    this.#change = Promise.withResolvers();
    resolve();
  }
}

/** Nothing of an archive is set aside: whatever a bucket refuses waits for a person. */
function repeated(error: unknown): never {
  if (error instanceof Failure && error.drawer !== "batch" && error.drawer !== "object") throw error;
  if (!(error instanceof Failure) && !(error instanceof UsageError)) throw error;
  throw new Failure("person", error.code, error.message, { cause: error });
}
