import type { Consumer, Lost } from "../contracts/consumer.ts";
import type { Decoder } from "../contracts/decoder.ts";
import type { Keeper } from "../contracts/keeper.ts";
import type { Ledger } from "../contracts/ledger.ts";
import type { Sink } from "../contracts/sink.ts";
import type { Source } from "../contracts/source.ts";
import { Account, type Totals } from "../delivery/account.ts";
import { Checkpoint, type Stateful } from "../delivery/checkpoint.ts";
import { Convoy, type Reading } from "../delivery/convoy.ts";
import { Discovery } from "../delivery/discovery.ts";
import { Keeping } from "../delivery/keeping.ts";
import { Lane } from "../delivery/lane.ts";
import { Parking } from "../delivery/parking.ts";
import type { Flow } from "../flow/flow.ts";
import { originOf } from "../flow/origin.ts";
import { isGone, type LedgerWrite, ledgerWrite } from "../ledger/write.ts";
import { drawerOf, Failure } from "../lib/errors.ts";
import { type RetryPolicy, retry } from "../lib/retry.ts";
import { firstOf } from "../lib/waiting.ts";
import type { Health } from "../telemetry/health.ts";
import type { Instruments, Logger } from "../telemetry/telemetry.ts";

export interface Parts {
  readonly source: Source;
  readonly decode: Decoder;
  readonly enrich: (flows: readonly Flow[], signal: AbortSignal) => Promise<void>;
  readonly detections: Stateful | undefined;
  readonly keep: (flow: Flow) => boolean;
  readonly sinks: ReadonlyMap<string, Sink>;
  /** Names differ from those of the sinks. */
  readonly keepers: readonly Keeper[];
  readonly ledger: Ledger;
  readonly health: Health;
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
  /** How often the state of the detections is saved. */
  readonly checkpointMs: number;
  readonly retry: RetryPolicy;
  readonly maxObjectBytes: number;
  readonly maxRecordBytes: number;
  /** Called when the run begins with where hints go: key prefixes below which there may be something new. Returns what ends it. */
  readonly hints?: (hint: (prefix: string) => void) => () => void;
  /** Told about each change of what was read and delivered. */
  readonly onProgress?: (totals: Totals) => void;
}

/**
 * The whole journey: objects that are new → bytes → flows → enriched flows → batches → sinks → ledger.
 * Ends when caught up (if asked to), when `stop` aborts (what is in flight gets `shutdownMs`), or with the first error that no repetition
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
    deadline = setTimeout(() => patience.abort(), failed.signal.aborted ? 0 : options.shutdownMs);
  };
  if (intake.aborted) beginToEnd();
  else intake.addEventListener("abort", beginToEnd, { once: true });
  const { ledger } = parts;
  const account = new Account(parts, options.onProgress);
  const write = ledgerWrite(options.retry, patience.signal, account.ledgerEvents());

  const onFatal = (error: unknown) => failed.abort(error);
  const events = { ...account.laneEvents(), onFatal };
  const lanes = [...parts.sinks].map(
    ([name, sink]) => new Lane({ name, sink, ledger, policy: options.retry }, write, patience.signal, events),
  );
  const checkpoint = parts.detections && new Checkpoint(ledger, parts.detections, write);
  const keepings = parts.keepers.map((keeper) => new Keeping(keeper, { ledger, write, onFatal }, patience.signal));
  const consumers: readonly Consumer[] = [...lanes, ...keepings, ...(checkpoint === undefined ? [] : [checkpoint])];
  ledger.register(consumers.map(({ name }) => name));
  account.watch(lanes);
  const read = (reading: Reading) => readObject(parts, options, account, write, reading, checkpoint);
  const parking = new Parking(ledger, write, options.retry, account.onParked());
  const convoy = new Convoy(consumers, { ledger, parking }, options, { ...account.convoyEvents(), read, onFatal: fail }, intake);
  const discovery = new Discovery(parts, write, account, convoy);

  // A job with a wrong key or bucket says so and ends; a worker that tails waits until somebody puts it right.
  const isFinal = (error: unknown) =>
    isGone(error) || (options.untilCaughtUp && !discovery.admitted && drawerOf(error) === "person");
  /** Until the next look. When all that was found is read before it, no batch waits for records that cannot come. */
  const rest = async (over: Promise<void>) => {
    const ended = over.then(() => true);
    for (let isOver = false; !isOver; ) {
      const change = convoy.changed();
      if (convoy.idle) {
        for (const lane of lanes) lane.flush();
        return over;
      }
      isOver = await Promise.race([ended, change.then(() => false)]);
    }
  };
  const look = async () => {
    while (!intake.aborted) {
      const found = await retry(() => discovery.pass(intake), options.retry, intake, account.onListingRetry(), isFinal);
      if (options.untilCaughtUp) {
        while (!convoy.idle && !intake.aborted) await firstOf([convoy.changed()], intake);
        for (const lane of lanes) await firstOf([lane.drain()], intake);
        if (found > 0) continue;
        // Unlike at a stop there is all the time that it takes.
        await Promise.all(keepings.map((keeping) => firstOf([keeping.drain()], intake)));
        finished.abort();
      } else {
        await rest(discovery.rest(options.pollMs, intake));
      }
    }
  };
  const unheard = [parts.source.listen?.(discovery), options.hints?.((prefix) => discovery.hint(prefix))];
  const working = [convoy.run(), look(), checkpoint?.run(options.checkpointMs, intake)];
  await Promise.all(working.map((work) => work?.catch(fail)));
  for (const end of unheard) end?.();
  await Promise.all(consumers.map((consumer) => consumer.drain())).catch((error) => {
    if (!patience.signal.aborted) failed.abort(error);
  });
  clearTimeout(deadline);
  failed.signal.throwIfAborted();
  return account.totals();
}

/**
 * Reads one object to its end; where it was read before, from where the first of its consumers is. Resolves to why the rest of it cannot be
 * had by anybody: it was deleted or replaced. Rejects with why it cannot be read now.
 */
async function readObject(
  parts: Parts,
  options: PipelineOptions,
  account: Account,
  write: LedgerWrite,
  reading: Reading,
  checkpoint: Checkpoint | undefined,
): Promise<Lost | undefined> {
  const { object, consumers, signal } = reading;
  const { maxObjectBytes: maxBytes, maxRecordBytes } = options;
  const origin = originOf(parts.source.name, object.key, object.etag);
  const skip = Math.min(...[...consumers].map((consumer) => consumer.offered(object.id)));
  const books = account.begin(object, skip, write);
  try {
    const bytes = await parts.source.open(object, signal);
    for await (const piece of parts.decode(bytes, origin, { skip, maxBytes, maxRecordBytes })) {
      await parts.enrich(piece.flows, signal);
      if (parts.detections !== undefined) {
        parts.detections.inspect(piece.flows, checkpoint !== undefined && consumers.has(checkpoint));
        // Alerts are in the ledger before a position is saved that covers their flows.
        await write(() => parts.detections?.flush());
      }
      const wanted = piece.flows.filter(parts.keep);
      await books.read(piece, wanted);
      await reading.offer(wanted, piece.through);
    }
  } catch (error) {
    if (!(error instanceof Failure) || !error.gone) throw error;
    return books.lost(consumers, error);
  }
  await books.ended();
  return undefined;
}
