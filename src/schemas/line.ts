import type { Flow, FlowContext } from "../flow/flow.ts";
import type { Columns } from "../flow/types.ts";
import { recordClassOf } from "./record.ts";
import type { Attribute, Schema } from "./schema.ts";
import { isoOf } from "./time.ts";

/** Prints a flow as one line of JSON, without the newline. `observed` is when it was read, in ms since the epoch. */
export type LinePrinter = (flow: Flow, observed: number) => string;

/**
 * Counters are printed with all their digits, as JSON numbers. `serviceName` is an attribute of the resource, in schemas whose lines
 * have one.
 */
export function linePrinter(schema: Schema, serviceName: string): LinePrinter {
  if (schema.line !== undefined) return linePrinter(schema.line, serviceName);
  const members =
    schema.layout === "nested" ? nestedMembers(schema) : join(schema.attributes.map((one) => printerFor(schema, one)));
  if (schema.layout !== "record") return (flow) => `{${members(flow).slice(1)}}`;
  const resource = perContext(join(schema.resource.map((one) => printerFor(schema, one))));
  const service = `"service.name":${printText(serviceName)}`;
  const iso = lastTime();
  const observedIso = lastTime();
  return (flow, observed) => {
    const { eventName, severityNumber, severityText } = recordClassOf(flow);
    return (
      `{"timestamp":"${iso(flow.time)}","observedTimestamp":"${observedIso(observed)}",` +
      `"severityNumber":${severityNumber},"severityText":"${severityText}","eventName":"${eventName}",` +
      `"resource":{${service}${resource(flow)}},"attributes":{${members(flow).slice(1)}}}`
    );
  };
}

/** Prints members of an object, each with a comma in front of it; the empty string for none. */
type Printer = (flow: Flow) => string;

function join(printers: readonly Printer[]): Printer {
  return (flow) => {
    let text = "";
    for (let index = 0; index < printers.length; index++) text += (printers[index] as Printer)(flow);
    return text;
  };
}

/** Most values of an attribute that are kept printed, and the longest of them, in characters. */
const KEPT = 4096;
const LONGEST_KEPT = 1024;

/** Values that repeat are kept printed, as `name` and as part of a schema whose dots are objects alike. */
function printerFor(schema: Schema, attribute: Attribute, name = attribute.name): Printer {
  const { kind, varies, get } = attribute;
  if (kind === "columns") return (flow) => printColumns(get(flow), (column) => schema.columnName(attribute, column));
  const key = `,${printText(name)}:`;
  if (kind === "uid") return (flow) => `${key}"${flow.uid}"`;
  if (kind === "any" && varies === "much") return anyPrinter(key, get);
  if (varies === "much") {
    return (flow) => {
      const value = get(flow);
      return value === undefined ? "" : key + printValue(value);
    };
  }
  const kept = new Map<unknown, string>();
  return (flow) => {
    const value = get(flow);
    if (value === undefined) return "";
    let text = kept.get(value);
    if (text === undefined) {
      text = key + printValue(value);
      if (kept.size < KEPT && text.length <= LONGEST_KEPT) kept.set(value, text);
    }
    return text;
  };
}

/** What is frozen is shared by many flows (the security lists of a subnet, those of a rule), and kept printed for as long as it lives. */
function anyPrinter(key: string, get: Attribute["get"]): Printer {
  const kept = new WeakMap<object, string>();
  return (flow) => {
    const value = get(flow);
    if (value === undefined) return "";
    if (typeof value !== "object" || value === null || !Object.isFrozen(value)) return key + printValue(value);
    let text = kept.get(value);
    if (text === undefined) {
      text = key + printValue(value);
      kept.set(value, text);
    }
    return text;
  };
}

function printColumns(columns: unknown, nameOf: (column: string) => string): string {
  let text = "";
  if (columns === undefined) return text;
  for (const [column, value] of Object.entries(columns as Columns)) text += `,${printText(nameOf(column))}:${printText(value)}`;
  return text;
}

interface Branch {
  readonly children: Map<string, Branch>;
  attribute: Attribute | undefined;
}

/** Dots in names become objects; an object without members is left out. Columns are members of the object that their name stands in. */
function nestedMembers(schema: Schema): Printer {
  const root: Branch = { children: new Map(), attribute: undefined };
  for (const attribute of schema.attributes) {
    let branch = root;
    const parts = attribute.name.split(".");
    for (const part of attribute.kind === "columns" ? [...parts.slice(0, -1), "*"] : parts) {
      const child: Branch = branch.children.get(part) ?? { children: new Map(), attribute: undefined };
      branch.children.set(part, child);
      branch = child;
    }
    branch.attribute = attribute;
  }
  return printBranch(schema, root);
}

function printBranch(schema: Schema, branch: Branch): Printer {
  const nameOf = (column: string): string => (branch.children.has(column) ? `column.${column}` : column);
  const printers = [...branch.children].map(([part, child]): Printer => {
    const { attribute } = child;
    if (attribute?.kind === "columns") return (flow) => printColumns(attribute.get(flow), nameOf);
    if (attribute !== undefined) return printerFor(schema, attribute, part);
    const key = `,${printText(part)}:`;
    const within = printBranch(schema, child);
    return (flow) => {
      const text = within(flow);
      return text === "" ? "" : `${key}{${text.slice(1)}}`;
    };
  });
  return join(printers);
}

function perContext(print: Printer): Printer {
  const kept = new WeakMap<FlowContext, string>();
  return (flow) => {
    let text = kept.get(flow.context);
    if (text === undefined) {
      text = print(flow);
      kept.set(flow.context, text);
    }
    return text;
  };
}

/** Flows of the same second follow each other. */
function lastTime(): (ms: number) => string {
  let last: number | undefined;
  let text = "";
  return (ms) => {
    if (ms !== last) {
      text = isoOf(ms);
      last = ms;
    }
    return text;
  };
}

const PLAIN = /^[ !#-[\]-~]*$/;

/** Lone surrogates, which UTF-8 cannot hold, become U+FFFD. */
function printText(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text.toWellFormed());
}

function printValue(value: unknown): string {
  switch (typeof value) {
    case "string":
      return printText(value);
    case "number":
    case "bigint":
    case "boolean":
      return String(value);
    default:
      return JSON.stringify(value, exact);
  }
}

/** Of the language since 2024; TypeScript's library does not declare it yet. */
const rawJson = (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON;

function exact(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return rawJson(String(value));
  return typeof value === "string" ? value.toWellFormed() : value;
}
