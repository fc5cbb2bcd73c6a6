import type { Component } from "../../contracts/component.ts";
import type { Discovery, ObjectBytes, Seen, Source, SourceDependencies, SourceListener } from "../../contracts/source.ts";
import { parseDuration, parseInstant } from "../../lib/durations.ts";
import { Failure } from "../../lib/errors.ts";
import { joinFrames, NUMBERS } from "../../lib/frames.ts";
import { kafkaConnection } from "../../lib/kafka/connection.ts";
import { placeName } from "../../lib/kafka/places.ts";
import { type Message, TopicReader } from "../../lib/kafka/topic-reader.ts";
import { firstOf, pause } from "../../lib/waiting.ts";
import { Feed, type FeedOptions } from "./feed.ts";
import { Memory } from "./memory.ts";
import { checkKafkaSource, type KafkaSourceOptions, kafkaSourceOptions } from "./options.ts";
import { Pacer } from "./pacer.ts";
import { Ranges } from "./ranges.ts";
import { baseOf, cover, FORGET, framesOf, identityOf, objectOf, runOf } from "./runs.ts";

/** Most objects of one page of a discovery. */
const PAGE = 100;
/** So many offsets are an object where nobody's progress is kept. */
const LISTED = 2_000;
/** When a run ends, what is on its way has so long before its partitions go to others. */
const GOODBYE_MS = 800;
/** A job of which others in its group have all partitions waits so long for some. */
const SHARE_MS = 5_000;
/** What was told once is told again after so long, if nothing has changed. */
const TROUBLE_MS = 30_000;

/**
 * Topics of Kafka, or what speaks its protocol. An object is a run of offsets of one partition, in memory when it is found, and fetched again for
 * whoever reads it later. How far the group has come is what it has committed: everything up to there is with every sink, or set aside.
 */
export const kafka: Component<KafkaSourceOptions, SourceDependencies, Source> = {
  type: "kafka",
  summary: "Topics of Apache Kafka, OCI Streaming or IBM Event Streams, shared by the workers of a consumer group",
  options: kafkaSourceOptions,
  check: checkKafkaSource,
  create: kafkaSource,
};

async function kafkaSource(options: KafkaSourceOptions, dependencies: SourceDependencies): Promise<Source> {
  checkKafkaSource(options);
  const { topics, group, instanceId, brokers, cluster = brokers[0] ?? "", fetch } = options;
  const connection = await kafkaConnection(options, dependencies);
  const since = options.since === undefined ? undefined : parseInstant(options.since, Date.now());
  const { waitMs, partitionBytes, memoryBytes } = fetch;
  const limits = { waitMs, partitionBytes, bytes: Math.max(partitionBytes, memoryBytes >> 2) };
  const memory = new Memory(memoryBytes);
  const pacer = new Pacer();
  const rangeReader = new TopicReader(connection, topics);
  const ranges = new Ranges(rangeReader, limits, pacer);
  const reread = new Map<string, number>();
  let listener: SourceListener | undefined;
  let feed: Feed | undefined;
  let leaving: NodeJS.Timeout | undefined;

  const feedOptions = (untilCaughtUp: boolean): FeedOptions => ({
    topics,
    group,
    instanceId,
    sessionMs: parseDuration(options.session),
    limits,
    begin: since ?? options.begin,
    untilCaughtUp,
  });
  const leave = async () => {
    clearTimeout(leaving);
    const left = feed;
    feed = undefined;
    await left?.stop();
  };
  const feedFor = ({ untilCaughtUp }: SourceListener, seen: Seen): Feed =>
    new Feed(
      connection,
      feedOptions(untilCaughtUp),
      { seen, memory, pacer },
      {
        onNews: () => listener?.hint(""),
        revoke: async (objects) => listener?.revoke(objects),
        onEvent: dependencies.onEvent,
        onLag: (partition, messages) => dependencies.onLag?.(partition, messages),
      },
    );

  return {
    name: `kafka://${cluster}`,
    sharesItself: true,
    identity: identityOf,
    async *discover(seen, signal, within) {
      if (listener === undefined || dependencies.rereads === true) {
        yield* listing(rangeReader, since ?? "earliest", listener === undefined ? new Map() : reread, signal);
        return;
      }
      const { untilCaughtUp, revoke } = listener;
      feed ??= feedFor(listener, seen);
      const current = feed;
      await current.start();
      if (untilCaughtUp) yield* upToEnds(current, revoke.bind(listener), signal);
      else yield* whatIsReady(current, revoke.bind(listener));
      if (current.trouble !== undefined && current.ready().length === 0) await tellTrouble(current, within === undefined, signal);
    },
    async open(object, signal, after = 0): Promise<ObjectBytes> {
      const run = runOf(object);
      if (feed !== undefined && !(await feed.owns(run, signal))) {
        throw new Failure("passing", "kafka-membership", `${placeName(run)} is another worker's now`);
      }
      const kept = memory.take(object);
      const messages =
        kept === undefined ? ranges.messages({ ...run, from: firstAfter(run.from, after) }, signal) : [kept.messages];
      return Object.assign(bytesOf(messages, after, kept?.release), { framed: true });
    },
    async probe() {
      const places = await rangeReader.partitions();
      const ends = await rangeReader.offsets(places, "latest");
      const starts = await rangeReader.offsets(places, "earliest");
      const held = [...ends].reduce((sum, [name, end]) => sum + end - (starts.get(name) ?? end), 0);
      const counts = topics.map((topic) => `${topic} has ${places.filter((place) => place.topic === topic).length} partitions`);
      return `${counts.join(", ")}; ${held} messages are there`;
    },
    listen(told) {
      clearTimeout(leaving);
      listener = told;
      return () => {
        listener = undefined;
        // Others are to take over soon, also where a sink hangs; what is acknowledged by then is told.
        leaving = setTimeout(() => void leave(), GOODBYE_MS);
        void feed?.commit();
      };
    },
    async close() {
      await leave();
      await rangeReader.close();
    },
  };
}

/** Hands out what was fetched, as objects. */
async function* whatIsReady(feed: Feed, revoke: SourceListener["revoke"]): AsyncGenerator<Discovery> {
  for (const { partition, runs } of feed.ready()) {
    for (let start = 0; start < runs.length; start += PAGE) {
      const page = runs.slice(start, start + PAGE);
      const objects = page.map((run) => {
        const last = run.messages?.at(-1)?.time;
        return objectOf(run, { time: last ?? Date.now(), size: run.bytes ?? 0 });
      });
      const mark = feed.markOf(partition);
      if (mark === undefined) break;
      yield { partition, objects, mark, forgetBefore: FORGET };
      // Whose turn it is may have changed while the ledger was written.
      if (!feed.handedOut(partition, page)) await revoke(objects);
    }
  }
}

/** Hands out everything up to where the partitions ended when the job began. */
async function* upToEnds(feed: Feed, revoke: SourceListener["revoke"], signal: AbortSignal): AsyncGenerator<Discovery> {
  const begun = Date.now();
  while (!signal.aborted) {
    const { changed } = feed;
    yield* whatIsReady(feed, revoke);
    if (feed.isCaughtUp || (feed.isIdle && Date.now() - begun >= SHARE_MS)) return;
    if (feed.trouble !== undefined) throw feed.trouble;
    await firstOf([changed, pause(TROUBLE_MS / 30, signal)], signal);
  }
}

/**
 * Tells what is wrong by throwing it. A whole pass, which comes again after a pause, waits first: so that nothing which comes meanwhile waits
 * for the pause.
 */
async function tellTrouble(feed: Feed, isWhole: boolean, signal: AbortSignal): Promise<void> {
  const { trouble } = feed;
  const until = Date.now() + TROUBLE_MS;
  while (isWhole && told.get(feed) === trouble && !signal.aborted && Date.now() < until) {
    if (feed.trouble === undefined || feed.ready().length > 0) return;
    await firstOf([feed.changed, pause(1_000, signal)], signal);
    if (feed.trouble !== trouble) break;
  }
  if (feed.trouble === undefined) return;
  if (isWhole) told.set(feed, feed.trouble);
  throw feed.trouble;
}

/** What was told last. */
const told = new WeakMap<Feed, unknown>();

/**
 * Everything that is there from a time on, for whoever keeps no progress; with `listed`, where earlier listings have ended, what has come since.
 */
async function* listing(
  reader: TopicReader,
  from: "earliest" | number,
  listed: Map<string, number>,
  signal: AbortSignal,
): AsyncGenerator<Discovery> {
  const places = await reader.partitions();
  const [starts, ends] = [await reader.offsets(places, from), await reader.offsets(places, "latest")];
  for (const place of places) {
    const partition = placeName(place);
    const end = ends.get(partition) ?? 0;
    const runs = cover(place, listed.get(partition) ?? starts.get(partition) ?? 0, end, LISTED);
    for (let start = 0; start < runs.length; start += PAGE) {
      signal.throwIfAborted();
      const objects = runs.slice(start, start + PAGE).map((run) => objectOf(run, { time: 0, size: 0 }));
      yield { partition, objects, forgetBefore: FORGET };
    }
    listed.set(partition, end);
  }
}

/** Offset of the first message that has records after this number. */
function firstAfter(from: number, after: number): number {
  return after <= baseOf(from) ? from : from + Math.floor((after - baseOf(from)) / NUMBERS);
}

/** The bytes of an object: what has records after this number. */
async function* bytesOf(
  messages: Iterable<readonly Message[]> | AsyncIterable<readonly Message[]>,
  after: number,
  release: (() => void) | undefined,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const some of messages) {
      const frames = framesOf(some).filter(({ base }) => base + NUMBERS > after);
      if (frames.length > 0) yield joinFrames(frames);
    }
  } finally {
    release?.();
  }
}
