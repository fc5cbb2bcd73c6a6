import type { Consumer } from "../contracts/consumer.ts";
import type { Keeper } from "../contracts/keeper.ts";
import type { Ledger } from "../contracts/ledger.ts";
import type { Reduction } from "../contracts/reduction.ts";
import type { Sink } from "../contracts/sink.ts";
import { Account, type Totals } from "../delivery/account.ts";
import { Checkpoint, type Stateful } from "../delivery/checkpoint.ts";
import type { Inlet } from "../delivery/inlet.ts";
import { Keeping } from "../delivery/keeping.ts";
import { Lane } from "../delivery/lane.ts";
import { type Elsewhere, Relay } from "../delivery/relay.ts";
import { ledgerWrite } from "../ledger/write.ts";
import { patienceOf } from "../lib/handover.ts";
import { firstOf } from "../lib/waiting.ts";
import type { Health } from "../telemetry/health.ts";
import type { Journeys } from "../telemetry/journeys.ts";
import type { Instruments, Logger } from "../telemetry/telemetry.ts";
import type { Pool } from "../threads/pool.ts";
import { looksAtFlows } from "./looks.ts";
import { SourceTail, type TailOptions } from "./source-tail.ts";

export interface Parts {
  readonly inlets: readonly Inlet[];
  readonly detections: Stateful | undefined;
  /** Where rules look at flows, if that is not here; never together with `detections`. */
  readonly elsewhere?: Elsewhere | undefined;
  readonly sinks: ReadonlyMap<string, Sink>;
  /** Of the sinks that do not get every flow as it is, by their names. */
  readonly reductions: ReadonlyMap<string, Reduction>;
  /** Names differ from those of the sinks. */
  readonly keepers: readonly Keeper[];
  /** What reads the inlets, where that is not done in this thread. */
  readonly threads?: Pick<Pool, "encodes" | "onLost" | "fatal"> | undefined;
  readonly ledger: Ledger;
  readonly health: Health;
  readonly log: Logger;
  readonly instruments: Instruments;
  /** Traces of some objects. */
  readonly journeys?: Journeys | undefined;
}

/** There may be something new below this key prefix of the source of that name, or of every source. */
export type Hint = (prefix: string, source?: string) => void;

export interface PipelineOptions extends TailOptions {
  readonly shutdownMs: number;
  /** How often the state of the detections is saved. */
  readonly checkpointMs: number;
  /** Called when the run begins with where hints go. Returns what ends it. */
  readonly hints?: (hint: Hint) => () => void;
  /** Told about each change of what was read and delivered. */
  readonly onProgress?: (totals: Totals) => void;
}

/**
 * The whole journey, from each source: objects that are new → bytes → flows → enriched flows → batches → sinks → ledger. A source that is
 * down waits alone. Ends when caught up (if asked to), when `stop` aborts (what is in flight gets `shutdownMs`), or with the first error that no repetition
 * heals; in each case every committed position is an acknowledged one.
 */
export async function runPipeline(parts: Parts, options: PipelineOptions, stop: AbortSignal): Promise<Totals> {
  const [failed, finished, patience] = [new AbortController(), new AbortController(), new AbortController()];
  const intake = AbortSignal.any([stop, failed.signal, finished.signal]);
  /** What breaks off because it was told to stop is no failure. */
  const fail = (error: unknown) => {
    if (!intake.aborted) failed.abort(error);
  };
  let deadline: NodeJS.Timeout | undefined;
  const beginToEnd = () => {
    deadline = setTimeout(() => patience.abort(), failed.signal.aborted ? 0 : patienceOf(stop, options.shutdownMs));
  };
  if (intake.aborted) beginToEnd();
  else intake.addEventListener("abort", beginToEnd, { once: true });
  const { ledger, inlets } = parts;
  const account = new Account(
    parts,
    inlets.map(({ name }) => name),
    options.onProgress,
  );
  const write = ledgerWrite(options.retry, patience.signal, account.ledgerEvents());

  const onFatal = (error: unknown) => failed.abort(error);
  const events = { ...account.laneEvents(), onFatal };
  const lanes = [...parts.sinks].map(
    ([name, sink]) =>
      new Lane(
        { name, sink, reduction: parts.reductions.get(name), ledger, policy: options.retry },
        write,
        patience.signal,
        events,
      ),
  );
  const checkpoint = parts.detections && new Checkpoint(ledger, parts.detections, write);
  const relay = parts.elsewhere && new Relay(parts.elsewhere, { ledger, write, onFatal }, patience.signal);
  const books = { ledger, write, onFatal, onKept: account.kept };
  const keepings = parts.keepers.map((keeper) => new Keeping(keeper, books, patience.signal));
  const remembering = checkpoint ?? relay;
  const consumers: readonly Consumer[] = [...lanes, ...keepings, ...(remembering === undefined ? [] : [remembering])];
  ledger.register(consumers.map(({ name }) => name));
  account.watch(lanes, parts.keepers);
  const rules = parts.detections ?? relay;
  /** When all that was found is read, no batch waits for records that cannot come. */
  const onIdle = () => {
    if (tails.every(({ idle }) => idle)) for (const lane of lanes) lane.flush();
  };
  const { journeys } = parts;
  const { threads } = parts;
  const encodesHere = threads !== undefined && [...parts.sinks.keys()].some((name) => !threads.encodes(name));
  const surroundings = {
    needsFlows: looksAtFlows(parts) || encodesHere,
    journeys,
    consumers,
    lanes,
    remembering,
    rules,
    ledger,
    account,
    write,
    options,
    onIdle,
    onFatal: fail,
  };
  const tails: readonly SourceTail[] = inlets.map((inlet) => new SourceTail(inlet, surroundings, intake));

  if (threads !== undefined) {
    void threads.fatal.then(fail);
    threads.onLost = (objects, failure) => {
      for (const tail of tails) tail.lose(objects, failure);
    };
  }

  const unheard = [
    ...tails.map((tail) => tail.listen()),
    options.hints?.((prefix, source) => {
      for (const tail of tails) if (source === undefined || tail.name === source) tail.hint(prefix);
    }),
  ];
  const ending = options.untilCaughtUp ? untilCaughtUp(tails, intake) : Promise.all(tails.map((tail) => tail.forEver()));
  const caughtUp = async () => {
    await ending;
    if (intake.aborted) return;
    // Unlike at a stop there is all the time that it takes.
    await Promise.all(keepings.map((keeping) => firstOf([keeping.drain()], intake)));
    const { detections } = parts;
    if (detections !== undefined && checkpoint !== undefined) {
      detections.settle();
      checkpoint.inspected();
      await write(() => detections.flush());
    }
    finished.abort();
  };
  const working = [...tails.map((tail) => tail.read()), caughtUp(), checkpoint?.run(options.checkpointMs, intake)];
  await Promise.all(working.map((work) => work?.catch(fail)));
  for (const end of unheard) end?.();
  await Promise.all(consumers.map((consumer) => consumer.drain())).catch((error) => {
    if (!patience.signal.aborted) failed.abort(error);
  });
  clearTimeout(deadline);
  account.close();
  failed.signal.throwIfAborted();
  const givenUp = tails.find((tail) => tail.givenUp !== undefined);
  if (givenUp !== undefined) throw givenUp.givenUp;
  return account.totals();
}

/** Resolves when every source has nothing more: its last look found nothing new, and all that it had has come to its end everywhere. */
async function untilCaughtUp(tails: readonly SourceTail[], intake: AbortSignal): Promise<void> {
  const quiet = new Set<SourceTail>();
  const all = new AbortController();
  const stop = AbortSignal.any([intake, all.signal]);
  await Promise.all(
    tails.map(async (tail) => {
      while (!stop.aborted) {
        quiet.delete(tail);
        if (await tail.hasMore(stop)) continue;
        quiet.add(tail);
        if (quiet.size === tails.length) all.abort();
        else await tail.rest(stop);
      }
    }),
  );
}
