import type { SchemaElement } from "hyparquet-writer";
import { GETTERS } from "../flow/access.ts";
import { FIELD_NAMES, type FieldName, fieldOf, formOf } from "../flow/fields.ts";
import type { Flow } from "../flow/flow.ts";
import { comparableAddress } from "../lib/ip/comparable.ts";
import { loadSchema } from "../schemas/load.ts";
import type { Attribute } from "../schemas/schema.ts";

/** A column of the archive's Parquet files. */
export interface ArchiveColumn {
  readonly name: string;
  /** As DuckDB calls it. */
  readonly type: "TIMESTAMP" | "VARCHAR" | "INTEGER" | "BIGINT" | "UBIGINT" | "BOOLEAN" | "VARCHAR[]" | "JSON";
  /** The column as a Parquet schema has it: one element, or those of a list. */
  readonly elements: readonly SchemaElement[];
  /** What the flow has: a number or bigint, true or false, a list, or what `text` makes a text of; undefined for none. */
  readonly value: (flow: Flow) => unknown;
  /** The text of a value that is none by itself; undefined for none. */
  readonly text?: (value: unknown) => string | undefined;
  /** A text that every flow has and no other one has. */
  readonly isUnique?: true;
  /** Of a column that holds the further columns of a table or of a log as a JSON object: whose. */
  readonly columnsOf?: FieldName;
}

/** When the flow happened, in UTC. */
export const TIME = "time";
/** What tells a flow from all others. */
export const UID = "log.record.uid";

/**
 * The columns, in the order of the file: the time, every attribute of schema `otel` under its name, and addresses in a form that compares
 * as they do. Further columns of tables and logs are one JSON object each, since files of one archive have the same columns.
 */
export function archiveColumns(): readonly ArchiveColumn[] {
  const schema = loadSchema("otel", ".");
  const attributes = [...schema.attributes, ...schema.resource];
  return [
    {
      name: TIME,
      type: "TIMESTAMP",
      elements: [
        {
          name: TIME,
          type: "INT64",
          repetition_type: "REQUIRED",
          converted_type: "TIMESTAMP_MILLIS",
          logical_type: { type: "TIMESTAMP", isAdjustedToUTC: false, unit: "MILLIS" },
        },
      ],
      value: (flow) => Math.trunc(flow.time),
    },
    ...attributes.flatMap((attribute) => [columnOf(attribute), ...comparable(attribute)]),
  ];
}

function columnOf(attribute: Attribute): ArchiveColumn {
  const { name, kind, get } = attribute;
  const field = FIELD_NAMES.find((one) => GETTERS[one] === get);
  switch (kind) {
    case "uid":
      return { ...text(name), value: (flow) => flow.uid, isUnique: true };
    case "integer":
      return { ...integer(name, field), value: get };
    case "boolean":
      return { name, type: "BOOLEAN", elements: [{ name, type: "BOOLEAN", repetition_type: "OPTIONAL" }], value: get };
    case "strings":
      return { name, type: "VARCHAR[]", elements: listOf(name), value: get };
    case "columns": {
      const whole = `${name}columns`;
      const elements: SchemaElement[] = [
        { name: whole, type: "BYTE_ARRAY", repetition_type: "OPTIONAL", converted_type: "JSON", logical_type: { type: "JSON" } },
      ];
      return { name: whole, type: "JSON", elements, value: get, text: JSON.stringify, ...(field && { columnsOf: field }) };
    }
    default:
      return { ...text(name), value: get };
  }
}

/** Fields that also stand there in a form that compares. */
const COMPARED: readonly (FieldName | undefined)[] = ["sourceAddress", "destinationAddress"];

/** 32 hexadecimal digits of its IPv6 form, IPv4 as ::ffff:a.b.c.d, so that text compares as addresses do. */
function comparable({ name, get }: Attribute): ArchiveColumn[] {
  const field = FIELD_NAMES.find((one) => GETTERS[one] === get);
  if (!COMPARED.includes(field)) return [];
  return [{ ...text(`${name}.hex`), value: get, text: (address) => comparableAddress(address as string) }];
}

function text(name: string): Pick<ArchiveColumn, "name" | "type" | "elements"> {
  const elements: SchemaElement[] = [
    { name, type: "BYTE_ARRAY", repetition_type: "OPTIONAL", converted_type: "UTF8", logical_type: { type: "STRING" } },
  ];
  return { name, type: "VARCHAR", elements };
}

function listOf(name: string): SchemaElement[] {
  return [
    { name, repetition_type: "OPTIONAL", num_children: 1, converted_type: "LIST", logical_type: { type: "LIST" } },
    { name: "list", repetition_type: "REPEATED", num_children: 1 },
    {
      name: "element",
      type: "BYTE_ARRAY",
      repetition_type: "OPTIONAL",
      converted_type: "UTF8",
      logical_type: { type: "STRING" },
    },
  ];
}

/** Ports and protocols fit 32 bits; counters are unsigned, exact to 2^64. */
const isSmall = (field: FieldName | undefined): boolean =>
  field !== undefined && ["port", "protocol"].includes(fieldOf(field).type);
const isCounter = (field: FieldName | undefined): boolean => field !== undefined && formOf(field) === "counter";

function integer(name: string, field: FieldName | undefined): Pick<ArchiveColumn, "name" | "type" | "elements"> {
  if (isSmall(field)) return { name, type: "INTEGER", elements: [{ name, type: "INT32", repetition_type: "OPTIONAL" }] };
  if (!isCounter(field)) return { name, type: "BIGINT", elements: [{ name, type: "INT64", repetition_type: "OPTIONAL" }] };
  const elements: SchemaElement[] = [{ name, type: "INT64", repetition_type: "OPTIONAL", converted_type: "UINT_64" }];
  return { name, type: "UBIGINT", elements };
}
