import type { Batch, Decoder, Ledger, Sink, Source, StoredDeadLetter } from "../contracts.ts";
import { codeOf, describeError, PermanentError } from "../errors.ts";
import { type Flow, originOf } from "../flow.ts";
import type { RetryPolicy } from "../retry.ts";
import type { Stateful } from "./checkpoint.ts";
import { type DeliveryEvents, deliver } from "./deliver.ts";

export interface ReplayParts {
  readonly source: Source;
  readonly decode: Decoder;
  readonly enrich: (flows: readonly Flow[], signal: AbortSignal) => Promise<void>;
  readonly detections: Stateful | undefined;
  readonly keep: (flow: Flow) => boolean;
  readonly sinks: ReadonlyMap<string, Sink>;
  readonly ledger: Ledger;
}

export interface ReplayOptions {
  readonly maxBytes: number;
  readonly maxRecordBytes: number;
  readonly retry: RetryPolicy;
  readonly onRetry: DeliveryEvents["onRetry"];
}

export interface Replayed {
  /** Records delivered now. */
  delivered: number;
  /** Dead letters that are settled and removed. */
  settled: number;
  /** Dead letters that stay, with the reason of this attempt. */
  readonly kept: { letter: StoredDeadLetter; code: string; reason: string }[];
}

/**
 * Reads what dead letters point at once more and delivers it: a sink's letter to that sink, an undecodable record to every sink.
 * A letter is removed after the acknowledgement; one that fails again stays. Uids are those of the first attempt.
 */
export async function replay(
  letters: readonly StoredDeadLetter[],
  parts: ReplayParts,
  options: ReplayOptions,
  signal: AbortSignal,
): Promise<Replayed> {
  const result: Replayed = { delivered: 0, settled: 0, kept: [] };
  for (const letter of letters) {
    signal.throwIfAborted();
    try {
      result.delivered += await replayOne(letter, parts, options, signal);
      parts.ledger.removeDeadLetters([letter.id]);
      result.settled += 1;
    } catch (error) {
      if (!(error instanceof PermanentError)) throw error;
      result.kept.push({ letter, code: codeOf(error), reason: describeError(error) });
    }
  }
  return result;
}

async function replayOne(
  letter: StoredDeadLetter,
  parts: ReplayParts,
  options: ReplayOptions,
  signal: AbortSignal,
): Promise<number> {
  const { key, etag, from, to = Number.MAX_SAFE_INTEGER } = letter;
  const sinks = [...parts.sinks].filter(([name]) => letter.sink === undefined || letter.sink === name);
  if (sinks.length === 0) throw new PermanentError("unknown-sink", `sink ${letter.sink} is not in the configuration`);
  const origin = originOf(parts.source.name, key, etag);
  const bytes = await parts.source.open({ key, etag, size: 0, time: 0 }, signal);
  let [delivered, through] = [0, 0];
  for await (const piece of parts.decode(bytes, origin, { ...options, skip: from - 1 })) {
    const broken = piece.bad.find((bad) => bad.from <= to);
    if (broken !== undefined && letter.sink === undefined) throw new PermanentError(broken.code, broken.reason);
    const flows = piece.flows.filter(({ record }) => record <= to);
    await parts.enrich(flows, signal);
    parts.detections?.inspect(flows, false);
    const wanted = flows.filter(parts.keep);
    for (const [name, sink] of sinks) delivered += await deliverAll(name, sink, wanted, options, signal);
    through = piece.through;
    if (through >= to) break;
  }
  if (through < from) throw new PermanentError("replay-missing", `${key} ends at record ${through}: record ${from} is not in it`);
  return delivered;
}

async function deliverAll(
  name: string,
  sink: Sink,
  flows: readonly Flow[],
  options: ReplayOptions,
  signal: AbortSignal,
): Promise<number> {
  let delivered = 0;
  for (let start = 0; start < flows.length; start += sink.limits.records) {
    const part = flows.slice(start, start + sink.limits.records);
    const [first, last] = [part[0], part.at(-1)];
    if (first === undefined || last === undefined) break;
    const segment = { origin: first.origin, from: first.record, to: last.record, count: part.length };
    const batch: Batch = { flows: part, segments: [segment] };
    const outcomes = await deliver(name, sink, batch, options.retry, signal, { onRetry: options.onRetry, onTooLarge: () => {} });
    const refused = outcomes.flatMap(({ deadLetters }) => deadLetters)[0];
    if (refused !== undefined) throw new PermanentError(refused.code, refused.reason);
    delivered += outcomes.reduce((sum, outcome) => sum + outcome.delivered, 0);
  }
  return delivered;
}
