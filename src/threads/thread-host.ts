import { Worker } from "node:worker_threads";
import type { QueuedObject } from "../contracts/ledger.ts";
import type { Payload } from "../contracts/sink.ts";
import { HeldEntry as Held, type HeldEntry, HeldPiece, type Holder } from "../delivery/entries.ts";
import type { EnrichedPiece, ToRead } from "../delivery/reader.ts";
import { ContextPool } from "../flow/contexts.ts";
import type { FlowContext } from "../flow/flow.ts";
import { unpack } from "../flow/pack.ts";
import { NONE } from "../flow/types.ts";
import { describeError, Failure } from "../lib/errors.ts";
import { failureOf } from "./failures.ts";
import { Inbox } from "./inbox.ts";
import type { FromThread, Knowledge, PieceMessage, Run, Setup, ToThread } from "./messages.ts";
import { Pump } from "./pump.ts";

/** The beginning of a thread: beside this file, or, built, above the folder of chunks that this is in. */
const ENTRY = new URL(import.meta.url.endsWith(".ts") ? "./thread.ts" : "../thread.js", import.meta.url);

/** Room for the young objects of a thread: with the 48 MB that it has without other word, two threads take 100 MB more, and no less time. */
const YOUNG_MB = 24;

type Message<Kind extends FromThread["kind"]> = Extract<FromThread, { kind: Kind }>;
type ReadingMessage = PieceMessage | Message<"done"> | Message<"failed">;

export interface ThreadEvents {
  /** A thread asks about contexts; resolves when what is known of them is in use there. */
  prepare(enrichment: number, contexts: readonly FlowContext[]): Promise<void>;
  /** The thread has ended, with all that it had read of these objects. Whoever waits for it is told afterwards. */
  onDeath(thread: ThreadHost, objects: readonly QueuedObject[], failure: Failure): void;
}

interface Reading {
  readonly what: ToRead;
  readonly inbox: Inbox<ReadingMessage>;
  readonly pump: Pump;
}

/** One thread, as the main thread sees it. */
export class ThreadHost implements Holder {
  readonly #worker: Worker;
  readonly #sinks: ReadonlySet<string>;
  readonly #events: ThreadEvents;
  readonly #readings = new Map<number, Reading>();
  /** What others hold. */
  readonly #pieces = new Map<number, HeldPiece>();
  readonly #calls = new Map<number, { resolve(payload: Payload): void; reject(error: unknown): void }>();
  readonly #known = new Map<number, () => void>();
  readonly #contexts = new ContextPool();
  #lastId = 0;
  #failure: Failure | undefined;
  /** It has read something. */
  hasRead = false;

  constructor(setup: Setup, events: ThreadEvents) {
    this.#sinks = new Set(setup.sinks.map(({ name }) => name));
    this.#events = events;
    this.#worker = new Worker(ENTRY, {
      workerData: setup,
      name: "flowferry reader",
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    });
    this.#worker.on("message", (message: FromThread) => this.#take(message));
    let reason = "";
    this.#worker.on("error", (error) => {
      reason = describeError(error);
    });
    this.#worker.on("exit", (code) => this.#died(reason === "" ? `it exited with code ${code}` : reason));
  }

  /** How many objects it reads. */
  get load(): number {
    return this.#readings.size;
  }

  get isAlive(): boolean {
    return this.#failure === undefined;
  }

  /** Whether it keeps flows of the object. */
  has(object: QueuedObject): boolean {
    for (const piece of this.#pieces.values()) if (piece.object.id === object.id) return true;
    return false;
  }

  encodes(sink: string): boolean {
    return this.#sinks.has(sink);
  }

  /** Resolves when the thread is ready for it, or has died. */
  know(version: number, enrichment: number, knowledge: Knowledge): Promise<void> {
    if (!this.isAlive) return Promise.resolve();
    const ready = new Promise<void>((resolve) => this.#known.set(version, resolve));
    this.#post({ kind: "know", version, enrichment, knowledge });
    return ready;
  }

  use(version: number, enrichment: number): void {
    this.#post({ kind: "use", version, enrichment });
  }

  /** As `Reader`. */
  async *read(
    source: number,
    bytes: AsyncIterable<Uint8Array>,
    what: ToRead,
    signal: AbortSignal,
  ): AsyncGenerator<EnrichedPiece> {
    if (this.#failure !== undefined) throw this.#failure;
    const id = this.#nextId();
    const send = (chunk: Uint8Array<ArrayBuffer>) =>
      this.#post({ kind: "bytes", reading: id, bytes: chunk, packed: what.needsFlows() }, [chunk.buffer]);
    const inbox = new Inbox<ReadingMessage>();
    const pump = new Pump(send);
    const reading: Reading = { what, inbox, pump };
    this.#readings.set(id, reading);
    const abort = () => inbox.fail(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    this.#post({ kind: "read", reading: id, source, origin: what.origin, options: what.options });
    void pump.run(bytes).then((broken) => this.#post({ kind: "end", reading: id, broken }));
    let isOver = false;
    try {
      for (;;) {
        signal.throwIfAborted();
        const message = await inbox.next();
        isOver = message.kind !== "piece";
        if (message.kind === "done") return;
        if (message.kind === "failed") throw pump.error ?? failureOf(message.failure);
        const held = this.#hold(message, what);
        try {
          yield pieceOf(message, what, held, this.#contexts);
        } finally {
          held.release();
        }
        this.#post({ kind: "more", reading: id });
      }
    } finally {
      signal.removeEventListener("abort", abort);
      this.#readings.delete(id);
      pump.stop();
      if (!isOver) this.#post({ kind: "stop", reading: id });
      for (const message of inbox.rest()) this.#dismiss(message);
    }
  }

  encode(sink: string, entries: readonly HeldEntry[], observed: number, coding: string | undefined): Promise<Payload> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const call = this.#nextId();
    const marks: [place: number, detections: readonly string[]][] = [];
    for (const [place, { flow }] of entries.entries()) {
      if (flow !== undefined && flow.detections !== NONE) marks.push([place, flow.detections]);
    }
    return new Promise((resolve, reject) => {
      this.#calls.set(call, { resolve, reject });
      this.#post({ kind: "encode", call, sink, runs: runsOf(entries), marks, observed, coding });
    });
  }

  release({ number }: HeldPiece): void {
    this.#pieces.delete(number);
    this.#post({ kind: "release", pieces: [number] });
  }

  /** Ends the thread; nobody is told. */
  async close(): Promise<void> {
    this.#failure ??= new Failure("object", "thread-died", "the threads have ended");
    await this.#worker.terminate();
  }

  #nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  #post(message: ToThread, transfer: readonly ArrayBuffer[] = []): void {
    if (this.isAlive) this.#worker.postMessage(message, transfer);
  }

  #take(message: FromThread): void {
    switch (message.kind) {
      case "ready":
        this.#known.get(message.version)?.();
        this.#known.delete(message.version);
        return;
      case "took":
        this.#readings.get(message.reading)?.pump.took(message.chunks);
        return;
      case "piece":
      case "done":
      case "failed": {
        const reading = this.#readings.get(message.reading);
        if (reading === undefined) this.#dismiss(message);
        else reading.inbox.add(message);
        return;
      }
      case "encoded": {
        const { call, records, parts, coding } = message;
        this.#calls.get(call)?.resolve({ records, parts, coding });
        this.#calls.delete(call);
        return;
      }
      case "refused":
        this.#calls.get(message.call)?.reject(failureOf(message.failure));
        this.#calls.delete(message.call);
        return;
      case "prepare": {
        const { call, enrichment, contexts } = message;
        void this.#events.prepare(enrichment, contexts).then(() => this.#post({ kind: "prepared", call }));
      }
    }
  }

  #hold({ piece: number }: PieceMessage, { object }: ToRead): HeldPiece {
    this.hasRead = true;
    const piece = new HeldPiece(this, number, object);
    this.#pieces.set(number, piece);
    return piece;
  }

  /** Nobody wants the piece any more. */
  #dismiss(message: ReadingMessage): void {
    if (message.kind === "piece") this.#post({ kind: "release", pieces: [message.piece] });
  }

  #died(reason: string): void {
    if (this.#failure !== undefined) return;
    const failure = new Failure("object", "thread-died", `the thread that read it has ended, and it is read again: ${reason}`);
    this.#failure = failure;
    const all = [
      ...[...this.#readings.values()].map(({ what }) => what.object),
      ...[...this.#pieces.values()].map(({ object }) => object),
    ];
    this.#events.onDeath(this, [...new Map(all.map((object) => [object.id, object])).values()], failure);
    for (const { inbox } of this.#readings.values()) inbox.fail(failure);
    for (const { reject } of this.#calls.values()) reject(failure);
    for (const resolve of this.#known.values()) resolve();
  }
}

/** A piece with an entry for each of its flows. */
function pieceOf(message: PieceMessage, { origin }: ToRead, held: HeldPiece, contexts: ContextPool): EnrichedPiece {
  const { bad, quality, skipped, through, records, times, wanted: shipped, packed } = message;
  const copies = packed && unpack(packed, contexts);
  const flows: HeldEntry[] = [];
  for (let index = 0; index < records.length; index++) {
    flows.push(new Held(origin, records[index] as number, times[index] as number, held, index, copies?.[index]));
  }
  const wanted = shipped === undefined ? flows : flows.filter(({ index }) => shipped[index] === 1);
  return { flows, bad, quality, skipped, through, wanted };
}

/** Where the entries stand: neighbours of one piece are one run. */
function runsOf(entries: readonly HeldEntry[]): Run[] {
  const runs: [number, number, number][] = [];
  let last: [number, number, number] | undefined;
  for (const { piece, index } of entries) {
    if (last !== undefined && last[0] === piece.number && last[2] === index) last[2] = index + 1;
    else {
      last = [piece.number, index, index + 1];
      runs.push(last);
    }
  }
  return runs;
}
