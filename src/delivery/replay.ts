import type { BadRecords, Decoder } from "../contracts/decoder.ts";
import { type Ledger, MANY_BAD, type StoredDeadLetter, type Undecodable } from "../contracts/ledger.ts";
import type { Reduction } from "../contracts/reduction.ts";
import type { Sink } from "../contracts/sink.ts";
import type { Flow } from "../flow/flow.ts";
import { originIn } from "../flow/origin.ts";
import { codeOf, describeError, drawerOf, Failure, UsageError } from "../lib/errors.ts";
import type { RetryPolicy } from "../lib/retry.ts";
import { NO_BRAKE } from "./brake.ts";
import { CHECKPOINT, Checkpoint, type Stateful } from "./checkpoint.ts";
import { type DeliveryEvents, deliver } from "./deliver.ts";
import { Encoding } from "./encoding.ts";
import type { Inlet } from "./inlet.ts";
import { Listed } from "./listed.ts";
import { type Outcome, sumOf } from "./outcome.ts";
import { Share } from "./share.ts";

export interface ReplayParts {
  readonly inlets: readonly Inlet[];
  readonly detections: Stateful | undefined;
  readonly sinks: ReadonlyMap<string, Sink>;
  /** Of the sinks that do not get every flow as it is, by their names. */
  readonly reductions: ReadonlyMap<string, Reduction>;
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
 * Reads what dead letters point at once more and delivers it: a sink's letter to that sink, one of the detections to their rules, an
 * undecodable record to every sink. What is refused again is set aside again, by itself; what cannot be read stays, and so do those places
 * of a letter for many that still cannot be decoded. A letter is settled after the acknowledgement. Uids are those of the first attempt.
 */
export async function replay(
  letters: readonly StoredDeadLetter[],
  parts: ReplayParts,
  options: ReplayOptions,
  signal: AbortSignal,
): Promise<Replayed> {
  const result: Replayed = { delivered: 0, settled: 0, kept: [] };
  const keep = (letter: StoredDeadLetter, error: unknown) =>
    void result.kept.push({ letter, code: codeOf(error), reason: describeError(error) });
  for (const letter of letters) {
    signal.throwIfAborted();
    try {
      const { outcomes, bad } = await replayOne(letter, parts, options, signal);
      parts.ledger.settleLetter(letter, outcomes, undecodable(bad));
      const all = sumOf([...outcomes.values()]);
      result.delivered += all.delivered;
      const [refused] = [...bad, ...all.deadLetters];
      if (refused === undefined) result.settled += 1;
      else result.kept.push({ letter, code: refused.code, reason: refused.reason });
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof UsageError || drawerOf(error) === "worker") throw error;
      keep(letter, error);
    }
  }
  return result;
}

/**
 * A letter of sums is read from the beginning of its object, as it was when they were made. Not `exactly`: what comes out then is not what
 * was summed, since the sink, its tables or its rules are others now; so all the records that it spans are taken for what they are now.
 */
async function replayOne(
  letter: StoredDeadLetter,
  parts: ReplayParts,
  options: ReplayOptions,
  signal: AbortSignal,
  exactly = true,
): Promise<{ outcomes: Map<string, Outcome>; bad: BadRecords[] }> {
  const { source, key, etag, from, to = Number.MAX_SAFE_INTEGER } = letter;
  const sinks = [...parts.sinks].filter(([name]) => letter.sink === undefined || letter.sink === name);
  const isOfRules = letter.sink === CHECKPOINT && parts.detections !== undefined;
  if (sinks.length === 0 && !isOfRules) {
    const missing = letter.sink === CHECKPOINT ? "a block `alerts`" : `sink ${letter.sink}`;
    throw new Failure("person", "unknown-sink", `${missing} is not in the configuration`);
  }
  const inlet = parts.inlets.find(({ name }) => name === source);
  if (inlet === undefined) throw new Failure("person", "unknown-source", `source ${source} is not in the configuration`);
  let through = 0;
  const origin = originIn(inlet.source, { key, etag }, source);
  const listedPlaces = parts.ledger.placesOf(letter.id);
  const [places, sums] = letter.sink === undefined ? [listedPlaces, undefined] : [undefined, listedPlaces];
  const isSumming = letter.sink !== undefined && parts.reductions.get(letter.sink)?.sums !== undefined;
  const meant = exactly && isSumming && sums !== undefined ? { firsts: new Listed(sums), records: letter.count } : undefined;
  const skip = meant === undefined ? from - 1 : 0;
  const read = async () => {
    const bytes = await inlet.source.open({ key, etag, size: 0, time: 0 }, signal, skip);
    return inlet.decode(bytes, origin, { ...options, skip, leftOut: bytes.leftOut, framed: bytes.framed });
  };
  const listed = new Listed(places ?? [{ from: skip + 1, to: letter.to }]);
  const shares = sinks.map(([name, sink]) => {
    const deliver = (flows: readonly Flow[]) => deliverAll(name, sink, flows, options, signal);
    return [name, new Share(parts.reductions.get(name), deliver, meant)] as const;
  });
  const stillBad: BadRecords[] = [];
  if (letter.code === MANY_BAD && places === undefined) await refuseUnlisted(letter, await read(), signal);
  for await (const piece of await read()) {
    const bad =
      letter.sink !== undefined ? [] : piece.bad.flatMap((one) => listed.within(one).map((range) => ({ ...one, ...range })));
    const [broken] = bad;
    if (broken !== undefined && places === undefined) throw new Failure("object", broken.code, broken.reason);
    stillBad.push(...bad);
    const flows = piece.flows.filter(({ record }) => listed.has(record));
    await inlet.enrich(flows, signal);
    parts.detections?.inspect(flows, isOfRules);
    const wanted = flows.filter(inlet.keep);
    for (const [, share] of shares) await share.take(wanted);
    through = piece.through;
    if (through >= to) break;
  }
  const isBroken = stillBad.length > 0 && through < (stillBad.at(-1)?.from ?? 0);
  if (through < (letter.to ?? from) && !isBroken) {
    throw new Failure("object", "replay-missing", `${key} has no record ${Math.max(from, through + 1)}`);
  }
  if (isOfRules) {
    const checkpoint = new Checkpoint(parts.ledger, parts.detections, async (work) => work());
    checkpoint.inspected();
    await checkpoint.save();
  }
  const outcomes = new Map<string, Outcome>();
  for (const [name, share] of shares) {
    const outcome = await share.end();
    if (outcome === undefined) return replayOne(letter, parts, options, signal, false);
    outcomes.set(name, outcome);
  }
  return { outcomes, bad: stillBad };
}

function undecodable(places: readonly BadRecords[]): Undecodable | undefined {
  const [first] = places;
  return first && { places, reason: first.reason };
}

/**
 * Where a letter for many bad places of an object does not list them (an earlier version wrote it, or there are more than can be kept) it only
 * counts them. Unless they are all there is, those between them were delivered, and cannot be told from them now.
 */
async function refuseUnlisted(
  { key, from, count }: StoredDeadLetter,
  pieces: ReturnType<Decoder>,
  signal: AbortSignal,
): Promise<void> {
  let through = from - 1;
  for await (const piece of pieces) {
    signal.throwIfAborted();
    const [broken] = piece.bad;
    if (broken !== undefined) throw new Failure("object", broken.code, broken.reason);
    through = piece.through;
  }
  const records = through - from + 1;
  if (records <= count) return;
  const which = `${count} of its ${records} records from ${from} on could not be decoded, not kept which, and the others were delivered`;
  const advice = "`flowferry replay --since` delivers all of them again, under the same uids";
  throw new Failure("object", "replay-unlisted", `${key}: ${which}: ${advice}`);
}

async function deliverAll(
  name: string,
  sink: Sink,
  flows: readonly Flow[],
  options: ReplayOptions,
  signal: AbortSignal,
): Promise<Outcome> {
  const delivery = {
    name,
    sink,
    encoding: new Encoding(name, sink),
    policy: options.retry,
    brake: NO_BRAKE,
    events: { onRetry: options.onRetry, onTooLarge: () => {} },
  };
  const outcomes: Outcome[] = [];
  for (let start = 0; start < flows.length; start += sink.limits.records) {
    const part = flows.slice(start, start + sink.limits.records);
    const [first, last] = [part[0], part.at(-1)];
    if (first === undefined || last === undefined) break;
    const segment = { origin: first.origin, from: first.record, to: last.record, count: part.length };
    outcomes.push(...(await deliver(delivery, { flows: part, segments: [segment] }, signal)));
  }
  return sumOf(outcomes);
}
