import type { Discovery, Source } from "../contracts/source.ts";
import { type RetryPolicy, retry } from "../lib/retry.ts";
import { firstWithin, pause } from "../lib/waiting.ts";
import { Memory } from "./memory.ts";
import { read, type Told, written } from "./messages.ts";
import type { TopicLog } from "./topic-log.ts";

/** What has to be known further on is written again when it is so old. */
const REWRITE_MS = 3_600_000;
/** So far back all of it is found again, where a lister was at work until a short while ago. */
const READ_BACK_MS = 4 * REWRITE_MS;

/** So often it is asked whether the topic is still the same, in ms. */
const WATCH_MS = 5_000;

/** The right to list, which one worker has at a time. */
export interface Lease {
  /** Resolves when the group has confirmed it lately. Rejects when it is lost. */
  confirm(): Promise<void>;
  /** Aborts when it is lost. */
  readonly signal: AbortSignal;
}

export interface ListerParts {
  /** By their names in the configuration. */
  readonly sources: ReadonlyMap<string, Source>;
  readonly log: TopicLog;
  /** Of what was discovered. */
  readonly topic: string;
  readonly pollMs: number;
  readonly retry: RetryPolicy;
  /** Resolves while there is not too much that waits to be delivered. */
  readonly room: (signal: AbortSignal) => Promise<void>;
  readonly events: ListerEvents;
}

export interface ListerEvents {
  onListing(source: string): void;
  onTrouble(source: string, error: unknown, failures: number): void;
  /** A message of the topic of objects that is none. */
  onStranger(place: string): void;
  onInfo(line: string): void;
  /** The topic was deleted and made anew: all that is in the buckets is listed again. */
  onAnew(): void;
}

/**
 * Lists the buckets for all workers, and writes what is new into the topic of objects. What it has to know of the listings before it, of
 * whichever worker, stands in the topic: it is read back when the lease begins.
 */
export class Lister {
  readonly #parts: ListerParts;
  readonly #hints = new Map<string, Set<string>>();
  /** What its clock is put forward by, in ms: what it writes is not older than what stands in the topic, whoever's clock that had. */
  #forward = 0;
  #hinted = Promise.withResolvers<void>();

  constructor(parts: ListerParts) {
    this.#parts = parts;
  }

  /** There may be something new below this key prefix of the source. */
  hint(source: string, prefix: string): void {
    const hints = this.#hints.get(source) ?? new Set();
    this.#hints.set(source, hints.size < 256 ? hints.add(prefix) : new Set([""]));
    this.#hinted.resolve();
    this.#hinted = Promise.withResolvers();
  }

  /** By the clock that what stands in the topic is stamped with, in ms since the epoch. */
  get now(): number {
    return Date.now() + this.#forward;
  }

  #runs = 0;

  /** Whether this worker is the one that lists. */
  get isAtWork(): boolean {
    return this.#runs > 0;
  }

  /** Lists until the lease is lost. Rejects with what no repetition heals. */
  async run(held: Lease): Promise<void> {
    this.#runs += 1;
    const ended = new AbortController();
    const lease = { ...held, signal: AbortSignal.any([held.signal, ended.signal]) };
    const { sources, events } = this.#parts;
    const { signal } = lease;
    try {
      const began = performance.now();
      const isSame = await this.#sameTopic(signal);
      const { memories, messages, newest } = await this.#remembered(signal);
      this.#forward = Math.max(0, newest - Date.now());
      const seconds = ((performance.now() - began) / 1000).toFixed(1);
      events.onInfo(`lists for all workers: what they know was read back in ${seconds} s, ${messages} messages`);
      await Promise.all([
        ...[...sources].map(([name, source]) => this.#list(name, source, memories.get(name) ?? new Memory(name), lease)),
        this.#rewrite(memories, lease, isSame),
        this.#watch(lease, isSame, ended),
      ]);
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      ended.abort();
      this.#runs -= 1;
    }
  }

  /** Whether what was told by this run, and before it, stands in the topic that has its name now. */
  async #sameTopic(signal: AbortSignal): Promise<() => Promise<boolean>> {
    const { log, topic } = this.#parts;
    const own = await log.topicId(topic, signal);
    return async () => own === undefined || (await log.topicId(topic, signal)) === own;
  }

  /** Of a topic that was made anew nobody knows what was delivered: the run ends, and the next one knows what stands in it. */
  async #watch(lease: Lease, isSame: () => Promise<boolean>, ended: AbortController): Promise<void> {
    while (!lease.signal.aborted) {
      await pause(WATCH_MS, lease.signal);
      if (lease.signal.aborted || (await isSame())) continue;
      this.#parts.events.onAnew();
      ended.abort();
    }
  }

  async #remembered(signal: AbortSignal): Promise<{ memories: Map<string, Memory>; messages: number; newest: number }> {
    const recent = await this.#readBack(Date.now() - READ_BACK_MS, signal);
    // A lister was at work then, and had written down all that it knew, or nobody has been for so long that it stands further back.
    const isWhole = [...this.#parts.sources.keys()].every((name) => (recent.whole.get(name) ?? 0) >= Date.now() - 2 * REWRITE_MS);
    return isWhole ? recent : this.#readBack("earliest", signal);
  }

  async #readBack(from: number | "earliest", signal: AbortSignal) {
    const { sources, log, topic, events } = this.#parts;
    const memories = new Map([...sources.keys()].map((name) => [name, new Memory(name)]));
    const whole = new Map<string, number>();
    let [messages, newest] = [0, 0];
    for await (const { value, time, partition, offset } of log.readBack(topic, from, signal)) {
      messages += 1;
      newest = Math.max(newest, time);
      const told = read(value);
      if (told === undefined) events.onStranger(`${topic}/${partition} at ${offset}`);
      else if (told.kind === "whole") whole.set(told.source, time);
      else memories.get(told.source)?.take(told, time);
    }
    return { memories, whole, messages, newest };
  }

  async #list(name: string, source: Source, memory: Memory, lease: Lease): Promise<void> {
    const { retry: policy, pollMs, events, room } = this.#parts;
    const { signal } = lease;
    while (!signal.aborted) {
      const hints = [...(this.#hints.get(name) ?? [])];
      this.#hints.delete(name);
      await room(signal);
      for (const within of hints.length === 0 ? [undefined] : hints) {
        await retry(
          () => this.#pass(source, memory, lease, within),
          policy,
          signal,
          ({ error, failures }) => events.onTrouble(name, error, failures),
        );
        events.onListing(name);
      }
      const end = performance.now() + pollMs;
      while (!signal.aborted && !this.#hints.has(name) && performance.now() < end) {
        await firstWithin(end - performance.now(), [this.#hinted.promise], signal);
      }
    }
  }

  async #pass(source: Source, memory: Memory, lease: Lease, within: string | undefined): Promise<void> {
    for await (const page of source.discover(memory.seen, lease.signal, within)) await this.#tell(page, memory, lease);
  }

  /** Objects stand in the topic before the mark that lies behind them. */
  async #tell(page: Discovery, memory: Memory, lease: Lease): Promise<void> {
    const { source } = memory;
    const { partition } = page;
    const objects = page.objects.map((object) => ({ kind: "object" as const, source, partition, object: plain(object) }));
    await this.#write(objects, memory, lease);
    const mark = memory.marked(page);
    if (mark !== undefined) await this.#write([mark], memory, lease);
  }

  async #write(some: readonly Told[], memory: Memory, lease: Lease): Promise<void> {
    if (some.length === 0) return;
    const { log, topic } = this.#parts;
    await lease.confirm();
    const time = this.now;
    await log.send(
      some.map((told) => ({ topic, time, ...written(told) })),
      lease.signal,
    );
    for (const told of some) memory.take(told, time);
  }

  /** Nothing that has to be known is older in the topic than it is read back, nor than the topic keeps it. */
  async #rewrite(memories: ReadonlyMap<string, Memory>, lease: Lease, isSame: () => Promise<boolean>): Promise<void> {
    while (!lease.signal.aborted) {
      // Nothing of what stood in another topic.
      if (!(await isSame())) return;
      for (const [source, memory] of memories) {
        await this.#write(memory.olderThan(this.now - REWRITE_MS), memory, lease);
        await this.#write([{ kind: "whole", source }], memory, lease);
      }
      await pause(REWRITE_MS / 4, lease.signal);
    }
  }
}

/** What a bucket's listing adds is its own. */
const plain = ({ key, etag, size, time, order }: Discovery["objects"][number]) => ({ key, etag, size, time, order });
