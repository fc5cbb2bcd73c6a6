import type { Entry } from "../contracts/entry.ts";
import type { EnrichedPiece } from "../delivery/reader.ts";
import type { Flow } from "../flow/flow.ts";
import { pack } from "../flow/pack.ts";
import { decodedOf } from "./entries.ts";
import { plainOf } from "./failures.ts";
import type { FromThread } from "./messages.ts";

/** So many pieces may be under way before the first of them is asked for. */
const AHEAD = 3;
/** Chunks are reported when so many were taken. */
const REPORTED = 4;
/** Pieces of a decoder are gathered until they have so many flows, or so many other records. */
const FLOWS = 1_000;
const OTHERS = 4_000;

export type Post = (message: FromThread, transfer?: readonly ArrayBuffer[]) => void;

/** Bytes as they came, with what was in use then. */
interface Chunk<State> {
  readonly bytes: Uint8Array;
  readonly packed: boolean;
  readonly state: State;
}

/** One reading of an object in a thread: takes the bytes that come, and posts pieces as fast as they are asked for. */
export class ThreadReading<State> {
  readonly #id: number;
  readonly #post: Post;
  /** Keeps the flows of a piece, and gives its number. */
  readonly #keep: (flows: readonly Entry[]) => number;
  readonly #chunks: Chunk<State>[] = [];
  #taken = 0;
  #end: "open" | "whole" | "broken" = "open";
  #stopped = false;
  #credit = AHEAD;
  #wake = () => {};
  #packed = false;
  #state: State | undefined;

  constructor(id: number, post: Post, keep: (flows: readonly Entry[]) => number) {
    this.#id = id;
    this.#post = post;
    this.#keep = keep;
  }

  /** Whether what is decoded of these bytes is sent along. */
  get packs(): boolean {
    return this.#packed;
  }

  /** What was in use when the bytes came that are being decoded. */
  get state(): State {
    if (this.#state === undefined) throw new Error("nothing has come");
    return this.#state;
  }

  add(chunk: Chunk<State>): void {
    this.#chunks.push(chunk);
    this.#wake();
  }

  end(broken: boolean): void {
    this.#end = broken ? "broken" : "whole";
    this.#wake();
  }

  more(): void {
    this.#credit += 1;
    this.#wake();
  }

  stop(): void {
    this.#stopped = true;
    this.#wake();
  }

  /** Posts what the stages make of the bytes; settles when it has posted that it is done, has failed, or was stopped. */
  async run(read: (bytes: AsyncIterable<Uint8Array>) => AsyncIterable<EnrichedPiece>): Promise<void> {
    let gathered: EnrichedPiece[] = [];
    let [flows, others] = [0, 0];
    const flush = async () => {
      if (gathered.length === 0) return;
      const message = this.#messageOf(gathered);
      gathered = [];
      [flows, others] = [0, 0];
      this.#credit -= 1;
      this.#post(...message);
      while (this.#credit <= 0 && !this.#stopped) await this.#change();
    };
    try {
      for await (const piece of read(this.#bytes())) {
        gathered.push(piece);
        flows += piece.flows.length;
        others +=
          piece.bad.length + piece.quality.length + Object.values(piece.skipped).reduce((sum, one) => sum + one.length, 0);
        if (flows >= FLOWS || others >= OTHERS) await flush();
        if (this.#stopped) return;
      }
      await flush();
      if (!this.#stopped) this.#post({ kind: "done", reading: this.#id });
    } catch (error) {
      if (this.#stopped) return;
      await flush();
      this.#post({ kind: "failed", reading: this.#id, failure: plainOf(error) });
    }
  }

  async *#bytes(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const chunk = this.#chunks.shift();
      if (this.#stopped) throw new Error("the reading was stopped");
      if (chunk !== undefined) {
        this.#state = chunk.state;
        this.#packed = chunk.packed;
        this.#taken += 1;
        if (this.#taken === REPORTED) {
          this.#post({ kind: "took", reading: this.#id, chunks: this.#taken });
          this.#taken = 0;
        }
        yield chunk.bytes;
      } else if (this.#end === "whole") return;
      else if (this.#end === "broken") throw new Error("the bytes broke off");
      else await this.#change();
    }
  }

  async #change(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }

  #messageOf(pieces: readonly EnrichedPiece[]): Parameters<Post> {
    const flows = pieces.flatMap((piece) => piece.flows);
    const isAll = pieces.every((piece) => piece.wanted.length === piece.flows.length);
    const shipped = isAll ? undefined : new Set(pieces.flatMap((piece) => piece.wanted));
    const skipped: Record<string, number[]> = {};
    for (const piece of pieces) {
      for (const [type, records] of Object.entries(piece.skipped)) {
        const known = skipped[type];
        if (known === undefined) skipped[type] = [...records];
        else for (const record of records) known.push(record);
      }
    }
    const records = Float64Array.from(flows, ({ record }) => record);
    const times = Float64Array.from(flows, ({ time }) => time);
    const wanted = shipped && Uint8Array.from(flows, (flow) => (shipped.has(flow) ? 1 : 0));
    const packed = this.#packed ? packedOf(flows) : undefined;
    const message: FromThread = {
      kind: "piece",
      reading: this.#id,
      piece: this.#keep(flows),
      bad: pieces.flatMap(({ bad }) => bad),
      quality: pieces.flatMap(({ quality }) => quality),
      skipped,
      through: pieces.at(-1)?.through ?? 0,
      records,
      times,
      wanted,
      packed,
    };
    const transfer = [
      records.buffer,
      times.buffer,
      ...(wanted === undefined ? [] : [wanted.buffer]),
      ...(packed === undefined ? [] : [packed]),
    ];
    return [message, transfer];
  }
}

/** Undefined where there are none, or not of all entries. */
function packedOf(entries: readonly Entry[]): ArrayBuffer | undefined {
  const flows: Flow[] = [];
  for (const entry of entries) {
    const flow = decodedOf(entry);
    if (flow === undefined) return undefined;
    flows.push(flow);
  }
  return flows.length === 0 ? undefined : pack(flows);
}
