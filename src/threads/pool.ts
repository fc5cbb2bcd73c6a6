import { availableParallelism } from "node:os";
import type { QueuedObject } from "../contracts/ledger.ts";
import type { Reader, ToRead } from "../delivery/reader.ts";
import type { Enrichment } from "../enrich/enrichment.ts";
import type { NetworkSnapshot } from "../enrich/rules/snapshot.ts";
import type { FlowContext } from "../flow/flow.ts";
import { describeError, Failure } from "../lib/errors.ts";
import type { Knowledge, Setup } from "./messages.ts";
import { ThreadHost } from "./thread-host.ts";

/** So many threads in a row may end before one has read anything: then something is wrong with all of them. */
const MOST_DEATHS = 5;
const MOST_THREADS = 16;

/** How many threads: of `auto`, one for each core of a machine that has several. */
export function threadCount(threads: number | "auto"): number {
  if (threads !== "auto") return threads;
  const cores = availableParallelism();
  return cores > 1 ? Math.min(cores, MOST_THREADS) : 0;
}

/** Told when a thread has died: what it had read of these objects, and nobody has acknowledged, is lost to this process. */
export type OnLost = (objects: readonly QueuedObject[], failure: Failure) => void;

export interface PoolEvents {
  /** One line: a thread has died. */
  onDeath(message: string): void;
}

/**
 * The threads that read objects, make payloads of what they have read, and are replaced when they die. Each object is read by one of them,
 * to its end. What enrichments know reaches all of them before any of them uses it, and all use it from the same moment on: bytes that
 * leave the main thread later are decoded and enriched with it.
 */
export class Pool {
  /** Told of what is lost; to be set before anything is read. */
  onLost: OnLost = () => {};
  /** Resolves to the reason when threads cannot be had, which may be before anything is read. */
  readonly fatal: Promise<unknown>;
  readonly #fail: (error: unknown) => void;
  readonly #setup: Setup;
  readonly #enrichments: readonly Enrichment[];
  readonly #events: PoolEvents;
  #threads: { readonly host: ThreadHost; readonly ready: Promise<void> }[];
  /** What the threads know of each enrichment. */
  readonly #known = new Map<number, { readonly lookups: Enrichment["lookups"]; readonly snapshot: NetworkSnapshot }>();
  readonly #unheard: (() => void)[];
  #version = 0;
  /** What is told to all threads is told one after the other. */
  #last: Promise<void> = Promise.resolve();
  #deaths = 0;
  #closed = false;

  constructor(count: number, setup: Setup, enrichments: readonly Enrichment[], events: PoolEvents) {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    this.fatal = promise;
    this.#fail = resolve;
    this.#setup = setup;
    this.#enrichments = enrichments;
    this.#events = events;
    this.#threads = Array.from({ length: count }, () => this.#start());
    this.#unheard = enrichments.map((enrichment, number) => enrichment.onChange(() => void this.#tell(number)));
  }

  /** Whether threads make the payloads of this sink. */
  encodes(sink: string): boolean {
    return this.#setup.sinks.some(({ name }) => name === sink);
  }

  /** Reads the objects of the source with this number. */
  reader(source: number): Reader {
    return (bytes, what, signal) => this.#read(source, bytes, what, signal);
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const end of this.#unheard) end();
    await Promise.all(this.#threads.map(({ host }) => host.close()));
  }

  async *#read(source: number, bytes: AsyncIterable<Uint8Array>, what: ToRead, signal: AbortSignal) {
    const { enrichment = 0 } = this.#setup.sources[source] ?? {};
    if (this.#isNews(enrichment)) void this.#tell(enrichment);
    const host = await this.#readyFor(what.object);
    yield* host.read(source, bytes, what, signal);
  }

  /** A thread that is ready to read the object: one that has died before is none of the object's fault. */
  async #readyFor(object: QueuedObject): Promise<ThreadHost> {
    for (;;) {
      const { host, ready } = this.#threadFor(object);
      await ready;
      if (host.isAlive) return host;
    }
  }

  /** That which has some of the object, so that what waits of it stays in one place; else the one with the least to do. */
  #threadFor(object: QueuedObject) {
    const [first, ...others] = this.#threads;
    if (first === undefined) throw new Failure("worker", "threads-die", "there are no threads");
    const idlest = () => others.reduce((least, thread) => (thread.host.load < least.host.load ? thread : least), first);
    return this.#threads.find(({ host }) => host.has(object)) ?? idlest();
  }

  #start(): { readonly host: ThreadHost; readonly ready: Promise<void> } {
    const host = new ThreadHost(this.#setup, {
      prepare: (enrichment, contexts) => this.#prepare(enrichment, contexts),
      onDeath: (thread, objects, failure) => this.#died(thread, objects, failure),
    });
    const ready = this.#inTurn(async () => {
      for (const number of this.#enrichments.keys()) {
        const version = this.#nextVersion();
        await host.know(version, number, this.#knowledge(number, true));
        host.use(version, number);
      }
    });
    return { host, ready };
  }

  async #prepare(number: number, contexts: readonly FlowContext[]): Promise<void> {
    const flows = contexts.map((context) => ({ context }));
    await this.#enrichments[number]?.prepare(flows, new AbortController().signal);
    // Also where what is new is being told already: it has an end when it is in use.
    await this.#tell(number);
  }

  /** Whether an enrichment knows something that was told to no thread. */
  #isNews(number: number): boolean {
    const enrichment = this.#enrichments[number] as Enrichment;
    const known = this.#known.get(number);
    return known?.lookups !== enrichment.lookups || known.snapshot !== enrichment.network();
  }

  #tell(number: number): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#closed || !this.#isNews(number)) return;
      const version = this.#nextVersion();
      const knowledge = this.#knowledge(number, false);
      const hosts = this.#threads.map(({ host }) => host);
      await Promise.all(hosts.map((host) => host.know(version, number, knowledge)));
      for (const host of hosts) host.use(version, number);
    });
  }

  /** All of it, or what is new since it was told last. */
  #knowledge(number: number, all: boolean): Knowledge {
    const enrichment = this.#enrichments[number] as Enrichment;
    const { lookups, securityLists, asks } = enrichment;
    const snapshot = enrichment.network();
    const known = all ? undefined : this.#known.get(number);
    if (!all || this.#known.get(number) === undefined) this.#known.set(number, { lookups, snapshot });
    return {
      tables: lookups === known?.lookups ? undefined : lookups,
      network: snapshot === known?.snapshot ? undefined : snapshot.data,
      securityLists,
      asks,
    };
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    this.#last = this.#last.then(work).catch((error) => this.#fail(error));
    return this.#last;
  }

  #nextVersion(): number {
    this.#version += 1;
    return this.#version;
  }

  #died(thread: ThreadHost, objects: readonly QueuedObject[], failure: Failure): void {
    if (this.#closed) return;
    this.#deaths = thread.hasRead ? 0 : this.#deaths + 1;
    this.#events.onDeath(`${describeError(failure)} (${objects.length} objects); another thread takes its place`);
    this.#threads = this.#threads.filter(({ host }) => host !== thread);
    if (this.#deaths < MOST_DEATHS) this.#threads.push(this.#start());
    else
      this.#fail(
        new Failure(
          "worker",
          "threads-die",
          `threads end before they read anything: set \`run.threads: 0\`: ${describeError(failure)}`,
        ),
      );
    this.onLost(objects, failure);
  }
}
