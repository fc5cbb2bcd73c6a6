import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument, visit } from "yaml";
import { UsageError } from "../errors.ts";

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

/**
 * Parses YAML and replaces `${VAR}` and `${VAR:-default}` in its values with the environment; `$${` stands for a literal `${`.
 */
export function parseYaml(file: string, text: string, env: NodeJS.ProcessEnv): Source {
  if (text.length > MAX_LENGTH) throw new UsageError("config-too-large", `${file}: larger than ${MAX_LENGTH} characters`);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const place = (offset: number | undefined) => {
    const { line, col } = lines.linePos(offset ?? 0);
    return `${file}:${line}:${col}`;
  };
  const [broken] = document.errors;
  if (broken !== undefined) {
    const advice = /[[{,]\s*[^"']*\$\{/.test(text) ? " (inside { } and [ ], a value with ${…} needs quotes)" : "";
    throw new UsageError("config-syntax", `${place(broken.pos[0])}: not valid YAML: ${broken.message}${advice}`);
  }
  const substituted = substitute(document, env, place);
  return {
    file,
    value: document.toJS({ maxAliasCount: 100 }),
    at: (path, key) => place(offsetOf(document, path, key)),
    fromEnvironment: (path) => substituted.has(document.getIn(path, true)),
  };
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

const REFERENCE = /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g;

function substitute(document: Document, env: NodeJS.ProcessEnv, place: (offset: number | undefined) => string): Set<unknown> {
  const substituted = new Set<unknown>();
  visit(document, {
    Scalar(position, node) {
      if (position === "key" || typeof node.value !== "string" || !node.value.includes("${")) return;
      const original = node.value;
      const replaced = original.replace(REFERENCE, (_reference, name: string | undefined, fallback: string | undefined) => {
        if (name === undefined) return "${";
        const value = env[name];
        if (value !== undefined && value !== "") return value;
        if (fallback !== undefined) return fallback;
        throw new UsageError(
          "config-environment",
          `${place(node.range?.[0])}: environment variable ${name} is not set: set it, or give a default as in \${${name}:-default}`,
        );
      });
      node.value = replaced;
      substituted.add(node);
    },
  });
  return substituted;
}
