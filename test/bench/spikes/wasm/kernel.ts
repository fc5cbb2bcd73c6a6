import type { Flow } from "../../../../src/flow/flow.ts";
import type { Origin } from "../../../../src/flow/origin.ts";
import { Bytes } from "../../../../src/sinks/otlp/bytes.ts";
import type { RecordWriter } from "../../../../src/sinks/otlp/encoder.ts";
import { protobuf } from "../../../../src/sinks/otlp/protobuf.ts";
import { Answers, type Places } from "./answers.ts";
import type { Instantiate } from "./build.ts";
import { DECODING, type Product, REQUEST_RECORDS } from "./product.ts";

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  setMost(records: number): void;
  setObject(record: number, uid: number): void;
  setRecord(record: number): void;
  getRecord(): number;
  getStopped(): number;
  getCount(): number;
  getWritten(): number;
  scan(at: number, end: number): number;
  add(context: number, at: number, length: number): void;
  write(acceptTail: number, rejectTail: number, scope: number): number;
}

/** Why the kernel has stopped: all is read, the request is full, or what follows is none of its lines, or not all of one. */
const [READ, FULL] = [0, 1];
const NEWLINE = 0x0a;
/** Objects of which a request may hold records. */
const UIDS = 2048;
const FIRST_CAPACITY = 2 * 1024 * 1024;

export interface Request {
  readonly records: number;
  readonly bytes: Buffer<ArrayBuffer>;
}

/** Lines in, requests out: the kernel with its memory, and the program for whatever lines it leaves. */
export class Kernel {
  readonly #product: Product;
  readonly #exports: Exports;
  readonly #memory: Buffer;
  readonly #places: Places;
  readonly #answers: Answers;
  readonly #record: RecordWriter;
  readonly #onRequest: (request: Request) => void;
  readonly #scratch = new Bytes(new ArrayBuffer(64 * 1024));
  readonly #free: Buffer<ArrayBuffer>[] = [];
  #origin: Origin | undefined;
  #objects = 0;
  /** Bytes of the next line that are at hand already. */
  #held = 0;
  #foreign: number;
  #observed = 0;
  /** Lines that the kernel has left. */
  left = 0;

  constructor(instantiate: Instantiate, product: Product, onRequest: (request: Request) => void) {
    this.#product = product;
    this.#onRequest = onRequest;
    let answers: Answers | undefined;
    const asked = (): Answers => {
      if (answers === undefined) throw new Error("the kernel asks before it is told anything");
      return answers;
    };
    const host = {
      block: (line: number, from: number, to: number) => asked().block(line, from, to),
      address: (at: number, length: number) => asked().address(at, length),
      protocol: (number: number, at: number, length: number) => asked().protocol(number, at, length),
      service: (port: number, isUdp: number) => asked().service(port, isUdp),
      combined: (key: number) => asked().combined(key),
    };
    const exports = instantiate(host);
    this.#exports = exports as unknown as Exports;
    this.#memory = Buffer.from(this.#exports.memory.buffer);
    const constants = Object.entries(exports).flatMap(([name, constant]) =>
      typeof constant === "object" && constant !== null && "value" in constant ? [[name, constant.value]] : [],
    );
    this.#places = Object.fromEntries(constants) as Places;
    answers = new Answers(product, this.#memory, this.#places);
    this.#answers = answers;
    this.#record = protobuf.recordWriter(answers.plan, { body: "summary" });
    this.#foreign = this.#places.FOREIGN;
    this.#exports.setMost(REQUEST_RECORDS);
  }

  /** When the records that follow are observed, in ms since the epoch. */
  observed(ms: number): void {
    this.#observed = ms;
    this.#record.observed(ms);
  }

  /** The lines of an object follow. */
  begin(origin: Origin): void {
    this.#origin = origin;
    const at = this.#places.UIDS + (this.#objects++ % UIDS) * 64;
    this.#memory.set(protobuf.encodeAttribute("log.record.uid", `${origin.digest}00000000`).subarray(0, -8), at);
    this.#exports.setObject(0, at);
    this.#held = 0;
  }

  feed(chunk: Uint8Array): void {
    const { INPUT, INPUT_END } = this.#places;
    const end = INPUT + this.#held + chunk.length;
    if (end > INPUT_END) throw new Error("a line is longer than the kernel's memory");
    this.#memory.set(chunk, INPUT + this.#held);
    const at = this.#read(INPUT, end, false);
    this.#held = end - at;
    this.#memory.copyWithin(INPUT, at, end);
  }

  /** No line of the object follows. */
  end(): void {
    const { INPUT } = this.#places;
    this.#read(INPUT, INPUT + this.#held, true);
    this.#held = 0;
  }

  #read(from: number, end: number, isFinal: boolean): number {
    let at = from;
    this.#answers.end = end;
    for (;;) {
      at = this.#exports.scan(at, end);
      const stopped = this.#exports.getStopped();
      if (stopped === READ) return at;
      if (stopped === FULL) this.flush();
      else {
        const newline = this.#memory.indexOf(NEWLINE, at);
        const isWhole = newline !== -1 && newline < end;
        if (!isWhole && !isFinal) return at;
        const lineEnd = isWhole ? newline : end;
        this.#leave(Buffer.from(this.#memory.subarray(at, lineEnd)));
        at = lineEnd;
      }
    }
  }

  /** Has the program decode a line, enrich its flows and write their records. */
  #leave(line: Buffer): void {
    this.left++;
    const record = this.#exports.getRecord();
    const decoded = this.#product.format.decodeMessage?.(line, this.#origin as Origin, {
      ...DECODING,
      skip: record,
      leftOut: record,
    });
    if (decoded === undefined) throw new Error("the program cannot decode the line by itself");
    this.#exports.setRecord(decoded.through);
    for (const flow of decoded.flows) this.#add(flow);
  }

  #add(flow: Flow): void {
    if (this.#exports.getCount() === REQUEST_RECORDS) this.flush();
    this.#product.enrich(flow);
    this.#scratch.position = 0;
    this.#record.write(this.#scratch, flow, this.#answers.plan.encodeContext(flow));
    const { bytes, position } = this.#scratch;
    if (this.#foreign + position > this.#places.INPUT) throw new Error("too many records of one request are left to the program");
    this.#memory.set(bytes.subarray(0, position), this.#foreign);
    this.#exports.add(this.#answers.contextOf(flow), this.#foreign, position);
    this.#foreign += position;
  }

  /** Hands out the request at hand, if it has records. */
  flush(): void {
    const records = this.#exports.getCount();
    if (records === 0) return;
    this.#answers.observed(this.#observed);
    const end = this.#exports.write(...this.#answers.tails, this.#answers.scope);
    if (end === 0) throw new Error("the request is larger than the kernel's memory");
    const start = this.#exports.getWritten();
    const length = end - start;
    let room = this.#free.pop();
    if (room === undefined || room.length < length) room = Buffer.allocUnsafeSlow(Math.max(FIRST_CAPACITY, length));
    this.#memory.copy(room, 0, start, end);
    this.#foreign = this.#places.FOREIGN;
    this.#onRequest({ records, bytes: room.subarray(0, length) });
  }

  /** To be called when nobody reads the request any more. */
  recycle({ bytes }: Request): void {
    this.#free.push(Buffer.from(bytes.buffer));
  }
}
