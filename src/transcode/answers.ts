import type { Enricher } from "../contracts/enricher.ts";
import { enricherOf } from "../enrich/chain.ts";
import { RANKS } from "../enrich/initiator.ts";
import type { AddressAnswer } from "../enrich/tables/address-book.ts";
import type { Tables } from "../enrich/tables/tables.ts";
import { EMPTY_CONTEXT, Flow, type FlowContext } from "../flow/flow.ts";
import { type Origin, originOf } from "../flow/origin.ts";
import { TYPES } from "../flow/types.ts";
import { isAddress } from "../formats/addresses.ts";
import { hasPorts, RECORD_CLASSES, type RecordClass } from "../schemas/record.ts";
import type { Attribute, Schema } from "../schemas/schema.ts";
import type { Plan, Step } from "../sinks/otlp/plan.ts";
import { protobuf } from "../sinks/otlp/protobuf.ts";
import { delimited } from "../sinks/otlp/wire.ts";
import type { Functions, Host, KernelInstance, Places } from "./instance.ts";
import { OF_DESTINATION, OF_SOURCE, OF_SUBNET, unwritten, VALUES } from "./layout.ts";

const { encodeAttribute } = protobuf;
const [ZONES, DIRECTIONS, INITIATORS] = [
  TYPES.zone.words,
  ["unknown", "egress", "ingress"],
  ["unknown", "source", "destination"],
] as const;
/** A text in a block of metadata that is another one in each record. */
const CHANGING = Buffer.from('"ingestedtime":"');
const [QUOTE, BACKSLASH, OPEN] = [0x22, 0x5c, 0x7b];
/** Shortest run of bytes that the kernel compares. */
const SHORTEST = 16;
/** Longest attributes of a context, of an end, and of a service, in bytes: with them a record has no more than the kernel's longest. */
const LONGEST_CONTEXT = 8192;
const LONGEST_END = 2048;
const LONGEST_SERVICE = 1024;
const LONGEST_PROTOCOL = 12;
/** So much is copied behind a block. */
const PADDING = 16;
/** Most answers of the tables that are remembered. */
const MOST_KNOWN = 65_536;
/** To describe a block of metadata costs as much as so many records that are taken by it save. */
const COST = 4;
const MOST_CREDIT = 256;
/** What a record earns that is left without credit: so none is spent for ever on blocks that do not come again. */
const RELIEF = COST / 32;

/** What the kernel asks about and is told, by the program's own code. Its memory is bounded: when it is full all of it is forgotten. */
export class Answers implements Host {
  readonly #plan: Plan;
  readonly #memory: Buffer;
  readonly #places: Places;
  readonly #functions: Functions;
  readonly #unwritten: readonly Attribute[];
  readonly #ends: readonly (readonly Step[])[];
  readonly #ofSubnet: readonly Step[];
  readonly #origin: Origin = originOf("", "", "");
  readonly #blocks = new Map<string, number>();
  readonly #numbers = new Map<FlowContext, number>();
  readonly #subnets = new Map<string, number>();
  readonly #known = new Map<AddressAnswer, { readonly source: number; readonly destination: number }>();
  /** Stands for flows with one address at both ends. */
  readonly #probe = new Flow(originOf("", "", ""), 1, EMPTY_CONTEXT, 0);
  /** A context of each subnet; number 0 is none that the tables know. */
  readonly #contexts: FlowContext[] = [];
  /** An address of each zone and family. */
  readonly #samples = new Map<number, string>();
  #tables: Tables | undefined;
  #enrich: Enricher = () => {};
  #free = 0;
  #credit = MOST_CREDIT;
  /** An answer had no room. */
  isFull = false;
  /** The contexts of the records that were taken, by their numbers, as an enriched flow of each. */
  readonly described: Flow[] = [];

  constructor(schema: Schema, plan: Plan, { memory, places, functions }: KernelInstance) {
    this.#plan = plan;
    this.#memory = memory;
    this.#places = places;
    this.#functions = functions;
    this.#unwritten = unwritten(schema);
    const stepsOf = (names: readonly string[]) => plan.steps.filter(({ name }) => names.includes(name));
    this.#ends = [stepsOf(OF_SOURCE), stepsOf(OF_DESTINATION)];
    this.#ofSubnet = stepsOf(OF_SUBNET);
  }

  isUsing(tables: Tables): boolean {
    return tables === this.#tables;
  }

  /** Answers from these tables alone from now on. To be called when all records that were taken are fetched. */
  use(tables: Tables): void {
    if (this.isUsing(tables)) return;
    this.#tables = tables;
    this.#enrich = enricherOf(tables);
    this.forget();
  }

  /** Begins anew. To be called when all records that were taken are fetched. */
  forget(): void {
    const places = this.#places;
    const { PROTOCOLS, TEMPLATES, ENTRY, TAKEN, ARENA } = places;
    const memory = this.#memory;
    // New memory is empty.
    if (this.#free > 0) {
      // What stands in between is said of an object, and stays.
      memory.fill(0, PROTOCOLS, TEMPLATES);
      memory.fill(0, ENTRY, TAKEN);
    }
    this.#free = ARENA;
    this.#credit = MOST_CREDIT;
    this.isFull = false;
    for (const map of [this.#blocks, this.#numbers, this.#subnets, this.#known, this.#samples]) map.clear();
    this.#contexts.splice(0, Number.POSITIVE_INFINITY, EMPTY_CONTEXT);
    this.described.length = 0;
    for (const [index, name] of VALUES.entries()) {
      const head = encodeAttribute(name, 0).subarray(0, name.length + 6);
      memory.set(head, TEMPLATES + index * 64);
    }
    memory.set(RANKS, places.RANKS);
    const tails = [0, 1].map((index) => this.#block(this.#tailOf(RECORD_CLASSES[index] as RecordClass)));
    this.#functions.setTails(...(tails as [number, number]));
  }

  /** What the record writer ends records with; when they are observed is said when they are sent. */
  #tailOf({ eventName }: RecordClass): Buffer {
    const version = encodeAttribute("flow.lookups.version", this.#tables?.version);
    return Buffer.concat([version, Buffer.of(0x59), Buffer.alloc(8), delimited(12, Buffer.from(eventName))]);
  }

  /** Room for so many bytes; 0 where there is none. */
  #take(length: number): number {
    const at = this.#free;
    const next = at + Math.ceil((length + PADDING) / 16) * 16;
    if (next > this.#places.ARENA_END) {
      this.isFull = true;
      return 0;
    }
    this.#free = next;
    return at;
  }

  #copy(bytes: Uint8Array): number {
    const at = this.#take(bytes.length);
    if (at !== 0) this.#memory.set(bytes, at);
    return at;
  }

  /** Equal blocks are one. */
  #block(bytes: Buffer): number {
    const key = bytes.toString("latin1");
    const known = this.#blocks.get(key);
    if (known !== undefined) return known;
    const at = this.#take(4 + bytes.length);
    if (at === 0) return 0;
    this.#memory.writeUInt32LE(bytes.length, at);
    this.#memory.set(bytes, at + 4);
    this.#blocks.set(key, at);
    return at;
  }

  #words(words: readonly number[]): number {
    const at = this.#take(4 * words.length);
    if (this.isFull) return 0;
    for (const [index, word] of words.entries()) this.#memory.writeUInt32LE(word, at + 4 * index);
    return at;
  }

  /** So many records were taken. */
  earn(records: number): void {
    this.#credit = Math.min(MOST_CREDIT, this.#credit + records);
  }

  /** Describes the block of metadata at these places of the kernel's memory, by what the program made of its record. */
  describe(from: number, to: number, flow: Flow): void {
    const block = this.#memory.subarray(from, to);
    const marker = block.indexOf(CHANGING);
    if (marker === -1 || block.includes(BACKSLASH) || block.lastIndexOf(CHANGING) !== marker) return;
    // The kernel takes the first bracket that closes for the block's.
    if (block.lastIndexOf(OPEN) !== 0) return;
    const before = block.subarray(0, marker + CHANGING.length);
    const after = block.subarray(block.indexOf(QUOTE, before.length));
    if (before.length < SHORTEST || after.length < SHORTEST || flow.status !== "OK") return;
    if (this.#credit < COST) {
      this.#credit += RELIEF;
      return;
    }
    this.#credit -= COST;
    this.#enrich(flow);
    if (this.#saysMore(flow)) return;
    const [attributes, ofSubnet] = [this.#plan.encodeContext(flow), attributesOf(this.#ofSubnet, flow)];
    if (attributes.length + ofSubnet.length > LONGEST_CONTEXT) return;
    const ofContext = [this.#numberOf(flow), this.#subnetOf(flow.context), this.#block(attributes), this.#block(ofSubnet)];
    const known = this.#words([this.#copy(before), before.length, this.#copy(after), after.length, ...ofContext]);
    if (this.isFull) return;
    this.#functions.describe(from, to, known);
  }

  /** Whether an attribute of the flow is none that the kernel writes. */
  #saysMore(flow: Flow): boolean {
    for (const { get } of this.#unwritten) if (get(flow) !== undefined) return true;
    return false;
  }

  #numberOf(flow: Flow): number {
    const known = this.#numbers.get(flow.context);
    if (known !== undefined) return known;
    const number = this.described.push(flow) - 1;
    this.#numbers.set(flow.context, number);
    return number;
  }

  #subnetOf(context: FlowContext): number {
    const { subnet } = context;
    if (subnet === undefined || !this.#tables?.subnets.has(subnet)) return 0;
    const known = this.#subnets.get(subnet);
    if (known !== undefined) return known;
    const number = this.#contexts.push(context) - 1;
    this.#subnets.set(subnet, number);
    return number;
  }

  address(place: number, length: number, subnet: number): number {
    const text = this.#memory.toString("latin1", place, place + length);
    if (!isAddress(text)) return 0;
    const flow = this.#probe;
    flow.context = this.#contexts[subnet] as FlowContext;
    flow.sourceAddress = text;
    flow.destinationAddress = text;
    this.#enrich(flow);
    const { IPV6, INSIDE } = this.#places;
    const family = text.includes(":") ? IPV6 : 0;
    const zone = ZONES.indexOf(flow.sourceZone as (typeof ZONES)[number]);
    this.#samples.set(family | zone, text);
    const ends = this.#saysMore(flow) ? undefined : this.#endsOf(flow);
    if (ends === undefined) return 0;
    const marks = family | zone | (flow.direction === "egress" ? INSIDE : 0);
    this.#memory.writeUInt32LE(marks, place + 48);
    this.#memory.writeUInt32LE(ends.source, place + 52);
    this.#memory.writeUInt32LE(ends.destination, place + 56);
    return 1;
  }

  /** The blocks of attributes of an address as source and as destination. Of most addresses the tables say the same. */
  #endsOf(flow: Flow): { readonly source: number; readonly destination: number } | undefined {
    const answer = this.#tables?.addresses.source;
    const hasGeo = flow.sourceCountry !== undefined || flow.sourceAsNumber !== undefined;
    const known = hasGeo || answer === undefined ? undefined : this.#known.get(answer);
    if (known !== undefined) return known;
    const [source = 0, destination = 0] = this.#ends.map((steps) => {
      const bytes = attributesOf(steps, flow);
      return bytes.length > LONGEST_END ? 0 : this.#block(bytes);
    });
    if (source === 0 || destination === 0) return undefined;
    const ends = { source, destination };
    if (hasGeo || answer === undefined) return ends;
    if (this.#known.size === MOST_KNOWN) this.#known.clear();
    this.#known.set(answer, ends);
    return ends;
  }

  protocol(number: number, nameAt: number, length: number): number {
    const name = this.#memory.toString("latin1", nameAt, nameAt + length);
    // Ports of these are shown, but have no names.
    if (hasPorts(number) && !hasNamedPorts(number)) return 0;
    if (length > LONGEST_PROTOCOL || !/^[A-Za-z0-9-]+$/.test(name)) return 0;
    const attributes = [encodeAttribute("flow.protocol.number", number), encodeAttribute("flow.protocol.name", name)];
    const texts = ["accept", "reject"].map((action) => this.#block(Buffer.from(`${action} ${name.toLowerCase()} `)));
    const blocks = [this.#block(Buffer.concat(attributes)), ...texts];
    if (blocks.includes(0)) return 0;
    const at = this.#places.PROTOCOLS + number * 64;
    this.#memory.write(name, at, "latin1");
    for (const [index, word] of [length, ...blocks, hasNamedPorts(number) ? 1 : 0].entries()) {
      this.#memory.writeUInt32LE(word, at + 16 + 4 * index);
    }
    return 1;
  }

  service(port: number, isUdp: number): number {
    const name = this.#tables?.ports.name(port, isUdp === 1 ? UDP : TCP);
    if (name === undefined) return this.#places.NAMELESS;
    const ends = ["source", "destination"].map((end) => encodeAttribute(`flow.${end}.service`, name));
    if (ends.some(({ length }) => length > LONGEST_SERVICE)) return 0;
    return this.#words(ends.map((attribute) => this.#block(attribute)));
  }

  /** The key is that of `event` in `kernel/events.as`. */
  combined(key: number): number {
    const { IPV6 } = this.#places;
    const family = (key & 2) === 2 ? IPV6 : 0;
    const flow = this.#flow(EMPTY_CONTEXT);
    flow.action = (key & 1) === 1 ? "reject" : "accept";
    flow.protocol = [ICMP, TCP, UDP][(key >> 2) & 3];
    flow.sourceAddress = this.#samples.get(((key >> 6) & 7) | family);
    flow.destinationAddress = this.#samples.get(((key >> 9) & 7) | family);
    this.#enrich(flow);
    flow.initiator = INITIATORS[(key >> 4) & 3] ?? "unknown";
    flow.direction = DIRECTIONS[(key >> 12) & 3] ?? "unknown";
    this.#plan.read(flow);
    return this.#block(Buffer.from(this.#plan.combined(flow)));
  }

  #flow(context: FlowContext): Flow {
    return new Flow(this.#origin, 1, context, 0);
  }
}

const [ICMP, TCP, UDP] = [1, 6, 17];
const hasNamedPorts = (protocol: number) => protocol === TCP || protocol === UDP;

function attributesOf(steps: readonly Step[], flow: Flow): Buffer {
  return Buffer.concat(steps.flatMap(({ get, encode }) => (get(flow) === undefined ? [] : encode(get(flow)))));
}
