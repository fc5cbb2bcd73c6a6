import { enrichInitiator } from "../../../../src/enrich/initiator.ts";
import { EMPTY_CONTEXT, Flow, type FlowContext } from "../../../../src/flow/flow.ts";
import { type Origin, originOf } from "../../../../src/flow/origin.ts";
import { TYPES } from "../../../../src/flow/types.ts";
import { isAddress } from "../../../../src/formats/addresses.ts";
import { RECORD_CLASSES, type RecordClass } from "../../../../src/schemas/record.ts";
import { createPlan, type Plan } from "../../../../src/sinks/otlp/plan.ts";
import { protobuf } from "../../../../src/sinks/otlp/protobuf.ts";
import { delimited, putNanoseconds } from "../../../../src/sinks/otlp/wire.ts";
import { DECODING, type Product, SERVICE, VERSION } from "./product.ts";

const { encodeAttribute } = protobuf;

/** Where things stand in the kernel's memory, and marks of its answers. */
export interface Places {
  readonly PROTOCOLS: number;
  readonly TEMPLATES: number;
  readonly UIDS: number;
  readonly RANKS: number;
  readonly FOREIGN: number;
  readonly INPUT: number;
  readonly INPUT_END: number;
  readonly ARENA: number;
  readonly ARENA_END: number;
  readonly VALID: number;
  readonly IPV6: number;
  readonly NAMELESS: number;
}

/** What stands in front of values, in the order in which the kernel has it. */
const HEADS = [
  "source.address",
  "source.port",
  "destination.address",
  "destination.port",
  "flow.bytes",
  "flow.packets",
  "flow.start",
  "flow.end",
  "flow.id",
];
/** Attributes of records that the kernel writes, beside those of the context and those with few values. */
const WRITTEN = new Set([
  "log.record.uid",
  ...HEADS,
  "flow.protocol.number",
  "flow.protocol.name",
  "flow.source.service",
  "flow.destination.service",
  "flow.lookups.version",
]);

const [ZONES, INITIATORS] = [TYPES.zone.words, ["unknown", "source", "destination"]] as const;
const CHANGING = Buffer.from('"ingestedtime":"');
const [QUOTE, BACKSLASH, NEWLINE] = [0x22, 0x5c, 0x0a];
/** Shortest run of bytes that the kernel compares. */
const SHORTEST = 16;
/** Longest attributes of a context with which the length of every record has two bytes. */
const LONGEST_CONTEXT = 8192;
const LONGEST_PROTOCOL = 12;
/** So much is copied behind a block. */
const PADDING = 16;

/** What the kernel asks about, answered by the program's own code. Answers stay in the kernel's memory for good: a spike's bound. */
export class Answers {
  readonly #product: Product;
  readonly #memory: Buffer;
  readonly #places: Places;
  readonly plan: Plan;
  readonly #request = protobuf.requestWriter({ name: SERVICE, version: VERSION });
  readonly #contexts = new WeakMap<FlowContext, number>();
  readonly #resources = new Map<string, number>();
  /** An address of each zone and family. */
  readonly #samples = new Map<number, string>();
  readonly #origin: Origin = originOf("spike", "spike", "spike");
  readonly scope: number;
  readonly tails: readonly [accept: number, reject: number];
  #free: number;
  /** Where the lines at hand end. */
  end = 0;

  constructor(product: Product, memory: Buffer, places: Places) {
    this.#product = product;
    this.#memory = memory;
    this.#places = places;
    this.#free = places.ARENA;
    this.plan = createPlan(product.schema, encodeAttribute);
    const scope = Buffer.concat([delimited(1, Buffer.from(SERVICE)), delimited(2, Buffer.from(VERSION))]);
    this.scope = this.#block(delimited(1, scope));
    for (const [index, name] of HEADS.entries()) {
      encodeAttribute(name, 0)
        .subarray(0, name.length + 6)
        .copy(memory, places.TEMPLATES + index * 64);
    }
    for (let port = 0; port < 65_536; port++) memory[places.RANKS + port] = this.#rankOf(port);
    this.tails = [this.#block(this.#tailOf(0, 0)), this.#block(this.#tailOf(1, 0))];
  }

  /** When the records of the request at hand are observed, in ms since the epoch. */
  observed(ms: number): void {
    for (const [index, at] of this.tails.entries()) this.#tailOf(index, ms).copy(this.#memory, at + 4);
  }

  #tailOf(index: number, observed: number): Buffer {
    const time = Buffer.alloc(9, 0x59);
    putNanoseconds(new DataView(time.buffer, time.byteOffset, time.byteLength), 1, observed);
    const { eventName } = RECORD_CLASSES[index] as RecordClass;
    const version = encodeAttribute("flow.lookups.version", this.#product.tables.version);
    return Buffer.concat([version, time, delimited(12, Buffer.from(eventName))]);
  }

  /** How likely a service listens on the port, found by asking the program about connections with ports of each rank. */
  #rankOf(port: number): number {
    const initiator = (destinationPort: number): string => {
      const flow = new Flow(this.#origin, 1, EMPTY_CONTEXT, 0);
      Object.assign(flow, { action: "accept", protocol: 6, sourcePort: port, destinationPort });
      enrichInitiator(flow);
      return flow.initiator;
    };
    return [40_000, 1000, 3306, 300, 443].findIndex((ofRank) => initiator(ofRank) === "unknown");
  }

  #take(length: number): number {
    const at = this.#free;
    this.#free += Math.ceil((length + PADDING) / 16) * 16;
    if (this.#free > this.#places.ARENA_END) throw new Error("the kernel's memory is full of answers");
    return at;
  }

  #copy(bytes: Uint8Array): number {
    const at = this.#take(bytes.length);
    this.#memory.set(bytes, at);
    return at;
  }

  #block(bytes: Uint8Array): number {
    const at = this.#take(4 + bytes.length);
    this.#memory.writeUInt32LE(bytes.length, at);
    this.#memory.set(bytes, at + 4);
    return at;
  }

  #words(words: readonly number[]): number {
    const at = this.#take(4 * words.length);
    for (const [index, word] of words.entries()) this.#memory.writeUInt32LE(word, at + 4 * index);
    return at;
  }

  contextOf(flow: Flow): number {
    let context = this.#contexts.get(flow.context);
    if (context === undefined) {
      const attributes = Buffer.concat([encodeAttribute("service.name", SERVICE), this.plan.encodeResource(flow)]);
      const key = attributes.toString("latin1");
      let resource = this.#resources.get(key);
      if (resource === undefined) {
        resource = this.#words([this.#block(this.#request.encodeResource(attributes)), 0, 0, 0, 0]);
        this.#resources.set(key, resource);
      }
      context = this.#words([this.#block(this.plan.encodeContext(flow)), resource, 0, 0, 0]);
      this.#contexts.set(flow.context, context);
    }
    return context;
  }

  block(line: number, from: number, to: number): number {
    const newline = this.#memory.indexOf(NEWLINE, to);
    const end = newline === -1 || newline > this.end ? this.end : newline;
    const block = this.#memory.subarray(from, to);
    const marker = block.indexOf(CHANGING);
    if (marker === -1 || block.includes(BACKSLASH) || block.lastIndexOf(CHANGING) !== marker) return 0;
    const before = block.subarray(0, marker + CHANGING.length);
    const after = block.subarray(block.indexOf(QUOTE, before.length));
    if (before.length < SHORTEST || after.length < SHORTEST) return 0;
    const message = Buffer.from(this.#memory.subarray(line, end));
    const [flow, ...others] = this.#product.format.decodeMessage?.(message, this.#origin, DECODING)?.flows ?? [];
    if (flow === undefined || others.length > 0 || flow.status !== "OK") return 0;
    this.#product.enrich(flow);
    const isMore = this.plan.steps.some(({ name, get }) => !WRITTEN.has(name) && get(flow) !== undefined);
    if (isMore || this.plan.encodeContext(flow).length > LONGEST_CONTEXT) return 0;
    return this.#words([this.#copy(before), before.length, this.#copy(after), after.length, this.contextOf(flow)]);
  }

  address(at: number, length: number): number {
    const text = this.#memory.toString("latin1", at, at + length);
    if (!isAddress(text)) return 0;
    const { zone, network, server, columns, approved } = this.#product.tables.addresses.get(text);
    if (network !== undefined || server !== undefined || columns !== undefined || approved !== undefined) return 0;
    const family = text.includes(":") ? this.#places.IPV6 : 0;
    const number = ZONES.indexOf(zone);
    this.#samples.set(family | number, text);
    return this.#places.VALID | family | number;
  }

  protocol(number: number, nameAt: number, length: number): number {
    const name = this.#memory.toString("latin1", nameAt, nameAt + length);
    if (length > LONGEST_PROTOCOL || !/^[A-Za-z0-9-]+$/.test(name)) return 0;
    const attributes = [encodeAttribute("flow.protocol.number", number), encodeAttribute("flow.protocol.name", name)];
    const at = this.#places.PROTOCOLS + number * 64;
    this.#memory.write(name, at, "latin1");
    const texts = ["accept", "reject"].map((action) => this.#block(Buffer.from(`${action} ${name.toLowerCase()} `)));
    const hasPorts = number === 6 || number === 17 ? 1 : 0;
    for (const [index, word] of [length, this.#block(Buffer.concat(attributes)), ...texts, hasPorts].entries()) {
      this.#memory.writeUInt32LE(word, at + 16 + 4 * index);
    }
    return 1;
  }

  service(port: number, isUdp: number): number {
    const name = this.#product.tables.ports.name(port, isUdp === 1 ? 17 : 6);
    if (name === undefined) return this.#places.NAMELESS;
    const ends = ["source", "destination"].map((end) => this.#block(encodeAttribute(`flow.${end}.service`, name)));
    return this.#words(ends);
  }

  combined(key: number): number {
    const flow = new Flow(this.#origin, 1, EMPTY_CONTEXT, 0);
    const [source, destination] = [(key >> 6) & 7, (key >> 9) & 7];
    const { IPV6 } = this.#places;
    flow.action = (key & 1) === 1 ? "reject" : "accept";
    flow.protocol = [1, 6, 17][(key >> 2) & 3];
    flow.sourceAddress = this.#samples.get(source | ((key & 2) === 2 ? IPV6 : 0));
    flow.destinationAddress = this.#samples.get(destination) ?? this.#samples.get(destination | IPV6);
    this.#product.enrich(flow);
    flow.initiator = INITIATORS[(key >> 4) & 3] ?? "unknown";
    this.plan.read(flow);
    return this.#block(this.plan.combined(flow));
  }
}
