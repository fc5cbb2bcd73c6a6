import type { FoundObject } from "../../contracts/source.ts";
import type { ObjectVersion } from "../../contracts/store.ts";
import { Failure } from "../../lib/errors.ts";
import { type Frame, NUMBERS } from "../../lib/frames.ts";
import { placeName, type TopicPlace } from "../../lib/kafka/places.ts";
import type { Message } from "../../lib/kafka/topic-reader.ts";

/** Neighbouring messages of a partition, by their offsets. In the ledger it is an object, and the topic's id is its etag. */
export interface Run extends TopicPlace {
  readonly from: number;
  readonly to: number;
}

/** So many offsets have one uid prefix; the numbers of all their records fit into 32 bits. */
const BLOCK = 40_000;
/** Etag of runs of a topic without an id. */
const NO_ID = "-";
/** Behind every offset: what is finished is forgotten at once. */
export const FORGET = "~";

const KEY = /^(?<topic>[^/]+)\/(?<partition>\d+)\/(?<from>\d+)-(?<to>\d+)$/;

/** The offset that the block of this one begins with. */
function blockOf(offset: number): number {
  return offset - (offset % BLOCK);
}

/** Offset of the first message of the next block. */
function blockEnd(offset: number): number {
  return blockOf(offset) + BLOCK;
}

/** Numbers that lie before those of the message's records. */
export function baseOf(offset: number): number {
  return (offset % BLOCK) * NUMBERS;
}

export function keyOf({ topic, partition, from, to }: Run): string {
  return `${topic}/${partition}/${from}-${to}`;
}

/** What the run is in the ledger, and in memory. */
export function versionOf(run: Run): ObjectVersion {
  return { key: keyOf(run), etag: run.topicId ?? NO_ID };
}

/** The run of an object. Throws a Failure for one of another source. */
export function runOf({ key, etag }: ObjectVersion): Run {
  const { topic, partition, from, to } = KEY.exec(key)?.groups ?? {};
  if (topic === undefined)
    throw new Failure("object", "object-missing", `${key} names no messages: it is no TOPIC/PARTITION/FROM-TO`);
  const run = { topic, partition: Number(partition), from: Number(from), to: Number(to) };
  return etag === NO_ID ? run : { ...run, topicId: etag };
}

/** The run as discovery tells of it; `time` and `size` are those of its messages. */
export function objectOf(run: Run, { time, size }: { readonly time: number; readonly size: number }): FoundObject {
  return { ...versionOf(run), size, time, order: String(run.from).padStart(20, "0") };
}

/**
 * What identifies the records of an object, beside their numbers: topic, partition, and a block of offsets, however runs are cut. A topic that
 * was made anew counts its offsets from zero again: its id tells its records from those of the old one.
 */
export function identityOf(object: ObjectVersion): string {
  const run = runOf(object);
  const block = `${placeName(run)}/${blockOf(run.from)}`;
  return run.topicId === undefined ? block : `${run.topicId}/${block}`;
}

/** Messages as they are decoded; those without a value, which delete others in compacted topics, have nothing to decode. */
export function framesOf(messages: readonly Message[]): Frame[] {
  return messages.flatMap(({ offset, value }) =>
    value === null || value.length === 0 ? [] : [{ base: baseOf(offset), bytes: value }],
  );
}

/** Some of the run was deleted, or all: by retention, or with its topic. */
export function lostFailure(run: Run, by: "by retention" | "with the topic, which was made anew," = "by retention"): Failure {
  const { from, to } = run;
  const count = to - from + 1;
  const message = `${count} ${count === 1 ? "message" : "messages"} of ${placeName(run)} (offsets ${from} to ${to}) were deleted ${by} before they were read`;
  const extent = { after: baseOf(from), through: baseOf(to) + NUMBERS, numbers: NUMBERS };
  return new Failure("object", "kafka-offset-lost", message, { gone: true, extent });
}

/** Most messages of a run, and most bytes: what is repeated at worst, and what one reader holds. */
const MOST_MESSAGES = 2_000;
const MOST_BYTES = 1024 * 1024;

/** A run with its messages. */
export interface FilledRun extends Run {
  readonly messages: readonly Message[];
  readonly bytes: number;
}

/** What a message takes in memory beside its key and its value, roughly. */
const MESSAGE_BYTES = 200;

/** What the messages of a run take in memory, in bytes: also those without a value. */
export function weightOf({ messages, bytes }: Pick<FilledRun, "messages" | "bytes">): number {
  return messages.reduce((sum, { key }) => sum + MESSAGE_BYTES + (key?.length ?? 0), bytes);
}

/** Cuts messages of a partition into runs, none of which reaches over a block. They cover every offset from `from` up to, without it, `next`. */
export function cut(place: TopicPlace, messages: readonly Message[], from: number, next: number): FilledRun[] {
  const origin = originOf(place);
  const runs: FilledRun[] = [];
  let [start, own, bytes] = [from, [] as Message[], 0];
  const close = (end: number) => {
    const to = Math.min(end, blockEnd(start)) - 1;
    if (own.length > 0) runs.push({ ...origin, from: start, to, messages: own, bytes });
    [start, own, bytes] = [end, [], 0];
  };
  for (const message of messages) {
    const { offset } = message;
    const length = message.value?.length ?? 0;
    if (own.length > 0 && (offset >= blockEnd(start) || own.length >= MOST_MESSAGES || bytes + length > MOST_BYTES))
      close(offset);
    // Offsets may be left out: a run stays within the block of its first message.
    if (own.length === 0 && offset >= blockEnd(start)) start = blockOf(offset);
    own.push(message);
    bytes += length;
  }
  close(next);
  return runs;
}

/** Runs of so many offsets at most that cover those from `from` up to, without it, `end`; what is in them is not known. */
export function cover(place: TopicPlace, from: number, end: number, most = BLOCK): Run[] {
  const origin = originOf(place);
  const runs: Run[] = [];
  for (let start = from; start < end; ) {
    const next = Math.min(start + most, blockEnd(start), end);
    runs.push({ ...origin, from: start, to: next - 1 });
    start = next;
  }
  return runs;
}

function originOf({ topic, partition, topicId }: TopicPlace): TopicPlace {
  return topicId === undefined ? { topic, partition } : { topic, partition, topicId };
}
