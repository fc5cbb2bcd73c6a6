import { readFileSync } from "node:fs";
import { parse } from "yaml";
import type { FieldName } from "../flow/fields.ts";
import { asset } from "../lib/assets.ts";
import { definition } from "./definition.ts";
import type { SCHEMA_NAMES } from "./load.ts";

/**
 * The attributes of a schema that ships with the program which are a flow's field as it stands (a time in ms since the epoch), those of
 * the resource among them: so a line of that schema can be read back. Groups of columns are left out.
 */
export function plainAttributes(schema: (typeof SCHEMA_NAMES)[number]): ReadonlyMap<string, FieldName> {
  const { resource, attributes } = definition.parse(parse(readFileSync(asset(`mappings/schemas/${schema}.yaml`), "utf8")));
  const plain = new Map<string, FieldName>();
  for (const [name, source] of [...Object.entries(resource), ...Object.entries(attributes)]) {
    if (!("field" in source) || name.endsWith("*")) continue;
    const { field, time, ...changes } = source;
    if ((time === undefined || time === "ms") && Object.values(changes).every((change) => change === undefined)) {
      plain.set(name, field);
    }
  }
  return plain;
}
