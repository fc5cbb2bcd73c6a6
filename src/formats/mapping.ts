import { readFileSync } from "node:fs";
import { isMap, isNode, isScalar, isSeq, LineCounter, type Pair, parseDocument } from "yaml";
import type { ContextField } from "../flow/contexts.ts";
import { formOf } from "../flow/fields.ts";
import { type FieldType, wordsOf } from "../flow/types.ts";
import { asset } from "../lib/assets.ts";
import { UsageError } from "../lib/errors.ts";
import { KINDS, type Kind, TIME_UNITS, wordKind } from "./kinds.ts";
import { type ContextType, type MappingEntry, type MappingFile, mappingSchema } from "./mapping-schema.ts";
import { TARGETS, type Target } from "./targets.ts";

/** Where a field of a flow comes from. */
export interface FieldRule {
  /** The log's name of the field, as messages call it. */
  readonly name: string;
  /** Where the field stands in a record; rules with the same parent share it. */
  readonly parent: readonly string[];
  readonly member: string;
  readonly kind: Kind;
  readonly optional: boolean;
  readonly target: Target;
}

/** Where a field of a flow's context comes from. */
export interface ContextRule {
  readonly name: string;
  readonly parent: readonly string[];
  readonly member: string;
  readonly field: ContextField;
  /** Of a text, how it is taken; of other values, their kind. */
  readonly type: ContextType | Kind;
}

export interface Rules {
  readonly fields: readonly FieldRule[];
  /** What may stand for the time of a record that has no start, best first. */
  readonly times: readonly FieldRule[];
  readonly contexts: readonly ContextRule[];
}

/** What a format's file says, ready for use. */
export interface Mapping {
  readonly format: string;
  readonly provider: string | undefined;
  readonly columns: readonly string[];
  readonly record: Rules;
  readonly header: Rules;
  readonly key: Rules;
}

const loaded = new Map<string, Mapping>();

/** The mapping of a format that ships with the program, read once. Throws UsageError with file and line for a file that is none. */
export function loadMapping(format: string): Mapping {
  const known = loaded.get(format);
  if (known !== undefined) return known;
  const file = `mappings/formats/${format}.yaml`;
  const mapping = parseMapping(readFileSync(asset(file), "utf8"), file);
  loaded.set(format, mapping);
  return mapping;
}

/** Validates and compiles the text of a mapping; `file` is what messages call it. */
export function parseMapping(text: string, file: string): Mapping {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const fault = (offset: number | undefined, message: string): UsageError =>
    new UsageError("bad-mapping", `${file}:${lines.linePos(offset ?? 0).line}: ${message}`);
  const [broken] = document.errors;
  if (broken !== undefined) throw fault(broken.pos[0], `not valid YAML: ${broken.message}`);
  const parsed = mappingSchema.safeParse(document.toJS());
  if (parsed.success) return compile(parsed.data);
  const [issue] = parsed.error.issues;
  const steps = issue?.code === "unrecognized_keys" ? [...issue.path, ...issue.keys.slice(0, 1)] : (issue?.path ?? []);
  const names = steps.filter((step) => typeof step === "string");
  const message = issue?.message ?? "is no mapping";
  throw fault(offsetOf(document.contents, steps), names.length === 0 ? message : `${names.join(" › ")}: ${message}`);
}

/** Where the value at the path is named; where there is none, the closest value around it. A list of one may be written as its only item. */
function offsetOf(root: unknown, steps: readonly PropertyKey[]): number | undefined {
  let node = root;
  let offset = isNode(root) ? root.range?.[0] : undefined;
  for (const step of steps) {
    if (isSeq(node)) node = node.items[Number(step)];
    else if (isMap(node) && typeof step === "string") {
      const pair: Pair | undefined = node.items.find(({ key }) => isScalar(key) && key.value === step);
      if (pair === undefined) break;
      if (isNode(pair.key)) offset = pair.key.range?.[0] ?? offset;
      node = pair.value;
    }
  }
  return offset;
}

function compile(file: MappingFile): Mapping {
  return {
    format: file.format,
    provider: file.provider,
    columns: file.columns ?? [],
    record: rulesOf(file.fields),
    header: rulesOf(file.header),
    key: rulesOf(file.key),
  };
}

function rulesOf(entries: MappingFile["fields"]): Rules {
  const fields: FieldRule[] = [];
  const times: FieldRule[] = [];
  const contexts: ContextRule[] = [];
  const parents = new Map<string, readonly string[]>();
  for (const [name, list] of Object.entries(entries)) {
    const path = name.split(".");
    const member = path.at(-1) ?? "";
    const parent = parents.get(name.slice(0, -member.length)) ?? path.slice(0, -1);
    parents.set(name.slice(0, -member.length), parent);
    for (const entry of list) {
      const target = TARGETS[entry.to];
      if (target === undefined) {
        const field = entry.to as ContextField;
        contexts.push({
          name,
          parent,
          member,
          field,
          type: formOf(field) === "string" ? (entry.type as ContextType) : kindOf(entry),
        });
      } else {
        const rule = { name, parent, member, kind: kindOf(entry), optional: entry.optional, target };
        (entry.to === "time" ? times : fields).push(rule);
      }
    }
  }
  return { fields, times, contexts };
}

function kindOf({ type, unit, values }: MappingEntry): Kind {
  if (values !== undefined) {
    // As the program writes them: what compares texts with its own is fast when they are the same string.
    const own = Object.entries(values).map(([word, value]) => [
      word,
      wordsOf(type as FieldType)?.find((known) => known === value) ?? value,
    ]);
    return wordKind(`bad-${type}`, Object.fromEntries(own));
  }
  if (type === "time") return TIME_UNITS[unit as keyof typeof TIME_UNITS];
  return KINDS[type as keyof typeof KINDS];
}
