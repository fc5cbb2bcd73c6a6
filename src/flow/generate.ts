/** `npm run generate:flow`: writes what the field table says as code, so that V8 and people read a plain class. */
import { writeFileSync } from "node:fs";
import { crc32 } from "node:zlib";
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
import { type Origin, uidOf } from "./origin.ts";
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
    return uidOf(this);
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

/** What stands in a row: behind the record's own number the numbers, behind origin and context the other values. */
function rowFields() {
  const own = FIELD_NAMES.filter(isOwn);
  const isNumber = (name: FieldName) => ["number", "time", "counter"].includes(formOf(name));
  return { numbers: own.filter(isNumber), others: own.filter((name) => !isNumber(name)), firstNumber: 1, firstReference: 2 };
}

/** The text of row-layout.ts: which field stands where in a row. */
export function printRowLayout(): string {
  const { numbers, others, firstNumber, firstReference } = rowFields();
  const layout = crc32(JSON.stringify([numbers, others, CONTEXT_FIELDS]));
  return `${HEAD}
import type { FieldName } from "./fields.ts";

/** Changes with the fields: who reads has to know the same ones as who wrote. */
export const LAYOUT = ${layout};
/** Numbers and references of a row. */
export const ROW_NUMBERS = ${numbers.length + firstNumber};
export const ROW_REFERENCES = ${others.length + firstReference};
/** Which field each number of a row is, behind the record's own; and each reference, behind those of origin and context. */
export const NUMBER_FIELDS: readonly FieldName[] = ${listed(numbers)};
export const REFERENCE_FIELDS: readonly FieldName[] = ${listed(others)};
`;
}

/** The text of write-rows.ts: flows written as rows of numbers. */
export function printWriteRows(): string {
  const { numbers, others, firstNumber, firstReference } = rowFields();
  // A JSON value may be a number, and 0 is not -0: it is never taken for the one before.
  const kept = others.filter((name) => fieldOf(name).type !== "json");
  const reference = (name: FieldName, slot: number) => {
    const column = others.indexOf(name);
    if (!kept.includes(name)) return `    references[at + ${slot}] = values.of(flow.${name});`;
    const value = fieldOf(name).type === "strings" ? `flow.${name}.length === 0 ? undefined : flow.${name}` : `flow.${name}`;
    return `    value = ${value};
    if (value !== value${column}) {
      value${column} = value;
      reference${column} = values.of(value);
    }
    references[at + ${slot}] = reference${column};`;
  };
  const number = (name: FieldName, slot: number) => {
    if (fieldOf(name).required) return `    numbers[start + ${slot}] = flow.${name};`;
    const put = formOf(name) === "counter" ? "counterIn(values, flow." : "orNaN(flow.";
    return `    numbers[start + ${slot}] = ${put}${name});`;
  };
  return `${HEAD}
import type { Flow } from "./flow.ts";
import { counterIn, type Indexed, orNaN } from "./packed-values.ts";
import { ROW_NUMBERS, ROW_REFERENCES } from "./row-layout.ts";

/** Writes a row for each flow. A value that is like that of the row before is not looked up again. */
export function writeRows(
  flows: readonly Flow[],
  numbers: Float64Array,
  references: Uint32Array,
  { origins, contexts, values }: { origins: Indexed; contexts: Indexed; values: Indexed },
): void {
  let value: unknown;
  let origin: unknown;
  let originReference = 0;
  let context: unknown;
  let contextReference = 0;
${kept.map((name) => `  let value${others.indexOf(name)}: unknown;\n  let reference${others.indexOf(name)} = 0;`).join("\n")}
  let start = 0;
  let at = 0;
  for (const flow of flows) {
    numbers[start] = flow.record;
${numbers.map((name, index) => number(name, index + firstNumber)).join("\n")}
    if (flow.origin !== origin) {
      origin = flow.origin;
      originReference = origins.of(origin);
    }
    references[at] = originReference;
    if (flow.context !== context) {
      context = flow.context;
      contextReference = contexts.of(context);
    }
    references[at + 1] = contextReference;
${others.map((name, index) => reference(name, index + firstReference)).join("\n")}
    start += ROW_NUMBERS;
    at += ROW_REFERENCES;
  }
}
`;
}

/** The text of read-rows.ts: flows made of rows of numbers. */
export function printReadRows(): string {
  const { numbers, others, firstNumber, firstReference } = rowFields();
  const required = numbers.filter((name) => fieldOf(name).required);
  const readNumber = (name: FieldName, slot: number) => {
    const read = `numbers[start + ${slot}] as number`;
    return `    flow.${name} = ${formOf(name) === "counter" ? `counterOf(values, ${read})` : `orUndefined(${read})`};`;
  };
  const readReference = (name: FieldName, slot: number) => {
    const value = `values[references[at + ${slot}] as number]`;
    const whole = fieldOf(name).type === "strings" ? `(${value} ?? NONE)` : value;
    return `    flow.${name} = ${whole} as Flow["${name}"];`;
  };
  return `${HEAD}
import { Flow, type FlowContext } from "./flow.ts";
import type { Origin } from "./origin.ts";
import { counterOf, orUndefined } from "./packed-values.ts";
import { ROW_NUMBERS, ROW_REFERENCES } from "./row-layout.ts";
import { NONE } from "./types.ts";

/** Makes the flows of so many rows. */
export function readRows(
  count: number,
  numbers: Float64Array,
  references: Uint32Array,
  { origins, contexts, values }: { origins: readonly unknown[]; contexts: readonly unknown[]; values: readonly unknown[] },
): Flow[] {
  const flows: Flow[] = [];
  let start = 0;
  let at = 0;
  for (let row = 0; row < count; row++) {
    const flow = new Flow(
      origins[references[at] as number] as Origin,
      numbers[start] as number,
      contexts[references[at + 1] as number] as FlowContext,
${required.map((name) => `      numbers[start + ${numbers.indexOf(name) + firstNumber}] as number,`).join("\n")}
    );
${numbers
  .map((name, index) => [name, index + firstNumber] as const)
  .filter(([name]) => !required.includes(name))
  .map(([name, slot]) => readNumber(name, slot))
  .join("\n")}
${others.map((name, index) => readReference(name, index + firstReference)).join("\n")}
    flows.push(flow);
    start += ROW_NUMBERS;
    at += ROW_REFERENCES;
  }
  return flows;
}
`;
}

function listed(names: readonly FieldName[]): string {
  return `[\n${names.map((name) => `  "${name}",`).join("\n")}\n]`;
}

function read(name: FieldName): string {
  if (!isStored(name)) return `FIELDS.${name}.get(flow)`;
  if (!isFrom(name, "context")) return `flow.${name}`;
  return isOfContext(name) ? `flow.context.${name}` : `flow.${name} ?? flow.context.${name}`;
}

if (import.meta.main) {
  writeFileSync(new URL("flow.ts", import.meta.url), printFlow());
  writeFileSync(new URL("access.ts", import.meta.url), printAccess());
  writeFileSync(new URL("row-layout.ts", import.meta.url), printRowLayout());
  writeFileSync(new URL("write-rows.ts", import.meta.url), printWriteRows());
  writeFileSync(new URL("read-rows.ts", import.meta.url), printReadRows());
}
