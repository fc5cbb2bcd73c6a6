import { GETTERS, SLOTS } from "../flow/access.ts";
import { addCounters } from "../flow/counters.ts";
import { FIELD_NAMES, type FieldName, fieldOf, formOf, isOfContext } from "../flow/fields.ts";
import type { Flow } from "../flow/flow.ts";
import { type Counter, type Form, wordsOf } from "../flow/types.ts";
import type { AttributeSource, Definition, FieldSource, Variant } from "./definition.ts";
import type { Attribute, Kind, Schema, Variation } from "./schema.ts";
import { isoOf } from "./time.ts";

/** A fault of a definition, with the path of what is wrong. */
export class DefinitionFault extends Error {
  readonly path: readonly string[];

  constructor(path: readonly string[], message: string) {
    super(message);
    this.path = path;
  }
}

type Getter = (flow: Flow) => unknown;
type Value = Omit<Attribute, "name" | "fields">;

/** Turns a definition into what encoders work with. Throws DefinitionFault. */
export function compile(name: string, definition: Definition): Schema {
  const section = (key: "resource" | "attributes") =>
    Object.entries(definition[key]).map(([attribute, source]) => compileAttribute([key, attribute], attribute, source));
  const resource = section("resource");
  const attributes = section("attributes");
  for (const attribute of resource) {
    const path = ["resource", attribute.name];
    if (attribute.name === "service.name") throw new DefinitionFault(path, "service.name is the sink's option `serviceName`");
    if (attribute.varies !== "context" && attribute.varies !== "never") {
      throw new DefinitionFault(
        path,
        `a resource holds constants and fields of the context alone: ${FIELD_NAMES.filter(isOfContext).join(", ")}`,
      );
    }
  }
  if (definition.ndjson === "nested") refuseLeavesWithin(attributes);
  const held = fieldsOf(definition);
  for (const [index, field] of definition.without.entries()) {
    if (held.has(field)) throw new DefinitionFault(["without", String(index)], `${field} is not left out`);
  }
  const names = new Set(attributes.filter(({ kind }) => kind !== "columns").map((attribute) => attribute.name));
  return {
    name,
    summary: definition.summary,
    layout: definition.ndjson,
    resource,
    attributes,
    columnName: (attribute, column) => {
      const plain = attribute.name + column;
      return names.has(plain) ? `${attribute.name}column.${column}` : plain;
    },
  };
}

/** The other schema, with the attributes in the resource that the variant names. Throws DefinitionFault. */
export function compileVariant(name: string, definition: Definition, { summary, like, resource }: Variant): Schema {
  const moved = new Set(resource);
  for (const [index, attribute] of resource.entries()) {
    if (Object.hasOwn(definition.attributes, attribute)) continue;
    throw new DefinitionFault(["resource", String(index)], `${attribute} is no attribute of schema ${like}'s records`);
  }
  const where = (inResource: boolean): Definition["attributes"] =>
    Object.fromEntries(Object.entries(definition.attributes).filter(([attribute]) => moved.has(attribute) === inResource));
  const changed = { ...definition, summary, resource: { ...definition.resource, ...where(true) }, attributes: where(false) };
  return { ...compile(name, changed), line: compile(name, definition) };
}

/** The fields that a definition holds, in whatever form. */
export function fieldsOf({ ndjson, resource, attributes }: Definition): Set<FieldName> {
  const sources = [...Object.values(resource), ...Object.values(attributes)];
  const named = sources.flatMap(fieldsIn);
  // A log record has a time of its own.
  return new Set(ndjson === "record" ? ["time", ...named] : named);
}

function fieldsIn(source: AttributeSource): readonly FieldName[] {
  if ("field" in source) return [source.field];
  if ("sum" in source) return source.sum;
  if ("list" in source) return source.list;
  return "duration" in source ? source.duration : [];
}

function compileAttribute(path: readonly string[], name: string, source: AttributeSource): Attribute {
  const columns = "field" in source && formOf(source.field) === "columns";
  if (columns !== name.endsWith("*")) {
    const message = columns ? "a name for columns ends with * (flow.source.*)" : "only a name for columns ends with *";
    throw new DefinitionFault(path, message);
  }
  return { name: columns ? name.slice(0, -1) : name, fields: fieldsIn(source), ...compileSource(path, source) };
}

function compileSource(path: readonly string[], source: AttributeSource): Value {
  if ("field" in source) return compileField(path, source);
  if ("constant" in source) {
    const { constant } = source;
    return { kind: kindOf([constant]), varies: "never", get: () => constant };
  }
  if ("sum" in source) {
    const getters = gettersOf(path, source.sum, ["counter", "number"]);
    return { kind: "integer", varies: "much", get: (flow) => sum(getters, flow) };
  }
  if ("list" in source) {
    const getters = gettersOf(path, source.list, ["string"]);
    return { kind: "strings", varies: "much", get: (flow) => list(getters, flow) };
  }
  const [from, to] = gettersOf(path, source.duration, ["time"]) as [Getter, Getter];
  const scale = source.unit === "ns" ? 1_000_000 : 1;
  return {
    kind: "integer",
    varies: "much",
    get: (flow) => {
      const ms = Number(to(flow)) - Number(from(flow));
      if (!(ms >= 0)) return undefined;
      return Number.isSafeInteger(ms * scale) ? ms * scale : BigInt(ms) * BigInt(scale);
    },
  };
}

/** One field, with what is done to its value: values mapped, times written, case and type changed, in this order. */
function compileField(path: readonly string[], source: FieldSource): Value {
  const form = formOf(source.field);
  const read: Getter = GETTERS[source.field];
  let get = read;
  let kind = KINDS[form];
  if (source.field === "uid") kind = "uid";
  const refuse = (option: string, wanted: string): never => {
    throw new DefinitionFault([...path, option], `${source.field} is no ${wanted}`);
  };
  if (source.time !== undefined && form !== "time") refuse("time", "time");
  if (source.case !== undefined && form !== "string") refuse("case", "text");
  if (source.as !== undefined && form !== "number" && form !== "counter") refuse("as", "number");
  if (source.values !== undefined && form !== "string" && form !== "number" && form !== "boolean")
    refuse("values", "plain value");
  if (source.join !== undefined && form !== "strings") refuse("join", "list");

  if (form === "strings") get = nonEmpty(get);
  if (source.time === "iso") {
    get = changed(get, (value) => isoOf(value as number));
    kind = "string";
  } else if (source.time === "s") get = changed(get, (value) => Math.floor((value as number) / 1000));
  if (source.values !== undefined) {
    const values = new Map(Object.entries(source.values));
    get = changed(get, (value) => values.get(String(value)));
    kind = kindOf([...values.values()]);
  }
  if (source.case === "lower")
    get = changed(
      get,
      memo((value) => String(value).toLowerCase()),
    );
  if (source.join !== undefined) {
    const { join } = source;
    get = changed(get, (value) => (value as readonly string[]).join(join));
    kind = "string";
  }
  if (source.as === "string") {
    get = changed(get, String);
    kind = "string";
  }
  if (source.missing !== undefined) {
    const { missing } = source;
    const present = get;
    get = (flow) => present(flow) ?? missing;
    if (kind === "uid" || kindOf([missing]) !== kind) kind = "any";
  }
  const values = enumeratedOf(source);
  const slot = get === read ? (SLOTS as readonly FieldName[]).indexOf(source.field) : -1;
  return { kind, get, varies: variationOf(source), ...(values && { values }), ...(slot >= 0 && { slot }) };
}

/** The values that an attribute can have, where its field's are known beforehand. */
function enumeratedOf({ field, values, missing, case: lower }: FieldSource): unknown[] | undefined {
  const known = knownValues(field);
  if (known === undefined || lower !== undefined) return undefined;
  const mapped = values === undefined ? known : known.map((value) => values[String(value)]);
  return [...new Set([...mapped, missing])].filter((value) => value !== undefined);
}

/** The values that a field can have, where they are known beforehand. */
function knownValues(field: FieldName): readonly unknown[] | undefined {
  const { type } = fieldOf(field);
  return type === "boolean" ? [true, false] : wordsOf(type);
}

const KINDS: Record<Form, Kind> = {
  string: "string",
  number: "integer",
  counter: "integer",
  boolean: "boolean",
  time: "integer",
  strings: "strings",
  columns: "columns",
  json: "any",
};

function variationOf({ field, values }: FieldSource): Variation {
  if (isOfContext(field)) return "context";
  return values !== undefined || knownValues(field) !== undefined || fieldOf(field).repeats ? "little" : "much";
}

/** The kind that all the literals are of. */
function kindOf(literals: readonly unknown[]): Kind {
  const every = (test: (value: unknown) => boolean) => literals.every(test);
  if (every((value) => typeof value === "string")) return "string";
  if (every((value) => Number.isInteger(value))) return "integer";
  if (every((value) => typeof value === "boolean")) return "boolean";
  if (every((value) => Array.isArray(value) && value.length > 0)) return "strings";
  return "any";
}

function changed(get: Getter, change: (value: unknown) => unknown): Getter {
  return (flow) => {
    const value = get(flow);
    return value === undefined ? undefined : change(value);
  };
}

function memo(change: (value: unknown) => unknown): (value: unknown) => unknown {
  const known = new Map<unknown, unknown>();
  return (value) => {
    let result = known.get(value);
    if (result === undefined) {
      result = change(value);
      if (known.size < 256) known.set(value, result);
    }
    return result;
  };
}

const nonEmpty =
  (get: Getter): Getter =>
  (flow) => {
    const value = get(flow) as readonly string[];
    return value.length === 0 ? undefined : value;
  };

function gettersOf(path: readonly string[], fields: readonly FieldName[], forms: readonly Form[]): Getter[] {
  return fields.map((name) => {
    if (!forms.includes(formOf(name))) throw new DefinitionFault(path, `${name} is no ${forms.join(" or ")}`);
    return GETTERS[name];
  });
}

function sum(getters: readonly Getter[], flow: Flow): Counter | undefined {
  let total: Counter | undefined;
  for (const get of getters) {
    const value = get(flow) as Counter | undefined;
    if (value === undefined) continue;
    total = total === undefined ? value : addCounters(total, value);
  }
  return total;
}

function list(getters: readonly Getter[], flow: Flow): string[] | undefined {
  const texts: string[] = [];
  for (const get of getters) {
    const value = get(flow) as string | undefined;
    if (value !== undefined && !texts.includes(value)) texts.push(value);
  }
  return texts.length === 0 ? undefined : texts;
}

/** With dots as objects, no attribute can be both a value and the object that holds others. */
function refuseLeavesWithin(attributes: readonly Attribute[]): void {
  for (const { name, kind } of attributes) {
    const within = attributes.find(
      (other) => other.name !== name && other.kind !== "columns" && name.startsWith(`${other.name}.`),
    );
    if (within !== undefined && kind !== "columns") {
      throw new DefinitionFault(["attributes", name], `lies within ${within.name}, which is a value`);
    }
  }
}
