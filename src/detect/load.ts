import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { describeError, UsageError } from "../lib/errors.ts";
import { type Draft, readDraft } from "./language/draft.ts";
import { link } from "./language/link.ts";
import { readYaml, type YamlDocument } from "./language/yaml-file.ts";
import type { Rule } from "./rule.ts";

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

/** One line: `deploy/detections/x.yml:12: unknown field 'sourcePrt'; did you mean 'sourcePort'?` */
export function formatRuleError(error: RuleError): string {
  return `${error.file}:${error.line}: ${error.message}`;
}

/** Whether a file name is that of a rule file: `.yml` or `.yaml`, and not a rule's test cases (`.test.yml`). */
function isRuleFile(name: string): boolean {
  return /\.ya?ml$/.test(name) && !/\.test\.ya?ml$/.test(name);
}

/** The rules of a folder and the folders within it. Throws UsageError when the folder cannot be read. */
export async function loadRules(folder: string): Promise<RuleSet> {
  let names: string[];
  try {
    names = (await readdir(folder, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile() || entry.isSymbolicLink())
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
      .filter(isRuleFile)
      .sort();
  } catch (error) {
    throw new UsageError("rules-unreadable", `the rules folder ${folder} cannot be read: ${describeError(error)}`, {
      cause: error,
    });
  }
  const errors: RuleError[] = [];
  const files: RuleFile[] = [];
  for (const name of names) {
    const file = join(folder, name);
    try {
      files.push({ file, text: await readFile(file, "utf8") });
    } catch (error) {
      errors.push({ file, line: 1, message: `cannot be read: ${describeError(error)}` });
    }
  }
  const set = readRules(files);
  return { rules: set.rules, errors: [...errors, ...set.errors] };
}

/** The rules of files that have been read. What depends on a refused rule is refused too. */
export function readRules(files: readonly RuleFile[]): RuleSet {
  const errors: RuleError[] = [];
  const refused = new Map<string, string>();
  let drafts: Draft[] = [];
  for (const { file, text } of files) {
    const before = errors.length;
    const documents = readYaml(text, file, (line, message) => errors.push({ file, line, message }));
    const found = documents.map((document) => readDraft(document, (line, message) => errors.push({ file, line, message })));
    if (errors.length === before) drafts.push(...found.filter((draft) => draft !== undefined));
    else for (const document of documents) refuse(refused, document);
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
