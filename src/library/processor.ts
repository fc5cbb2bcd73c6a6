import type { LogRecordProcessor, ReadWriteLogRecord } from "@opentelemetry/sdk-logs";
import { z } from "zod";
import { enricherOf } from "../enrich/chain.ts";
import { lookupOptions } from "../enrich/tables/options.ts";
import { type LookupEvent, type TableWatch, watchTables } from "../enrich/tables/reload.ts";
import type { Tables } from "../enrich/tables/tables.ts";
import { GETTERS } from "../flow/access.ts";
import { FIELD_NAMES, isFrom } from "../flow/fields.ts";
import { EMPTY_CONTEXT, Flow } from "../flow/flow.ts";
import { originOf } from "../flow/origin.ts";
import { UsageError } from "../lib/errors.ts";
import { loadSchema } from "../schemas/load.ts";
import type { Schema } from "../schemas/schema.ts";
import { attributesOf } from "../sinks/log-records.ts";

/** The lookup tables, by the names and in the forms of the block `enrich` of a configuration. Relative paths start from the current folder. */
export type FlowEnrichingProcessorOptions = z.input<typeof lookupOptions> & {
  /** Gets what happens to the tables: that a changed one is in use, or refused, and why. */
  readonly onEvent?: (event: LookupEvent) => void;
};

/** IANA numbers by `network.transport`. */
const PROTOCOLS: Readonly<Record<string, number>> = { tcp: 6, udp: 17 };
const DIRECTIONS: Readonly<Record<string, "ingress" | "egress">> = { receive: "ingress", transmit: "egress" };

/**
 * Adds to the log records of any OpenTelemetry program what the lookup tables know of their ends. A record that has `source.address` or
 * `destination.address`, and perhaps `source.port`, `destination.port`, `network.transport` (or `flow.protocol.number`),
 * `network.io.direction` and `flow.subnet.id`, gets the attributes that a flow has in schema `otel`: services, servers with their further
 * columns, zones, networks, direction, type of traffic. An attribute that the record has stays as it is; other records pass untouched.
 * It stands before the processor that exports. The tables are read when it is opened, and again when they change.
 */
export class FlowEnrichingProcessor implements LogRecordProcessor {
  readonly #watch: TableWatch;
  readonly #schema: Schema;
  readonly #added: Schema["attributes"];
  readonly #origin = originOf("opentelemetry", "", "");
  #tables: Tables;
  #enrich: ReturnType<typeof enricherOf>;

  private constructor(watch: TableWatch) {
    this.#watch = watch;
    this.#schema = loadSchema("otel", ".");
    const fields = FIELD_NAMES.filter((name) => isFrom(name, "enrichment") || name === "ioDirection");
    const getters = new Set<unknown>(fields.map((name) => GETTERS[name]));
    this.#added = this.#schema.attributes.filter(({ get }) => getters.has(get));
    this.#tables = watch.tables;
    this.#enrich = enricherOf(watch.tables);
  }

  /** Reads the tables. Throws UsageError with file and line for one that is wrong, and for options that are. */
  static async open({ onEvent = () => {}, ...options }: FlowEnrichingProcessorOptions = {}): Promise<FlowEnrichingProcessor> {
    const parsed = lookupOptions.safeParse(options);
    if (!parsed.success) throw new UsageError("bad-options", `FlowEnrichingProcessor: ${z.prettifyError(parsed.error)}`);
    return new FlowEnrichingProcessor(await watchTables(parsed.data, onEvent));
  }

  onEmit(record: ReadWriteLogRecord): void {
    const flow = this.#flowOf(record.attributes);
    if (flow === undefined) return;
    if (this.#watch.tables !== this.#tables) {
      this.#tables = this.#watch.tables;
      this.#enrich = enricherOf(this.#tables);
    }
    this.#enrich(flow);
    for (const [name, value] of Object.entries(attributesOf(this.#schema, this.#added, flow))) {
      if (record.attributes[name] === undefined) record.setAttribute(name, value);
    }
  }

  /** Nothing waits here. */
  async forceFlush(): Promise<void> {}

  /** Looks at the tables no more. */
  async shutdown(): Promise<void> {
    this.#watch.close();
  }

  /** Undefined for a record that names no address. */
  #flowOf(attributes: ReadWriteLogRecord["attributes"]): Flow | undefined {
    const text = (name: string) => textOf(attributes[name]);
    const [source, destination] = [text("source.address"), text("destination.address")];
    if (source === undefined && destination === undefined) return undefined;
    const subnet = text("flow.subnet.id");
    const flow = new Flow(this.#origin, 1, subnet === undefined ? EMPTY_CONTEXT : { ...EMPTY_CONTEXT, subnet }, 0);
    flow.sourceAddress = source;
    flow.destinationAddress = destination;
    flow.sourcePort = integerOf(attributes["source.port"], 65_535);
    flow.destinationPort = integerOf(attributes["destination.port"], 65_535);
    flow.protocol =
      integerOf(attributes["flow.protocol.number"], 255) ?? PROTOCOLS[text("network.transport")?.toLowerCase() ?? ""];
    flow.directionLogged = DIRECTIONS[text("network.io.direction") ?? ""];
    return flow;
  }
}

const textOf = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined);

/** Numbers are written as text by some. */
function integerOf(value: unknown, most: number): number | undefined {
  const number = typeof value === "string" && /^\d{1,5}$/.test(value) ? Number(value) : value;
  return typeof number === "number" && Number.isInteger(number) && number >= 0 && number <= most ? number : undefined;
}
