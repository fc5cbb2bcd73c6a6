import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { isNode, LineCounter, parse, parseDocument } from "yaml";
import type { z } from "zod";
import { asset } from "../lib/assets.ts";
import { UsageError } from "../lib/errors.ts";
import { nearest } from "../lib/nearest.ts";
import { compile, compileVariant, DefinitionFault } from "./compile.ts";
import { type Definition, definition, variant } from "./definition.ts";
import type { Schema } from "./schema.ts";

/** Output schemas that ship with the program. */
export const SCHEMA_NAMES = ["otel", "otel-compact", "ecs", "ocsf", "seed", "log-analytics"] as const;

const isShipped = (name: string): boolean => (SCHEMA_NAMES as readonly string[]).includes(name);
const isPath = (name: string): boolean => /\.ya?ml$/i.test(name);

const loaded = new Map<string, Schema>();

/**
 * The schema of that name, read once, or of a YAML file of that path, relative to `baseDir`. Throws UsageError with file and line for a
 * file that is no schema.
 */
export function loadSchema(name: string, baseDir: string): Schema {
  const known = loaded.get(name);
  if (known !== undefined) return known;
  if (isShipped(name)) {
    const schema = parseSchema(name, `mappings/schemas/${name}.yaml`, read(asset(`mappings/schemas/${name}.yaml`)));
    loaded.set(name, schema);
    return schema;
  }
  if (isPath(name)) return parseSchema(name, name, read(resolve(baseDir, name)));
  const meant = nearest(name, SCHEMA_NAMES);
  const advice = meant === undefined ? "" : `; did you mean ${meant}?`;
  throw new UsageError(
    "unknown-schema",
    `no schema ${JSON.stringify(name)}: ${SCHEMA_NAMES.join(", ")}, or a file ending in .yaml${advice}`,
  );
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new UsageError("schema-unreadable", `cannot read schema ${path}`, { cause: error });
  }
}

/** A schema that ships with the program and is like no other. Throws DefinitionFault. */
function shippedDefinition(name: string): Definition {
  const parsed = isShipped(name) ? definition.safeParse(parse(read(asset(`mappings/schemas/${name}.yaml`)))) : undefined;
  if (parsed?.success === true) return parsed.data;
  throw new DefinitionFault(
    ["like"],
    `${name} is no schema that another can be like: name otel, ecs, ocsf, seed or log-analytics`,
  );
}

/** Validates and compiles a schema's text; `file` is what messages call it. */
export function parseSchema(name: string, file: string, text: string): Schema {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const at = (offset: number | undefined): string => `${file}:${lines.linePos(offset ?? 0).line}`;
  const [broken] = document.errors;
  if (broken !== undefined) throw new UsageError("bad-schema", `${at(broken.pos[0])}: ${broken.message}`);
  const place = (path: readonly PropertyKey[]): string => {
    for (let length = path.length; length > 0; length--) {
      const node = document.getIn(path.slice(0, length), true);
      if (isNode(node)) return at(node.range?.[0]);
    }
    return at(0);
  };
  const fault = (path: readonly PropertyKey[], message: string): UsageError =>
    new UsageError("bad-schema", `${place(path)}: ${path.length === 0 ? "" : `${path.map(String).join(" › ")}: `}${message}`);

  const checked = <Form>(form: z.ZodType<Form>): Form => {
    const parsed = form.safeParse(document.toJS());
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    throw fault(issue?.path ?? [], issue?.message ?? "is no schema");
  };
  try {
    if (!document.has("like")) return compile(name, checked(definition));
    const like: unknown = document.get("like");
    // A name that nobody knows is told before what is missing beside it.
    if (typeof like === "string" && like !== "") shippedDefinition(like);
    const differs = checked(variant);
    return compileVariant(name, shippedDefinition(differs.like), differs);
  } catch (error) {
    if (error instanceof DefinitionFault) throw fault(error.path, error.message);
    throw error;
  }
}
