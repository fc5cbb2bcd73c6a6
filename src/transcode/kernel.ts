import type { Tables } from "../enrich/tables/tables.ts";
import type { Flow } from "../flow/flow.ts";
import type { Origin } from "../flow/origin.ts";
import type { Schema } from "../schemas/schema.ts";
import type { Plan } from "../sinks/otlp/plan.ts";
import { protobuf } from "../sinks/otlp/protobuf.ts";
import { Answers } from "./answers.ts";
import { FULL, type Functions, instantiate, type KernelInstance, LEFT } from "./instance.ts";

/** Records that the kernel has taken, in its memory: valid until the call returns. */
export interface Taken {
  readonly count: number;
  /** The records, one after the other. */
  readonly bytes: Buffer;
  /** Where the record of this place ends in `bytes`. */
  end(place: number): number;
  number(place: number): number;
  /** In seconds since the epoch. */
  time(place: number): number;
  /** A flow of the same context, enriched. */
  flow(place: number): Flow;
}

/** Who reads an object with the kernel. */
export interface Owner {
  readonly origin: Origin;
  /** Takes over what was taken of the object. */
  keep(taken: Taken): void;
}

/** The kernel with its memory. It serves objects by turns. */
export class Kernel {
  readonly #instance: KernelInstance;
  readonly #functions: Functions;
  readonly #answers: Answers;
  #owner: Owner | undefined;
  /** The bytes that were copied last, from one place up to another. */
  #buffer: Buffer | undefined;
  #from = 0;
  #to = 0;
  /** Where the event begins that was left for its block of metadata. */
  #missed = -1;

  constructor(schema: Schema, plan: Plan) {
    const asked = (): Answers => this.#answers;
    this.#instance = instantiate({
      address: (place, length, subnet) => asked().address(place, length, subnet),
      protocol: (number, at, length) => asked().protocol(number, at, length),
      service: (port, isUdp) => asked().service(port, isUdp),
      combined: (key) => asked().combined(key),
    });
    this.#functions = this.#instance.functions;
    this.#answers = new Answers(schema, plan, this.#instance);
  }

  /** Takes a record, as `RecordTaker`, with what these tables say. */
  take(owner: Owner, tables: Tables, buffer: Buffer, start: number, limit: number, record: number): number {
    if (owner !== this.#owner || !this.#answers.isUsing(tables)) this.#begin(owner, tables);
    const { INPUT } = this.#instance.places;
    if (buffer !== this.#buffer || start < this.#from || start >= this.#to) this.#load(buffer, start);
    const at = INPUT + start - this.#from;
    const end = INPUT + Math.min(limit, this.#to) - this.#from;
    let next = this.#functions.take(at, end, record);
    if (next === LEFT && this.#answers.isFull) {
      this.fetch();
      this.#answers.forget();
      next = this.#functions.take(at, end, record);
    } else if (next === FULL) {
      this.fetch();
      next = this.#functions.take(at, end, record);
    }
    this.#missed = next === LEFT ? start : -1;
    return next === LEFT ? -1 : start + next - at;
  }

  /** Learns from what was made of a record that was left. */
  learn(owner: Owner, buffer: Buffer, start: number, flow: Flow): void {
    const to = this.#functions.getMissedTo();
    if (owner !== this.#owner || buffer !== this.#buffer || start !== this.#missed || to === 0) return;
    this.#answers.describe(this.#functions.getMissedFrom(), to, flow);
  }

  /** Hands what was taken to its owner. */
  fetch(): void {
    const count = this.#functions.getTaken();
    if (count === 0) return;
    const { memory, places } = this.#instance;
    const words = new Uint32Array(memory.buffer, places.TAKEN, (count * places.T_SIZE) / 4);
    const stride = places.T_SIZE / 4;
    const word = (place: number, index: number) => words[place * stride + index] as number;
    const bytes = memory.subarray(places.OUTPUT, places.OUTPUT + word(count - 1, 0));
    this.#owner?.keep({
      count,
      bytes,
      end: (place) => word(place, 0),
      flow: (place) => this.#answers.described[word(place, 1)] as Flow,
      number: (place) => word(place, 2),
      time: (place) => word(place, 3) + word(place, 4) * 2 ** 32,
    });
    this.#answers.earn(count);
    this.#functions.fetched();
  }

  #begin(owner: Owner, tables: Tables): void {
    this.fetch();
    this.#answers.use(tables);
    this.#owner = owner;
    this.#missed = -1;
    const uid = protobuf.encodeAttribute("log.record.uid", `${owner.origin.digest}00000000`);
    this.#instance.memory.set(uid.subarray(0, -8), this.#instance.places.UID);
  }

  #load(buffer: Buffer, from: number): void {
    const { INPUT, INPUT_END } = this.#instance.places;
    this.#to = Math.min(buffer.length, from + INPUT_END - INPUT);
    this.#from = from;
    this.#buffer = buffer;
    this.#instance.memory.set(buffer.subarray(from, this.#to), INPUT);
  }
}
