import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument, type Scalar, visit, type YAMLError } from "yaml";
import { describeError, UsageError } from "../lib/errors.ts";
import { Faults } from "./faults.ts";
import { resolveReferences, type Surroundings, WrongReference } from "./references.ts";

/** A parsed YAML file that still knows where everything stands. */
export interface Source {
  readonly file: string;
  readonly value: unknown;
  /** `file:line:column` of the value at the path, or of the nearest thing above it that exists; with `key`, of that key in the map there. */
  at(path: readonly PropertyKey[], key?: string): string;
  /** Whether the text at the path came from the environment, where numbers and booleans cannot be told from text. */
  fromEnvironment(path: readonly PropertyKey[]): boolean;
}

/** The largest configuration that is read, in characters. */
const MAX_LENGTH = 1024 * 1024;

/** Parses YAML and resolves the references in its values. Throws UsageError; no message quotes a value, which may be a secret. */
export function parseYaml(file: string, text: string, surroundings: Surroundings): Source {
  if (text.length > MAX_LENGTH) throw new UsageError("config-too-large", `${file}: larger than ${MAX_LENGTH} characters`);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const place = (offset: number | undefined) => {
    const { line, col } = lines.linePos(offset ?? 0);
    return `${file}:${line}:${col}`;
  };
  const [broken] = [...document.errors, ...document.warnings];
  if (broken !== undefined) {
    const advice = /[[{,]\s*[^"']*\$\{/.test(text) ? " (inside { } and [ ], a value with ${…} needs quotes)" : "";
    throw new UsageError("config-syntax", `${place(broken.pos[0])}: not valid YAML: ${faultOf(broken)}${advice}`);
  }
  checkAliases(document, place);
  const substituted = substitute(document, text, surroundings, place);
  return {
    file,
    value: toValue(document, file),
    at: (path, key) => place(offsetOf(document, path, key)),
    fromEnvironment: (path) => substituted.has(document.getIn(path, true)),
  };
}

/** Faults whose message quotes what stands in the file. */
const QUOTING: Readonly<Record<string, string>> = {
  TAG_RESOLVE_FAILED: "! begins a tag, and this tag is not known: put a text that begins with ! into quotes",
  BAD_DQ_ESCAPE: "this escape is not known inside double quotes: use single quotes, or \\\\ for a \\",
  UNEXPECTED_TOKEN: "this was not expected here; does the value need quotes?",
  BAD_DIRECTIVE: "this line is no directive that is known",
};

function faultOf({ code, message }: YAMLError): string {
  return /^Unexpected [\w,?-]+ (?:in|at) [\w ]+$/.test(message) ? message : (QUOTING[code] ?? message);
}

function checkAliases(document: Document, place: (offset: number | undefined) => string): void {
  visit(document, {
    Alias(_position, node) {
      if (node.resolve(document) !== undefined) return;
      const advice = "* refers to an anchor, and there is none of this name: put a text that begins with * into quotes";
      throw new UsageError("config-syntax", `${place(node.range?.[0])}: not valid YAML: ${advice}`);
    },
  });
}

function toValue(document: Document, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    throw new UsageError("config-syntax", `${file}: ${describeError(cause)}`, { cause });
  }
}

function offsetOf(document: Document, path: readonly PropertyKey[], key: string | undefined): number | undefined {
  for (let length = path.length; length >= 0; length -= 1) {
    const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
    if (!isNode(node)) continue;
    if (key !== undefined && length === path.length && isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && item.key.value === key);
      if (isScalar(pair?.key)) return pair.key.range?.[0];
    }
    return node.range?.[0];
  }
  return undefined;
}

function substitute(
  document: Document,
  text: string,
  surroundings: Surroundings,
  place: (offset: number | undefined) => string,
): Set<unknown> {
  const substituted = new Set<unknown>();
  const faults = new Faults();
  visit(document, {
    Scalar(position, node) {
      if (position === "key" || typeof node.value !== "string" || !node.value.includes("$")) return;
      const original = node.value;
      try {
        node.value = resolveReferences(original, surroundings);
      } catch (error) {
        if (!(error instanceof WrongReference)) throw error;
        const { message, cause } = error;
        const line = `${place(offsetIn(node, text, original, error.at))}: ${message}`;
        faults.of(() => {
          throw new UsageError("config-reference", line, { cause });
        });
      }
      if (node.value !== original) substituted.add(node);
    },
  });
  faults.refuse();
  return substituted;
}

/** Where a reference of a value begins in the file: escapes and indentation make the value another text than the file's. */
function offsetIn(node: Scalar, text: string, value: string, at: number): number | undefined {
  const [start, end] = node.range ?? [];
  if (start === undefined || end === undefined || at === 0) return start;
  const offsets = (where: string) => [...where.matchAll(/\$/g)].map(({ index }) => index);
  const inFile = offsets(text.slice(start, end));
  const inValue = offsets(value);
  const offset = inFile[inValue.indexOf(at)];
  return inFile.length !== inValue.length || offset === undefined ? start : start + offset;
}
