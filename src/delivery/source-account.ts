import type { ParkedObject, QueuedObject } from "../contracts/ledger.ts";
import type { FoundObject } from "../contracts/source.ts";
import type { LedgerWrite } from "../ledger/write.ts";
import { codeOf, describeError, drawerOf } from "../lib/errors.ts";
import type { OnRetry } from "../lib/retry.ts";
import type { Health } from "../telemetry/health.ts";
import type { Instruments, Logger } from "../telemetry/telemetry.ts";
import type { ConvoyEvents } from "./convoy.ts";
import type { ObjectAccount, Readings, ReadTotals } from "./readings.ts";
import { LEDGER, worthTelling } from "./telling.ts";

/** What was read of one source in one run. */
export interface SourceTotals extends ReadTotals {
  /** Objects and stored bytes that discovery has handed out. */
  readonly discovered: number;
  readonly discoveredBytes: number;
}

/** So many readings fail, with none between them that succeeds, before that is a problem. */
const UNREADABLE = 2;

interface Observed {
  readonly health: Health;
  readonly log: Logger;
  readonly instruments: Instruments;
  readonly readings: Readings;
}

/** Keeps account of what is found and read of one source, and what cannot be; in metrics, in health and in the log. */
export class SourceAccount {
  readonly name: string;
  readonly #health: Health;
  readonly #log: Logger;
  readonly #instruments: Instruments;
  readonly #onProgress: () => void;
  /** Parts as health names them; those of a source that is the only one have no name. */
  readonly #part: string;
  readonly #objectsPart: string;
  readonly #readings: Readings;
  #discovered = 0;
  #discoveredBytes = 0;
  /** Failed readings since one succeeded, and whether an object that was never tried before is among them. */
  #unreadable = 0;
  #newestFails = false;
  /** The last pass broke off because the ledger could not be read. */
  #forgetful = false;

  constructor(name: string, isOnly: boolean, { health, log, instruments, readings }: Observed, onProgress: () => void) {
    this.name = name;
    this.#part = isOnly ? "source" : `source ${name}`;
    this.#objectsPart = isOnly ? "objects" : `objects of ${name}`;
    this.#readings = readings;
    this.#health = health;
    this.#log = log.child({ source: name });
    this.#instruments = instruments;
    this.#onProgress = onProgress;
  }

  get totals(): SourceTotals {
    return { ...this.#readings.of(this.name), discovered: this.#discovered, discoveredBytes: this.#discoveredBytes };
  }

  discovered(objects: readonly FoundObject[], added: number): void {
    if (added > 0) this.#log.debug({ objects: added, last: objects.at(-1)?.key }, `found ${added} new objects`);
    this.#discovered += added;
    this.#discoveredBytes += objects.reduce((sum, { size }) => sum + size, 0);
    this.#onProgress();
  }

  /** A pass over the bucket has come to its end. */
  passed(): void {
    this.#health.well(this.#part);
    if (this.#forgetful) this.#health.well(LEDGER);
    this.#forgetful = false;
    this.#instruments.listings.add(1, { source: this.name });
  }

  onListingRetry(): OnRetry {
    return ({ failures, pauseMs, error }) => {
      const drawer = drawerOf(error);
      if (drawer === "worker") this.#health.failing(LEDGER, error, failures);
      else {
        this.#instruments.sourceRetries.add(1, { source: this.name });
        this.#health.failing(this.#part, error, failures);
      }
      this.#forgetful = drawer === "worker";
      if (!worthTelling(failures)) return;
      const what = drawer === "worker" ? "look up what is known of the bucket" : "list the bucket";
      const line = `cannot ${what}, will try again: ${describeError(error)}`;
      if (drawer === "person" || drawer === "worker") this.#log.error({ failures, pauseMs }, line);
      else this.#log.warn({ failures, pauseMs }, line);
    };
  }

  /** A job goes on without the source: nobody has ever been let in, and that does not pass. */
  givenUp(error: unknown): void {
    this.#health.failing(this.#part, error, 1);
    this.#log.error(`cannot list the bucket, the job goes on without it: ${describeError(error)}`);
  }

  onParked(): (parked: ParkedObject, error: unknown) => void {
    return ({ object: { key }, attempts, nextAt, code, reason }, error) => {
      this.#instruments.sourceRetries.add(1, { source: this.name });
      const isNew = attempts === 1;
      this.#newestFails ||= isNew;
      // One object that the store refuses is its own trouble, however often it is tried; old ones say nothing of those that come.
      if (isNew || (this.#newestFails && drawerOf(error) !== "object")) this.#unreadable += 1;
      if (this.#newestFails && this.#unreadable >= UNREADABLE) this.#health.failing(this.#objectsPart, error, this.#unreadable);
      if (!worthTelling(attempts)) return;
      const fields = { key, code, attempts, nextAttempt: new Date(nextAt).toISOString() };
      const line = `cannot read ${key}, others go on and it is tried again: ${reason}`;
      if (drawerOf(error) === "object") this.#log.error(fields, line);
      else this.#log.warn(fields, line);
    };
  }

  /** What the account wants to know of a source that refuses one object after the other. */
  gateEvents(): Pick<ConvoyEvents, "onRefused" | "onOpened"> {
    return {
      onRefused: ({ failures, pauseMs, error }) => {
        this.#instruments.sourceRetries.add(1, { source: this.name });
        const reason = `no object can be read, the source pauses until one can: ${describeError(error)}`;
        const drawer = drawerOf(error) === "object" ? "person" : drawerOf(error);
        this.#health.problem(this.#objectsPart, { drawer, code: codeOf(error), reason });
        if (worthTelling(failures)) this.#log.error({ failures, pauseMs, code: codeOf(error) }, reason);
      },
      onOpened: () => {
        this.#health.well(this.#objectsPart);
        this.#log.info("objects can be read again");
      },
    };
  }

  /** An object is read from the record after `skip` on. */
  begin(object: QueuedObject, skip: number, write: LedgerWrite): ObjectAccount {
    const account = this.#readings.begin(object, skip, write);
    const { key, size } = object;
    this.#log.debug({ key, bytes: size, ...(skip > 0 && { from: skip + 1 }) }, `reads ${key}`);
    const readable = () => {
      this.#unreadable = 0;
      this.#newestFails = false;
      this.#health.well(this.#objectsPart);
    };
    return {
      read: (...piece) => {
        readable();
        return account.read(...piece);
      },
      lost: (...loss) => {
        readable();
        return account.lost(...loss);
      },
      ended: () => {
        readable();
        this.#log.debug({ key }, `has read ${key} to its end`);
        return account.ended();
      },
    };
  }
}
