import { globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

interface Schema {
  properties?: Record<string, Schema>;
  additionalProperties?: unknown;
  items?: Schema;
  [key: string]: unknown;
}

interface Kind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** For kubeconform's `-schema-location`, below a folder. */
export const SCHEMA_NAME = "{{ .ResourceKind }}_{{ .Group }}_{{ .ResourceAPIVersion }}.json";

/** Of what is in no group kubeconform calls the version the group. */
const nameOf = ({ group, version, kind }: Kind): string =>
  `${kind.toLowerCase()}_${group === "" ? version : group}_${version}.json`;

/**
 * Writes into `folder` a JSON schema for each kind of the API server's own description (`api/openapi-spec/swagger.json` of Kubernetes) and of
 * the custom resources in `definitions`, a folder of YAML files. A key that is not described is refused.
 */
export function writeSchemas(folder: string, swagger: string, definitions: string): void {
  mkdirSync(folder, { recursive: true });
  const described = JSON.parse(readFileSync(swagger, "utf8")).definitions as Record<string, Schema>;
  const own = Object.fromEntries(Object.entries(described).map(([name, schema]) => [name, strict(schema)]));
  own["io.k8s.apimachinery.pkg.api.resource.Quantity"] = { type: ["string", "number"] };
  own["io.k8s.apimachinery.pkg.util.intstr.IntOrString"] = { type: ["string", "integer"] };
  const text = JSON.stringify({ definitions: own }).replaceAll('"#/definitions/', '"definitions.json#/definitions/');
  writeFileSync(join(folder, "definitions.json"), text);
  for (const [name, schema] of Object.entries(described)) {
    for (const kind of (schema["x-kubernetes-group-version-kind"] as Kind[] | undefined) ?? [])
      writeFileSync(join(folder, nameOf(kind)), JSON.stringify({ $ref: `definitions.json#/definitions/${name}` }));
  }
  for (const file of globSync("*.yaml", { cwd: definitions })) {
    const { spec } = parse(readFileSync(join(definitions, file), "utf8")) as {
      spec: { group: string; names: { kind: string }; versions: { name: string; schema: { openAPIV3Schema: Schema } }[] };
    };
    for (const { name, schema } of spec.versions)
      writeFileSync(
        join(folder, nameOf({ group: spec.group, version: name, kind: spec.names.kind })),
        JSON.stringify(strict(schema.openAPIV3Schema, true)),
      );
  }
}

/** The schema and those within it, where what has named properties has no others. `metadata` of a custom resource is any object. */
function strict(schema: Schema, isRoot = false): Schema {
  const { properties, items, additionalProperties } = schema;
  const among = properties && Object.fromEntries(Object.entries(properties).map(([name, member]) => [name, strict(member)]));
  return {
    ...schema,
    ...(among === undefined ? {} : { properties: among }),
    ...(items === undefined ? {} : { items: strict(items) }),
    ...(typeof additionalProperties === "object" ? { additionalProperties: strict(additionalProperties as Schema) } : {}),
    ...(among !== undefined && additionalProperties === undefined && schema["x-kubernetes-preserve-unknown-fields"] !== true
      ? { additionalProperties: false }
      : {}),
    ...(schema["x-kubernetes-int-or-string"] === true ? { type: ["integer", "string"] } : {}),
    ...(isRoot ? { required: ["spec"] } : {}),
  };
}
