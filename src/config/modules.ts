import { describeError, UsageError } from "../lib/errors.ts";
import { importFrom } from "../lib/modules.ts";
import type { Kind, Kinds, Registry } from "../registry.ts";
import type { Source as Yaml } from "./yaml.ts";

/** A place in a configuration that may name a module instead of a part. */
interface Reference {
  /** What the module may bring there, by the names of its exports; the first is what its default export is taken for. */
  readonly kinds: readonly Kind[];
  readonly module: string;
  readonly place: string;
}

/** How a configuration names a module: `npm:` and a package, or a path that begins with `./`, `../` or `/`. */
export const MODULE = "^(npm:.|\\.{0,2}/)";

/** Whether a word of a configuration names a module. */
function isModule(word: unknown): word is string {
  return typeof word === "string" && new RegExp(MODULE).test(word);
}

/**
 * The registry with the parts of the modules that a configuration names, under the words by which it names them. Throws UsageError with the
 * place in the file for a module that is not there, throws while it is loaded, or has no such part.
 */
export async function withModules(yaml: Yaml, registry: Registry, baseDir: string): Promise<Registry> {
  const references = referencesIn(yaml);
  if (references.length === 0) return registry;
  const extended = registry.copy();
  const known = new Set<string>();
  for (const { kinds, module, place } of references) {
    if (known.has(`${kinds[0]} ${module}`)) continue;
    known.add(`${kinds[0]} ${module}`);
    try {
      await register(extended, kinds, module, baseDir);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      throw new UsageError(error.code, `${place}: ${error.message}`, { cause: error });
    }
  }
  return extended;
}

/** Adds the module's part to the registry, under the word that names the module. */
export async function register(registry: Registry, kinds: readonly Kind[], module: string, baseDir: string): Promise<void> {
  const exports = await importFrom(module.replace(/^npm:/, ""), baseDir, "part-module");
  const [first] = kinds;
  const kind = kinds.find((candidate) => exports[candidate] !== undefined) ?? first;
  if (kind === undefined) return;
  const part = exports[kind] ?? exports.default;
  if (part === undefined) {
    const names = Object.keys(exports).filter((name) => name !== "module.exports");
    throw new UsageError(
      "part-module",
      `module ${module} exports no ${kinds.join(" or ")}, and nothing as its default; it exports ${names.join(", ") || "nothing"}`,
    );
  }
  try {
    // A dialect is called by its own name, which is that of its folder.
    registry.register(kind, part as Kinds[Kind], kind === "dialect" ? undefined : module);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError("part-module", `module ${module}: ${describeError(error)}`, { cause: error });
  }
}

function referencesIn(yaml: Yaml): Reference[] {
  const found: Reference[] = [];
  const see = (kinds: readonly Kind[], word: unknown, path: readonly PropertyKey[], key?: string) => {
    if (isModule(word)) found.push({ kinds, module: word, place: yaml.at(path, key) });
  };
  const seeNetworks = (enrich: unknown, path: readonly PropertyKey[]) => {
    for (const key of Object.keys(blockOf(enrich))) see(["network"], key, path, key);
  };
  const seeSource = (source: unknown, path: readonly PropertyKey[]) => {
    const { type, layout } = blockOf(source);
    see(["source", "bucket"], type, [...path, "type"]);
    see(["layout"], layout, [...path, "layout"]);
  };
  const { source, sources, format, sinks, alerts, enrich } = blockOf(yaml.value);
  see(["format"], format, ["format"]);
  seeSource(source, ["source"]);
  for (const [index, one] of listOf(sources).entries()) {
    const path = ["sources", index];
    seeSource(one, path);
    see(["format"], blockOf(one).format, [...path, "format"]);
    seeNetworks(blockOf(one).enrich, [...path, "enrich"]);
  }
  for (const [index, sink] of listOf(sinks).entries()) see(["sink"], blockOf(sink).type, ["sinks", index, "type"]);
  for (const key of Object.keys(blockOf(alerts))) see(["notifier"], key, ["alerts"], key);
  seeNetworks(enrich, ["enrich"]);
  return found;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function blockOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
