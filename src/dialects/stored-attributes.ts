import { GETTERS } from "../flow/access.ts";
import { FIELD_NAMES } from "../flow/fields.ts";
import { loadSchema } from "../schemas/load.ts";
import type { Attribute, Schema } from "../schemas/schema.ts";
import type { StoredAttribute, StoredAttributes } from "./dialect.ts";

/** What queries over records of that output schema may name: attributes that hold a field as it is. */
export function storedAttributes(schema: Schema): StoredAttributes {
  const byField = new Map<string, StoredAttribute>();
  const columns = new Map<string, Attribute>();
  const all: StoredAttribute[] = [];
  for (const [attributes, resource] of [
    [schema.resource, true],
    [schema.attributes, false],
  ] as const) {
    for (const attribute of attributes) {
      const field = FIELD_NAMES.find((name) => GETTERS[name] === attribute.get);
      if (attribute.kind === "columns") {
        if (field !== undefined) columns.set(field, attribute);
        continue;
      }
      const type = TYPES[attribute.kind];
      if (type === undefined) continue;
      const stored: StoredAttribute = { name: attribute.name, resource, type };
      all.push(stored);
      if (field !== undefined) byField.set(field, stored);
    }
  }
  return {
    all,
    of({ field, column, isDerived }) {
      if (isDerived) return undefined;
      if (column === undefined) return byField.get(field);
      const attribute = columns.get(field);
      return attribute && { name: schema.columnName(attribute, column), resource: false, type: "string" };
    },
  };
}

const TYPES: Partial<Record<Attribute["kind"], StoredAttribute["type"]>> = {
  string: "string",
  uid: "string",
  integer: "integer",
  boolean: "boolean",
  strings: "strings",
};

/** Schemas whose records the dialects ask for. They differ in what stands in the resource. */
export const OTLP_SCHEMAS = ["otel", "otel-compact"] as const;
export type OtlpSchema = (typeof OTLP_SCHEMAS)[number];

/** The attributes that records have in the schema, which most backends store as they are. */
export function otelAttributes(schema: OtlpSchema = "otel"): StoredAttributes {
  return storedAttributes(loadSchema(schema, "."));
}
