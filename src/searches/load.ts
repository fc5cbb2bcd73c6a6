import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { validate } from "../detect/language/validate.ts";
import { type Report, readYaml, type YamlDocument } from "../detect/language/yaml-file.ts";
import { describeError, UsageError } from "../lib/errors.ts";
import { buildSearch } from "./build.ts";
import { type NativeDocument, nativeDocument, type SearchDocument, searchDocument } from "./schema.ts";
import type { NativeSearch, Search, SearchMeta } from "./search.ts";

/** What is wrong with a search, and where. `formatRuleError` makes one line of it. */
export interface SearchError {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

export interface SearchSet {
  /** In the order of files. */
  readonly searches: readonly (Search | NativeSearch)[];
  /** A file with an error contributes no search; the others do. */
  readonly errors: readonly SearchError[];
}

export function isNative(search: Search | NativeSearch): search is NativeSearch {
  return "native" in search;
}

/** The searches of a folder, one a file. Throws UsageError when the folder cannot be read. */
export function loadSearches(folder: string): SearchSet {
  let names: string[];
  try {
    names = readdirSync(folder)
      .filter((name) => /\.ya?ml$/.test(name))
      .sort();
  } catch (cause) {
    throw new UsageError("searches-unreadable", `the searches folder ${folder} cannot be read: ${describeError(cause)}`, {
      cause,
    });
  }
  const errors: SearchError[] = [];
  const files: { file: string; text: string }[] = [];
  for (const name of names) {
    const file = join(folder, name);
    try {
      files.push({ file, text: readFileSync(file, "utf8") });
    } catch (error) {
      errors.push({ file, line: 1, message: `cannot be read: ${describeError(error)}` });
    }
  }
  const set = readSearchFiles(files);
  return { searches: set.searches, errors: [...errors, ...set.errors] };
}

/** The searches of files that have been read. */
export function readSearchFiles(files: readonly { readonly file: string; readonly text: string }[]): SearchSet {
  const errors: SearchError[] = [];
  const searches = new Map<string, Search | NativeSearch>();
  for (const { file, text } of files) {
    const before = errors.length;
    const report: Report = (line, message) => errors.push({ file, line, message });
    const id = basename(file).replace(/\.ya?ml$/, "");
    const search = readSearch(text, file, id, report);
    const other = searches.get(id);
    if (other !== undefined) report(1, `the name '${id}' is taken by ${other.file}`);
    else if (search !== undefined && errors.length === before) searches.set(id, search);
  }
  return { searches: [...searches.values()], errors };
}

function readSearch(text: string, file: string, id: string, report: Report): Search | NativeSearch | undefined {
  const [document, second] = readYaml(text, file, report);
  if (!/^[a-z][a-z0-9_]{1,63}$/.test(id)) {
    report(1, `the file's name must be 2 to 64 lower-case letters, digits and underscores, a letter first`);
    return undefined;
  }
  if (document === undefined) {
    report(1, "the file holds no search");
    return undefined;
  }
  if (second !== undefined) {
    report(second.line, "a file holds one search: put this one into a file of its own");
    return undefined;
  }
  const { value } = document;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    report(document.line, `a search is a map with ${Object.keys(searchDocument.shape).join(", ")}`);
    return undefined;
  }
  return Object.hasOwn(value, "native") ? readNative(document, id, report) : readNeutral(document, id, report);
}

function readNative(document: YamlDocument, id: string, report: Report): NativeSearch | undefined {
  const content = validate(nativeDocument, document, report);
  return content && { ...metaOf(content, document, id), native: new Map(Object.entries(content.native)) };
}

function readNeutral(document: YamlDocument, id: string, report: Report): Search | undefined {
  const content = validate(searchDocument, document, report);
  return content && buildSearch(metaOf(content, document, id), content, document, report);
}

function metaOf(content: SearchDocument | NativeDocument, { file, line }: YamlDocument, id: string): SearchMeta {
  const { title, description, visualisation, period } = content;
  return { id, title, description, visualisation, periodMs: period, file, line };
}
