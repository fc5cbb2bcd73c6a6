import type { Decoder, Ledger, Sink, Source } from "./contracts.ts";
import { Account, type Totals } from "./delivery/account.ts";
import { Convoy, type Reading } from "./delivery/convoy.ts";
import { Lane, type LaneEvents } from "./delivery/lane.ts";
import { codeOf, describeError, FlowferryError, PermanentError } from "./errors.ts";
import { type Flow, originOf } from "./flow.ts";
import { type RetryPolicy, retry } from "./retry.ts";
import type { Instruments, Logger } from "./telemetry.ts";
import { firstOf, pause } from "./waiting.ts";

export interface Parts {
  readonly source: Source;
  readonly decode: Decoder;
  readonly enrich: (flows: readonly Flow[]) => void;
  readonly keep: (flow: Flow) => boolean;
  readonly sinks: ReadonlyMap<string, Sink>;
  readonly ledger: Ledger;
  readonly log: Logger;
  readonly instruments: Instruments;
}

export interface PipelineOptions {
  /** End when everything that is in the bucket has been brought to its end by every sink; else tail for ever. */
  readonly untilCaughtUp: boolean;
  readonly objects: number;
  readonly pollMs: number;
  readonly stallMs: number;
  readonly shutdownMs: number;
  readonly retry: RetryPolicy;
  readonly maxObjectBytes: number;
  readonly maxRecordBytes: number;
  /** Told about each change of what was read and delivered. */
  readonly onProgress?: (totals: Totals) => void;
}

/** Discovery goes on while fewer objects than this wait to be read: the ledger grows with the backlog of a sink, not with the bucket. */
const QUEUE_OBJECTS = 2_000;

/** Refusals that may heal, but that a person has to look at when they come before the bucket was ever listed. */
const NOT_ADMITTED = new Set(["not-authenticated", "not-authorized", "bucket-not-found", "namespace-not-found", "wrong-region"]);

/**
 * The whole journey: objects that are new → bytes → flows → enriched flows → batches → sinks → ledger.
 * Ends when caught up (if asked to), when `stop` aborts (what is in flight gets `shutdownMs`), or with the first error that no repetition
 * heals; in each case every committed position is an acknowledged one.
 */
export async function runPipeline(parts: Parts, options: PipelineOptions, stop: AbortSignal): Promise<Totals> {
  const { source, ledger, log } = parts;
  const account = new Account(parts, options.onProgress);
  const failed = new AbortController();
  const patience = new AbortController();
  const finished = new AbortController();
  const intake = AbortSignal.any([stop, failed.signal, finished.signal]);
  const lanes = [...parts.sinks].map(
    ([name, sink]) =>
      new Lane(
        name,
        sink,
        ledger,
        options.retry,
        patience.signal,
        laneEvents(parts, account, (error) => failed.abort(error)),
      ),
  );
  account.watch(lanes);
  for (const name of ledger.register([...parts.sinks.keys()])) log.debug({ sink: name }, "sink is new to the ledger");

  const convoy = new Convoy(
    lanes,
    ledger,
    options,
    {
      read: (reading) => readObject(parts, options, account, reading),
      onBehind: (lane) =>
        log.warn({ sink: lane.name }, "sink has fallen behind: it goes on alone and catches up by reading again"),
      onCaughtUp: (lane) => log.info({ sink: lane.name }, "sink has caught up"),
    },
    intake,
  );
  const reading = convoy.run().catch((error) => failed.abort(error));

  let admitted = false;
  const list = async () => {
    try {
      return await discover();
    } catch (error) {
      if (admitted || !NOT_ADMITTED.has(codeOf(error))) throw error;
      throw new PermanentError(codeOf(error), describeError(error), { cause: error });
    }
  };
  const discover = async () => {
    let found = 0;
    for await (const page of source.discover(ledger.seen, intake)) {
      found += account.discovered(page.objects, ledger.discover(page));
      admitted = true;
      convoy.wake();
      while (ledger.lastId() - convoy.started >= QUEUE_OBJECTS && !intake.aborted) await firstOf([convoy.changed()], intake);
    }
    return found;
  };
  try {
    while (!intake.aborted) {
      const found = await retry(list, options.retry, intake, account.onSourceRetry("list the bucket"));
      admitted = true;
      account.passed();
      if (options.untilCaughtUp) {
        while (!convoy.idle && !intake.aborted) await firstOf([convoy.changed()], intake);
        for (const lane of lanes) if (!intake.aborted) await lane.drain();
        if (found === 0 && !intake.aborted) finished.abort();
      } else {
        await pause(options.pollMs, intake);
      }
    }
  } catch (error) {
    if (!intake.aborted) failed.abort(error);
  }
  await reading;
  const deadline = setTimeout(() => patience.abort(), failed.signal.aborted ? 0 : options.shutdownMs);
  await Promise.all(lanes.map((lane) => lane.drain()));
  clearTimeout(deadline);
  if (failed.signal.aborted) throw failed.signal.reason;
  return account.totals();
}

/** Reads one object to its end, again from where it broke if need be; an object that is gone or was replaced meanwhile is set aside. */
async function readObject(parts: Parts, options: PipelineOptions, account: Account, reading: Reading): Promise<void> {
  const { object, lanes, signal } = reading;
  const origin = originOf(parts.source.name, object.key, object.etag);
  const read = async () => {
    const skip = Math.min(...[...lanes].map((lane) => lane.offered(object.id)));
    const bytes = await parts.source.open(object, signal);
    for await (const piece of parts.decode(bytes, origin, {
      skip,
      maxBytes: options.maxObjectBytes,
      maxRecordBytes: options.maxRecordBytes,
    })) {
      parts.enrich(piece.flows);
      const wanted = piece.flows.filter(parts.keep);
      account.read(reading, piece, wanted.length);
      await reading.offer(wanted, piece.through);
    }
  };
  try {
    await retry(read, options.retry, signal, account.onSourceRetry(`read ${object.key}`));
  } catch (error) {
    if (!(error instanceof PermanentError) || !error.code.startsWith("object-")) throw error;
    account.lost(reading, error);
  }
  account.ended(reading);
}

function laneEvents({ log, instruments }: Parts, account: Account, onFatal: (error: unknown) => void): LaneEvents {
  return {
    onTrouble({ name }, { failures, error, nextAt }) {
      instruments.retries.add(1, { sink: name });
      if (failures > 1 && (failures & (failures - 1)) !== 0) return;
      log.warn(
        { sink: name, failures, nextAttempt: new Date(nextAt).toISOString() },
        `cannot deliver, will try again: ${describeError(error)}`,
      );
    },
    onRecovery: ({ name }, { failures }) => log.info({ sink: name, failures }, "delivers again"),
    onSettled: ({ name }, outcomes) => account.settled(name, outcomes),
    onFatal: (error) =>
      onFatal(error instanceof FlowferryError ? error : new FlowferryError("delivery", "delivery broke down", { cause: error })),
  };
}
