import { stringify } from "yaml";
import { z } from "zod";
import { hint } from "./hint.ts";
import { detectorOptions } from "./language/schema.ts";
import { type Report, readYaml, type YamlDocument } from "./language/yaml-file.ts";

/** By a rule's name: its thresholds, times and level. */
export type Tune = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** What users change of rules without copying them. */
export interface Tuning {
  readonly tune: Tune;
  /** The file that says so; without it, the configuration. */
  readonly tuneFile?: YamlDocument | undefined;
  /** What the named rules, or all, leave alone: each a selection as in a rule's `detection`. */
  readonly exceptions: readonly Exception[];
}

export interface Exception {
  readonly title?: string | undefined;
  /** Names of rules; without it every rule. */
  readonly rules?: readonly string[] | undefined;
  /** Fields, with modifiers, and their values. */
  readonly when: Readonly<Record<string, unknown>>;
}

export const NO_TUNING: Tuning = { tune: {}, exceptions: [] };

/** Where the options of a rule stand in its document. What is not among them is the detector's. */
const PLACES: Readonly<Record<string, readonly string[]>> = {
  level: ["level"],
  gte: ["correlation", "condition", "gte"],
  timespan: ["correlation", "timespan"],
  throttle: ["flow", "throttle"],
  dedup: ["flow", "dedup"],
};
const DETECTOR = ["flow", "detector"] as const;

type Members = Record<string, unknown>;

/**
 * The documents with what `tune` says of their rules; each value is judged with the rule, as if it stood there. `report` takes the
 * names of rules and options that are none.
 */
export function tuneDocuments(
  documents: readonly YamlDocument[],
  { tune }: Tuning,
  report: (path: readonly string[], message: string) => void,
): YamlDocument[] {
  const nameOf = ({ value }: YamlDocument): unknown => (value as Members | null)?.name;
  const names = documents.map(nameOf).filter((name) => typeof name === "string");
  for (const name of Object.keys(tune)) {
    if (!names.includes(name)) report([name], `there is no such rule${hint(name, names)}`);
  }
  return documents.map((document) => {
    const name = nameOf(document);
    if (typeof name !== "string" || !Object.hasOwn(tune, name)) return document;
    const value = structuredClone(document.value) as Members;
    for (const [option, to] of Object.entries(tune[name] ?? {})) {
      const known = optionsOf(value);
      if (!known.includes(option)) report([name, option], `this rule has no such option${hint(option, known)}`);
      else put(value, PLACES[option] ?? [...DETECTOR, option], to);
    }
    return { ...document, value };
  });
}

/** Whether something of the document's rule is tuned. */
export function isTuned({ value }: YamlDocument, { tune }: Tuning): boolean {
  const name: unknown = (value as Members | null)?.name;
  return typeof name === "string" && Object.hasOwn(tune, name);
}

const tuneSchema = z.record(z.string(), z.record(z.string(), z.unknown()));

/** What a file tunes: a map as `alerts.tune`. What is none is reported with its line, and tunes nothing. */
export function readTune(text: string, file: string, report: Report): Pick<Tuning, "tune" | "tuneFile"> {
  const [document, second] = readYaml(text, file, report);
  if (second !== undefined) report(second.line, "a second document: what is tuned stands in one");
  if (document === undefined) return { tune: {} };
  const parsed = tuneSchema.safeParse(document.value);
  if (parsed.success) return { tune: parsed.data, tuneFile: document };
  for (const { path } of parsed.error.issues) {
    const at = path.map(String);
    const where = at.length === 0 ? "" : `${at.join(".")}: `;
    report(document.lineOf(at), `${where}expected names of rules with options, as in \`brute_force: {gte: 50}\``);
  }
  return { tune: {} };
}

/** What can be said of the rule: thresholds and timespans where it has them, and its detector's options. */
function optionsOf(rule: Members): string[] {
  const has = (path: readonly string[]) =>
    path.reduce<unknown>((at, step) => (at as Members | undefined)?.[step], rule) !== undefined;
  const detector = (rule.flow as Members | undefined)?.detector as Members | undefined;
  const own = Object.entries(PLACES).flatMap(([option, path]) => (path[0] !== "correlation" || has(path) ? [option] : []));
  return [...own, ...detectorOptions(detector?.type)];
}

function put(rule: Members, path: readonly string[], value: unknown): void {
  let at = rule;
  for (const step of path.slice(0, -1)) {
    at[step] ??= {};
    at = at[step] as Members;
  }
  at[path.at(-1) as string] = value;
}

/** An exception as a filter document of Sigma. `rules: any` is every rule. */
export function filterText({ title, rules, when }: Exception): string {
  return stringify({
    title: title ?? `Exception: ${Object.keys(when).join(", ")}`,
    logsource: { category: "network_connection", product: "flowferry" },
    filter: { rules: rules ?? "any", exception: when, condition: "not exception" },
  });
}
