import { setTimeout as sleep } from "node:timers/promises";
import type { Entry } from "../contracts/entry.ts";
import type { Batch as BatchOf, Payload, Segment, Sink, WriteResult } from "../contracts/sink.ts";
import { describeError, Failure } from "../lib/errors.ts";
import { type OnRetry, pauseBefore, type RetryPolicy, retry } from "../lib/retry.ts";
import type { Brake, Doubt } from "./brake.ts";
import type { Encoding } from "./encoding.ts";
import { asideOf, deliveredAll, letterOf, type Outcome, settledIn, sumOf } from "./outcome.ts";
import { piecesOf } from "./pieces.ts";

/** Of flows, or of what stands for them. */
type Batch = BatchOf<Entry>;

export interface DeliveryEvents {
  readonly onRetry: OnRetry;
  /** A batch of so many records was too large. */
  readonly onTooLarge: (records: number) => void;
  /** The receiver has judged the records of a batch, whatever it made of them: it does its work. */
  readonly onHeard?: () => void;
}

export interface Delivery {
  /** The sink's name, for dead letters. */
  readonly name: string;
  readonly sink: Sink;
  readonly encoding: Encoding;
  readonly policy: RetryPolicy;
  readonly brake: Brake;
  readonly events: DeliveryEvents;
}

/** Some records of a batch, and to which of its segments they belong. */
interface Part {
  readonly batch: Batch;
  /** Places of the part's segments among those of the whole batch. */
  readonly places: readonly number[];
}

/** What one attempt at a batch has found, so far. */
interface Findings {
  readonly outcomes: Outcome[][];
  /** Records that were refused alone. */
  readonly refused: Map<Entry, Failure>;
  /** The receiver took something of it. */
  taken: boolean;
  /** The receiver answered for some of it, if only that it has refused all of that. */
  answered: boolean;
}

/**
 * Brings a batch to its end, and resolves to one outcome for each of its segments. What may heal is repeated until the signal aborts (then
 * it throws). A batch that is refused or too large is halved until each bad record stands alone; nothing that was taken is sent again.
 * While everything of it is refused the brake says whether that is to be believed; until then the whole batch waits and is tried again.
 * Records that the sink refuses before sending are set aside by themselves, also those that it comes to refuse while the batch waits.
 */
export async function deliver(delivery: Delivery, batch: Batch, signal: AbortSignal): Promise<Outcome[]> {
  const doubt = delivery.brake.doubt(batch.flows.length);
  try {
    for (;;) {
      const findings: Findings = { outcomes: batch.segments.map(() => []), refused: new Map(), taken: false, answered: false };
      // What was refused before the receiver took others may have been refused with them: it is asked once more.
      const { believed } = doubt;
      const refusal = await takeApart(delivery, batch, findings, doubt, believed, signal);
      const complete = isComplete(findings, batch);
      if (complete && (findings.taken || findings.refused.size === 0 || believed)) {
        if (findings.answered || findings.refused.size > 0) delivery.events.onHeard?.();
        return settled(delivery, batch, findings);
      }
      if (refusal === undefined) throw new Error("records of a batch have no outcome");
      doubt.again();
      const pauseMs = pauseBefore(doubt.attempts, refusal, delivery.policy);
      delivery.events.onRetry({ failures: doubt.attempts, pauseMs, error: refusesEverything(refusal) });
      await sleep(pauseMs, undefined, { signal });
    }
  } finally {
    doubt.end();
  }
}

/**
 * Sends a batch, and what is refused in halves, the larger parts first. Ends when every record has an outcome or was refused alone, or when
 * the doubt allows no further request. A record that is refused alone before the receiver has taken any is asked again when it has, unless
 * refusals are `believed`. Gives the last refusal, undefined if there was none.
 */
async function takeApart(
  delivery: Delivery,
  batch: Batch,
  findings: Findings,
  doubt: Doubt,
  believed: boolean,
  signal: AbortSignal,
): Promise<Failure | undefined> {
  let refusal: Failure | undefined;
  let sent = 0;
  const early: { part: Part; failure: Failure }[] = [];
  const parts: Part[] = [{ batch, places: batch.segments.map((_, place) => place) }];
  const next = (): Part | undefined => {
    if (parts.length === 0 && findings.taken) parts.push(...early.splice(0).map(({ part }) => part));
    return parts.shift();
  };
  for (let whole = next(); whole !== undefined; whole = next()) {
    const part = sendable(delivery, whole, findings);
    if (part.batch.flows.length === 0) continue;
    if (!findings.taken && sent >= doubt.requests) return refusal;
    const failure = await send(delivery, part, findings, signal);
    if (failure === undefined) continue;
    if (failure === BECAME_REFUSED) {
      parts.unshift(part);
      continue;
    }
    refusal = failure;
    if (!failure.certain) {
      sent += 1;
      doubt.refused();
    }
    if (part.batch.flows.length > 1) {
      if (failure.tooLarge) delivery.events.onTooLarge(part.batch.flows.length);
      parts.push(...halve(part));
    } else if (failure.certain || findings.taken || believed) standsAlone(delivery, part, failure, findings);
    else early.push({ part, failure });
  }
  for (const { part, failure } of early) standsAlone(delivery, part, failure, findings);
  return refusal;
}

/**
 * Encodes a part and sends it until it is taken or refused. Gives the refusal; throws anything else that no repetition heals. What is sent
 * again is the same payload, so that a receiver which has got it already can tell.
 */
async function send(
  { name, sink, encoding, policy, events, brake }: Delivery,
  part: Part,
  findings: Findings,
  signal: AbortSignal,
): Promise<Failure | undefined> {
  let request = 0;
  let payload: Payload | undefined;
  let attempts = 0;
  const attempt = async () => {
    if (sink.outside !== undefined && part.batch.flows.some((flow) => sink.outside?.(flow) !== undefined)) throw BECAME_REFUSED;
    if (payload === undefined) {
      const made = encoding.encode(part.batch.flows, Date.now());
      payload = made instanceof Promise ? await made : made;
    }
    request = brake.start();
    attempts += 1;
    return sink.send(payload, signal);
  };
  // Of an attempt that broke off the connection may still read.
  const recycle = () => {
    if (payload !== undefined && attempts === 1) encoding.recycle(payload);
  };
  try {
    const result = await retry(attempt, policy, signal, events.onRetry);
    recycle();
    findings.answered = true;
    if (result.rejected < part.batch.flows.length) {
      brake.accepted(request);
      findings.taken = true;
    }
    for (const [index, outcome] of taken(name, part.batch, result).entries()) {
      findings.outcomes[part.places[index] as number]?.push(outcome);
    }
    return undefined;
  } catch (error) {
    if (!(error instanceof Failure) || error.drawer !== "batch") throw error;
    recycle();
    return error;
  }
}

/** While a part waits, time goes on: what the sink does not take any more is found out before each attempt. */
const BECAME_REFUSED = new Failure("batch", "became-refused", "the sink has come to refuse a record before it is sent");

/** A bad record, or one of a receiver that refuses everything. */
function standsAlone({ name }: Delivery, { batch, places }: Part, failure: Failure, findings: Findings): void {
  const [place, segment, flow] = [places[0], batch.segments[0], batch.flows[0]];
  if (place === undefined || segment === undefined || flow === undefined) throw new Error("a part of a batch has no segment");
  if (failure.certain) findings.outcomes[place]?.push(asideOf(name, segment, failure.code, describeError(failure)));
  else findings.refused.set(flow, failure);
}

/** The part without what the sink refuses before sending, which is set aside. */
function sendable({ name, sink }: Delivery, part: Part, findings: Findings): Part {
  if (sink.outside === undefined) return part;
  const rest = [];
  const pieces = piecesOf(part.batch, sink);
  if (pieces.every(({ refusal }) => refusal === undefined)) return part;
  for (const piece of pieces) {
    const place = part.places[piece.index] as number;
    if (piece.refusal === undefined) rest.push({ ...piece, place });
    else findings.outcomes[place]?.push(asideOf(name, piece.segment, piece.refusal.code, piece.refusal.reason));
  }
  const batch = { flows: rest.flatMap(({ flows }) => flows), segments: rest.map(({ segment }) => segment) };
  return { batch, places: rest.map(({ place }) => place) };
}

/** Every record of the batch has an outcome or was refused alone. */
function isComplete({ outcomes, refused }: Findings, { flows }: Batch): boolean {
  return settledIn(sumOf(outcomes.flat())) + refused.size === flows.length;
}

/** One outcome for each segment; neighbours that were refused for the same reason share a dead letter. */
function settled({ name }: Delivery, { flows, segments }: Batch, { outcomes, refused }: Findings): Outcome[] {
  let start = 0;
  return segments.map((segment, place) => {
    const own = outcomes[place] ?? [];
    let run: { from: number; to: number; count: number; failure: Failure } | undefined;
    const close = () => {
      if (run === undefined) return;
      const { from, to, count, failure } = run;
      own.push(asideOf(name, { ...segment, from, to, count }, failure.code, describeError(failure)));
      run = undefined;
    };
    if (refused.size > 0) {
      for (const flow of flows.slice(start, start + segment.count)) {
        const failure = refused.get(flow);
        if (failure === undefined || failure.code !== run?.failure.code || failure.message !== run.failure.message) close();
        if (failure === undefined) continue;
        run = { from: run?.from ?? flow.record, to: flow.record, count: (run?.count ?? 0) + 1, failure };
      }
      close();
    }
    start += segment.count;
    const { deadLetters, ...sum } = sumOf(own);
    return { ...sum, deadLetters: deadLetters.toSorted((one, other) => one.from - other.from) };
  });
}

function refusesEverything(refusal: Failure): Failure {
  const advice = "it refuses every record, so nothing is set aside until it takes one: check the sink's address and settings";
  return new Failure("person", refusal.code, `${describeError(refusal)}; ${advice}`, {
    cause: refusal.cause,
    retryAfterMs: refusal.retryAfterMs,
  });
}

/** The receiver does not say which records it refused: they are counted, and the pointers of the whole batch are kept with its words. */
function taken(name: string, batch: Batch, { rejected, reason = "the receiver gave no reason" }: WriteResult): Outcome[] {
  const total = batch.flows.length;
  let left = Math.min(rejected, total);
  if (left === 0) return batch.segments.map(deliveredAll);
  return batch.segments.map((segment) => {
    const share = Math.min(left, segment.count);
    left -= share;
    const letter = letterOf(
      name,
      segment,
      share,
      "rejected",
      `${rejected} of ${total} records refused, not said which: ${reason}`,
    );
    return { delivered: segment.count - share, rejected: share, setAside: 0, deadLetters: [letter] };
  });
}

function halve({ batch: { flows, segments }, places }: Part): [Part, Part] {
  const middle = flows.length >> 1;
  const head: { place: number; segment: Segment }[] = [];
  const tail: { place: number; segment: Segment }[] = [];
  let start = 0;
  for (const [index, segment] of segments.entries()) {
    const place = places[index] as number;
    const cut = middle - start;
    if (cut >= segment.count) head.push({ place, segment });
    else if (cut <= 0) tail.push({ place, segment });
    else {
      const [last, next] = [flows[middle - 1], flows[middle]];
      if (last === undefined || next === undefined) throw new Error("a segment counts more records than its batch holds");
      head.push({ place, segment: { ...segment, to: last.record, count: cut } });
      tail.push({ place, segment: { ...segment, from: next.record, count: segment.count - cut } });
    }
    start += segment.count;
  }
  const part = (side: typeof head, own: Batch["flows"]): Part => ({
    batch: { flows: own, segments: side.map(({ segment }) => segment) },
    places: side.map(({ place }) => place),
  });
  return [part(head, flows.slice(0, middle)), part(tail, flows.slice(middle))];
}
