import { type ContextDraft, type ContextField, ContextPool } from "../flow/contexts.ts";
import { FIELDS, type FieldName, isOfContext } from "../flow/fields.ts";
import { EMPTY_CONTEXT, Flow } from "../flow/flow.ts";
import type { Origin } from "../flow/origin.ts";
import type { FlowRule } from "../flow/rule.ts";
import { wordsOf } from "../flow/types.ts";
import type { FormatKind } from "../formats/format.ts";
import { isObject, NotJson, parseExactly, parseJson } from "../formats/json.ts";
import type { ListPath } from "../formats/json-scan.ts";
import { type DecodedType, KINDS, type Kind, TIME_UNITS, wordKind } from "../formats/kinds.ts";
import { loadMapping, type Rules } from "../formats/mapping.ts";
import { type Problem, show } from "../formats/problem.ts";
import { draftContext, setContext } from "../formats/record.ts";
import { decodeRecords, type Position, RecordReader } from "../formats/record-reader.ts";
import { type Span, textOf } from "../formats/span.ts";
import { TARGETS } from "../formats/targets.ts";
import { plainAttributes } from "../schemas/plain.ts";

type Setter = (flow: Flow, value: never) => void;
type Members = Readonly<Record<string, unknown>>;

/** Enriched fields that are read back, each with the kinds of its values. */
const ENRICHED: Readonly<Partial<Record<FieldName, readonly [DecodedType, Setter]>>> = {
  direction: ["direction", (flow, value: Flow["direction"]) => (flow.direction = value)],
  initiator: ["initiator", (flow, value: Flow["initiator"]) => (flow.initiator = value)],
  sourceZone: ["zone", (flow, value: Flow["sourceZone"]) => (flow.sourceZone = value)],
  destinationZone: ["zone", (flow, value: Flow["destinationZone"]) => (flow.destinationZone = value)],
  trafficType: ["trafficType", (flow, value: Flow["trafficType"]) => (flow.trafficType = value)],
  sourceService: ["string", (flow, value: string) => (flow.sourceService = value)],
  destinationService: ["string", (flow, value: string) => (flow.destinationService = value)],
  sourceServer: ["string", (flow, value: string) => (flow.sourceServer = value)],
  destinationServer: ["string", (flow, value: string) => (flow.destinationServer = value)],
  subnetName: ["string", (flow, value: string) => (flow.subnetName = value)],
  lookupsVersion: ["string", (flow, value: string) => (flow.lookupsVersion = value)],
};

function kindOf(type: DecodedType): Kind {
  if (type === "time") return TIME_UNITS.ms;
  const words = wordsOf(type);
  return words === undefined
    ? KINDS[type as keyof typeof KINDS]
    : wordKind(`bad-${type}`, Object.fromEntries(words.map((word) => [word, word])));
}

/** How one attribute is read back. */
export interface Attribute {
  readonly name: string;
  readonly kind: Kind;
  readonly set: (flow: Flow, draft: ContextDraft, value: never) => void;
  /** It is the same for all flows of a network interface. */
  readonly ofContext?: boolean;
}

function attributeOf(name: string, field: FieldName): Attribute[] {
  const target = TARGETS[field];
  if (target !== undefined) return [{ name, kind: kindOf(target.type), set: (flow, _draft, value) => target.set(flow, value) }];
  const enriched = ENRICHED[field];
  if (enriched !== undefined) {
    const [type, set] = enriched;
    return [{ name, kind: kindOf(type), set: (flow, _draft, value) => void set(flow, value) }];
  }
  if (!isOfContext(field)) return [];
  const own = field as ContextField;
  const set: Attribute["set"] = (_flow, draft, value) => {
    draft[own] = value;
  };
  return [{ name, kind: kindOf(FIELDS[own].type), set, ofContext: true }];
}

/** The attributes of schema `otel` that are read back. */
export const otelAttributes = (): Attribute[] =>
  [...plainAttributes("otel")].flatMap(([name, field]) => attributeOf(name, field));

/** A line of an `ndjson` sink in schema `otel`, read back: what is not read back is a column of a lookup table. */
const otelRecords: FormatKind = {
  name: "flowferry-otel",
  create() {
    const attributes = otelAttributes();
    const contexts = new ContextPool();
    return {
      recognises: ({ names }) => names?.has("observedTimestamp") === true && names.has("attributes"),
      decode: (unpacked, origin, options) =>
        decodeRecords(unpacked, new OtelReader(attributes, contexts, origin, options), options.maxRecordBytes),
    };
  },
};

/** Records of schema `seed`, one a line or in a list, as the enrichment script writes them. They have the time at which the log took them in. */
const seedRecords: FormatKind = {
  name: "flowferry-seed",
  create() {
    const { record } = loadMapping("oci-vcn");
    const contexts = new ContextPool();
    return {
      recognises: ({ names }) => names?.has("traffic_direction") === true && names.has("internal_or_external_source"),
      decode: (unpacked, origin, options) =>
        decodeRecords(unpacked, new SeedReader(record, contexts, origin, options), options.maxRecordBytes),
    };
  },
};

/** What this program, or the enrichment script, has written of flows. To be asked before the formats of logs, whose blocks stand in it. */
export const OWN_RECORDS: readonly FormatKind[] = [otelRecords, seedRecords];

abstract class OwnReader extends RecordReader {
  readonly lists: readonly ListPath[] = [];
  protected readonly contexts: ContextPool;
  readonly #origin: Origin;

  constructor(contexts: ContextPool, origin: Origin, position: Position) {
    super(position);
    this.contexts = contexts;
    this.#origin = origin;
  }

  readKnown(): number {
    return -1;
  }

  onList(): void {}
  onObjectEnd(): void {}
  onObjectLost(): void {}

  protected abstract fill(flow: Flow, record: Members, text: string): Problem | undefined;

  protected read(span: Span): Problem | undefined {
    const text = textOf(span);
    const value = parseJson(text);
    if (value instanceof NotJson) return value.problem;
    if (!isObject(value)) return { code: "not-an-object", reason: `the record is ${show(value)}, not a JSON object` };
    const flow = new Flow(this.#origin, this.record, EMPTY_CONTEXT, Number.NaN);
    const problem = this.fill(flow, value, text);
    if (problem === undefined) this.piece.flows.push(flow);
    return problem;
  }
}

class OtelReader extends OwnReader {
  readonly #attributes: readonly Attribute[];

  constructor(attributes: readonly Attribute[], contexts: ContextPool, origin: Origin, position: Position) {
    super(contexts, origin, position);
    this.#attributes = attributes;
  }

  protected fill(flow: Flow, record: Members, text: string): Problem | undefined {
    const { timestamp, attributes, resource } = record;
    const time = TIME_UNITS.rfc3339.convert(timestamp);
    if (time === undefined) return wrong("timestamp", timestamp, TIME_UNITS.rfc3339);
    if (!isObject(attributes)) return { code: "missing-field", reason: "attributes is missing" };
    flow.time = time as number;
    const draft = draftContext(undefined);
    let exact: Members | undefined;
    for (const { name, kind, set } of this.#attributes) {
      let raw = attributes[name] ?? (isObject(resource) ? resource[name] : undefined);
      if (raw === undefined || raw === null) continue;
      if (typeof raw === "number" && !Number.isSafeInteger(raw)) {
        exact ??= (parseExactly(text) as { attributes: Members }).attributes;
        raw = exact[name];
      }
      const value = kind.convert(raw);
      if (value === undefined) return wrong(name, raw, kind);
      set(flow, draft, value as never);
    }
    flow.rule = ruleOf(attributes);
    flow.context = this.contexts.intern(draft);
    return undefined;
  }
}

/** What `ruleOf` looks at. */
export const RULE_ATTRIBUTES = ["status", "kind", "list.id", "list.name", "index", "text", "stateless", "partial", "version"].map(
  (name) => `flow.rule.${name}`,
);

/** The rule that covered the flow when it was written. */
export function ruleOf(attributes: Members): FlowRule | undefined {
  const status = attributes["flow.rule.status"];
  if (status !== "matched" && status !== "reply" && status !== "unexplained") return undefined;
  const text = (name: string) => {
    const value = attributes[`flow.rule.${name}`];
    return typeof value === "string" ? value : undefined;
  };
  const { "flow.rule.index": index, "flow.rule.stateless": stateless, "flow.rule.partial": partial } = attributes;
  const words = text("text");
  return {
    status,
    kind: text("kind") as FlowRule["kind"],
    listId: text("list.id"),
    listName: text("list.name"),
    index: typeof index === "number" ? index : undefined,
    text: words,
    direction: words === undefined || status === "unexplained" ? undefined : /\begress\b/.test(words) ? "egress" : "ingress",
    stateless: typeof stateless === "boolean" ? stateless : undefined,
    partial: partial === true,
    version: text("version") ?? "",
    others: [],
  };
}

const SEED_DIRECTIONS = wordKind("bad-direction", { ingress: "ingress", egress: "egress", "N/A": "unknown" });

/** Keys of schema `seed`, with what their values are. N/A is no value. */
const SEED: readonly (readonly [key: string, kind: Kind, set: Setter])[] = [
  ...(["sourceAddress", "destinationAddress", "destinationPort", "protocol", "protocolName"] as const).map((field) => {
    const { type, set } = TARGETS[field] as (typeof TARGETS)[string];
    return [field, kindOf(type), set] as const;
  }),
  ["internal_or_external_source", kindOf("zone"), (flow, value: Flow["sourceZone"]) => (flow.sourceZone = value)],
  ["internal_or_external_destination", kindOf("zone"), (flow, value: Flow["sourceZone"]) => (flow.destinationZone = value)],
  ["traffic_direction", SEED_DIRECTIONS, (flow, value: Flow["direction"]) => (flow.direction = value)],
];

class SeedReader extends OwnReader {
  readonly #rules: Rules;

  constructor(rules: Rules, contexts: ContextPool, origin: Origin, position: Position) {
    super(contexts, origin, position);
    this.#rules = rules;
  }

  protected fill(flow: Flow, record: Members): Problem | undefined {
    for (const [key, kind, set] of SEED) {
      const raw = record[key];
      if (raw === undefined || raw === null || (raw === "N/A" && key !== "traffic_direction")) continue;
      const value = kind.convert(raw);
      if (value === undefined) return wrong(key, raw, kind);
      set(flow, value as never);
    }
    const { oracle } = record;
    if (isObject(oracle)) flow.time = (TIME_UNITS.rfc3339.convert(oracle.ingestedtime) as number | undefined) ?? Number.NaN;
    const draft = draftContext(isObject(oracle) ? "oracle_cloud" : undefined);
    const problem = setContext(this.#rules, draft, record);
    if (problem === undefined) flow.context = this.contexts.intern(draft);
    return problem;
  }
}

export function wrong(name: string, raw: unknown, { code, expected }: Kind): Problem {
  return { code, reason: `${name}: ${show(raw)} is not ${expected}` };
}
