/** `npm run generate:flow`: writes what the field table says as code, so that V8 and people read a plain class. */
import { writeFileSync } from "node:fs";
import { CONTEXT_FIELDS, FIELD_NAMES, type FieldName, fieldOf, formOf, isFrom, isOfContext, isStored } from "./fields.ts";
import { type FieldType, type WordType, wordsOf } from "./types.ts";

const HEAD = "// Written by `npm run generate:flow` from fields.ts, which is the place to change it.";

const TYPESCRIPT: Readonly<Record<Exclude<FieldType, WordType>, string>> = {
  string: "string",
  address: "string",
  number: "number",
  port: "number",
  protocol: "number",
  counter: "Counter",
  boolean: "boolean",
  time: "number",
  strings: "readonly string[]",
  columns: "Columns",
  json: "unknown",
  objects: "readonly object[]",
  rule: "FlowRule",
};

const isOwn = (name: FieldName) => isStored(name) && !isOfContext(name);
/** Lists and whole objects are read one by one. */
const isSlot = (name: FieldName) =>
  !isOfContext(name) && !isFrom(name, "position") && !["json", "strings"].includes(formOf(name));

function typeOf(name: FieldName): string {
  const { type } = fieldOf(name);
  return wordsOf(type) === undefined ? TYPESCRIPT[type as Exclude<FieldType, WordType>] : `Word<"${type}">`;
}

const orUndefined = (type: string) => (type === "unknown" ? type : `${type} | undefined`);
const comment = (name: FieldName) => `  /** ${fieldOf(name).meaning}. */`;

/** The text of flow.ts: the flow and its context. */
export function printFlow(): string {
  const own = FIELD_NAMES.filter(isOwn);
  const required = own.filter((name) => fieldOf(name).required);
  const parameters = required.map((name) => `, ${name}: ${typeOf(name)}`).join("");
  return `${HEAD}
import type { Origin } from "./origin.ts";
import type { FlowRule } from "./rule.ts";
import { type Columns, type Counter, NONE, type Word } from "./types.ts";

/** What is the same for every flow of one VNIC. Decoders intern contexts: equal contexts are one object. */
export interface FlowContext {
${CONTEXT_FIELDS.map((name) => `${comment(name)}\n  readonly ${name}: ${orUndefined(typeOf(name))};`).join("\n")}
}

export const EMPTY_CONTEXT: FlowContext = Object.freeze({
${CONTEXT_FIELDS.map((name) => `  ${name}: undefined,`).join("\n")}
});

/**
 * One flow-log record. Decoders, enrichers and detections fill their own fields; nobody else writes.
 * Every field is assigned in the constructor, so that all flows have one shape. What the log does not say is undefined.
 * Times are milliseconds since the epoch.
 */
export class Flow {
  readonly origin: Origin;
  readonly record: number;
  context: FlowContext;

${own.map((name) => `${comment(name)}\n  ${name}${declarationOf(name)};`).join("\n")}

  constructor(origin: Origin, record: number, context: FlowContext${parameters}) {
    this.origin = origin;
    this.record = record;
    this.context = context;
${required.map((name) => `    this.${name} = ${name};`).join("\n")}
  }

  /** Identity from position: the same record of the same version of an object has the same uid after any replay. 32 hexadecimal digits. */
  get uid(): string {
    return this.origin.digest + this.record.toString(16).padStart(8, "0");
  }
}
`;
}

function declarationOf(name: FieldName): string {
  const { initial, required, type } = fieldOf(name);
  if (required) return `: ${typeOf(name)}`;
  if (initial !== undefined) return `: ${typeOf(name)} = ${JSON.stringify(initial)}`;
  return type === "strings" ? `: ${typeOf(name)} = NONE` : `: ${orUndefined(typeOf(name))} = undefined`;
}

/** The text of access.ts: fields read and written by name. */
export function printAccess(): string {
  const slots = FIELD_NAMES.filter(isSlot);
  const set = FIELD_NAMES.filter((name) => isOwn(name) && isFrom(name, "decoder"));
  return `${HEAD}
import { FIELDS, type FieldFrom, type FieldName } from "./fields.ts";
import type { Flow } from "./flow.ts";

/** Read a field: a function for each, so that no flow is ever read by a computed name. */
export const GETTERS = {
${FIELD_NAMES.map((name) => `  ${name}: ${isStored(name) ? `(flow: Flow) => ${read(name)}` : `FIELDS.${name}.get`},`).join("\n")}
} as const satisfies Record<FieldName, (flow: Flow) => unknown>;

/** Set a field that decoders fill. */
export const SETTERS = {
${set.map((name) => `  ${name}: (flow: Flow, value: Flow["${name}"]) => (flow.${name} = value),`).join("\n")}
} as const satisfies Record<FieldFrom<"decoder">, (flow: Flow, value: never) => void>;

/** Fields that \`readSlots\` reads, in the order of their slots. */
export const SLOTS = [
${slots.map((name) => `  "${name}",`).join("\n")}
] as const satisfies readonly FieldName[];

/** Values of a flow's fields, by slot. */
export type Slots = unknown[];

export const createSlots = (): Slots => new Array(SLOTS.length).fill(undefined);

/**
 * Reads many fields of a flow in one go: for whoever writes them all, an order of magnitude faster than the getters one by one, which
 * no compiler can see through. Gives what they give.
 */
export function readSlots(flow: Flow, slots: Slots): void {
${slots.map((name, slot) => `  slots[${slot}] = ${read(name)};`).join("\n")}
}
`;
}

function read(name: FieldName): string {
  if (!isStored(name)) return `FIELDS.${name}.get(flow)`;
  if (!isFrom(name, "context")) return `flow.${name}`;
  return isOfContext(name) ? `flow.context.${name}` : `flow.${name} ?? flow.context.${name}`;
}

if (import.meta.main) {
  writeFileSync(new URL("flow.ts", import.meta.url), printFlow());
  writeFileSync(new URL("access.ts", import.meta.url), printAccess());
}
