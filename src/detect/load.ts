import { readdir, readFile, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { describeError, UsageError } from "../lib/errors.ts";
import { printable } from "../lib/printable.ts";
import { type Draft, readDraft } from "./language/draft.ts";
import { link } from "./language/link.ts";
import { readYaml, type YamlDocument } from "./language/yaml-file.ts";
import type { Rule } from "./rule.ts";
import { filterText, isTuned, NO_TUNING, type Tuning, tuneDocuments } from "./tuning.ts";

/** What is wrong with a rule file, and where. */
export interface RuleError {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

export interface RuleSet {
  /** In the order of files and documents. */
  readonly rules: readonly Rule[];
  /** A file with an error contributes no rule at all; the others do. */
  readonly errors: readonly RuleError[];
}

export interface RuleFile {
  readonly file: string;
  readonly text: string;
}

/** Line of what stands in no rule file but in the configuration. */
const NOWHERE = 0;

/** One line, whatever stands in the rule: `deploy/detections/x.yml:12: unknown field 'sourcePrt'; did you mean 'sourcePort'?` */
export function formatRuleError({ file, line, message }: RuleError): string {
  return printable(line === NOWHERE ? `${file}: ${message}` : `${file}:${line}: ${message}`);
}

/** Whether a file name is that of a rule file: `.yml` or `.yaml`, and not a rule's test cases (`.test.yml`). */
function isRuleFile(name: string): boolean {
  return /\.ya?ml$/.test(name) && !/\.test\.ya?ml$/.test(name);
}

/**
 * The rules of folders and the folders within them, and of single files, as `tuning` has them. Throws UsageError when one cannot be read.
 */
export async function loadRules(places: string | readonly string[], tuning: Tuning = NO_TUNING): Promise<RuleSet> {
  const { files, errors } = await readRuleFiles(typeof places === "string" ? [places] : places);
  const set = readRules(files, tuning);
  return { rules: set.rules, errors: [...errors, ...set.errors] };
}

/** The texts of the rule files of folders and the folders within them, and of single files. Throws UsageError as `ruleFilesOf`. */
export async function readRuleFiles(places: readonly string[]): Promise<{ files: RuleFile[]; errors: RuleError[] }> {
  const errors: RuleError[] = [];
  const files: RuleFile[] = [];
  for (const place of places) {
    for (const file of await ruleFilesOf(place)) {
      try {
        files.push({ file, text: await readFile(file, "utf8") });
      } catch (error) {
        errors.push({ file, line: 1, message: `cannot be read: ${describeError(error)}` });
      }
    }
  }
  return { files, errors };
}

/** The rule files of a folder, by name; a file is its own. Throws UsageError when it cannot be read. */
export async function ruleFilesOf(place: string): Promise<string[]> {
  try {
    if ((await stat(place)).isFile()) return [place];
    return (await readdir(place, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile() || entry.isSymbolicLink())
      .map((entry) => relative(place, join(entry.parentPath, entry.name)))
      .filter(isRuleFile)
      .sort()
      .map((name) => join(place, name));
  } catch (error) {
    throw new UsageError("rules-unreadable", `the rules folder ${place} cannot be read: ${describeError(error)}`, {
      cause: error,
    });
  }
}

/** The rules of files that have been read, as `tuning` has them. What depends on a refused rule is refused too. */
export function readRules(files: readonly RuleFile[], tuning: Tuning = NO_TUNING): RuleSet {
  const errors: RuleError[] = [];
  const refused = new Map<string, string>();
  const read = files.map(({ file, text }) => {
    const before = errors.length;
    const documents = readYaml(text, file, (line, message) => errors.push({ file, line, message }));
    return { documents, wrong: errors.length > before };
  });
  const exceptions = tuning.exceptions.flatMap((exception, index) =>
    readYaml(filterText(exception), `alerts.except.${index}`, () => {}).map((document) => ({
      ...document,
      lineOf: () => NOWHERE,
    })),
  );
  const all = tuneDocuments(
    read.flatMap(({ documents }) => documents),
    tuning,
    (path, message) => {
      const { tuneFile } = tuning;
      const place = path.join(".");
      if (tuneFile === undefined) errors.push({ file: `alerts.tune.${place}`, line: NOWHERE, message });
      else errors.push({ file: tuneFile.file, line: tuneFile.lineOf(path), message: `${place}: ${message}` });
    },
  );
  let drafts: Draft[] = [];
  const wrong = new Set(read.flatMap(({ documents, wrong }) => (wrong ? documents.map(({ file }) => file) : [])));
  const found = [...all, ...exceptions].map((document) => ({
    document,
    draft: readDraft(document, (line, message) => {
      wrong.add(document.file);
      errors.push({ file: document.file, line, message: isTuned(document, tuning) ? `${message} (as it is tuned)` : message });
    }),
  }));
  for (const { document, draft } of found) {
    if (wrong.has(document.file)) refuse(refused, document);
    else if (draft !== undefined) drafts.push(draft);
  }
  for (;;) {
    const before = errors.length;
    const rules = link(drafts, refused, ({ file }, line, message) => errors.push({ file, line, message }));
    if (errors.length === before) return { rules, errors: sortErrors(errors) };
    const bad = new Set(errors.slice(before).map((error) => error.file));
    for (const draft of drafts) if (bad.has(draft.document.file)) refuse(refused, draft.document);
    drafts = drafts.filter((draft) => !bad.has(draft.document.file));
  }
}

function refuse(refused: Map<string, string>, { value, file, line }: YamlDocument): void {
  if (typeof value !== "object" || value === null) return;
  for (const key of ["name", "id"] as const) {
    const name = (value as Readonly<Record<string, unknown>>)[key];
    if (typeof name === "string") refused.set(name.toLowerCase(), `${file}:${line}`);
  }
}

function sortErrors(errors: readonly RuleError[]): RuleError[] {
  return [...errors].sort((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1));
}
