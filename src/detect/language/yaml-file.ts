import { isMap, isScalar, isSeq, LineCounter, type Node, parseAllDocuments } from "yaml";

export type Path = readonly (string | number)[];

/** Takes what is wrong and on which line of the file. */
export type Report = (line: number, message: string) => void;

/** One document of a YAML file, as plain values, with the line of each of them. */
export interface YamlDocument {
  readonly file: string;
  /** Line of the document's first key. */
  readonly line: number;
  readonly value: unknown;
  /** Line on which the value at the path is named; where there is none, of the closest value around it. */
  lineOf(path: Path): number;
}

/** Larger files are refused before they are parsed. */
const MAX_FILE_BYTES = 1024 * 1024;

const understood = new Map<string, { readonly text: string; readonly documents: readonly YamlDocument[] }>();

/**
 * The documents of a file that are not empty, parsed anew only where its text has changed. What is no YAML is reported, one line a mistake,
 * and yields nothing.
 */
export function readYaml(text: string, file: string, report: Report): readonly YamlDocument[] {
  const known = understood.get(file);
  if (known?.text === text) return known.documents;
  understood.delete(file);
  if (Buffer.byteLength(text) > MAX_FILE_BYTES) {
    report(1, `the file is larger than ${MAX_FILE_BYTES} bytes`);
    return [];
  }
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false });
  if (!Array.isArray(documents)) return [];
  let bad = false;
  const wrong: Report = (line, message) => {
    bad = true;
    report(line, `not valid YAML: ${message}`);
  };
  for (const problem of documents.flatMap((document) => [...document.errors, ...document.warnings])) {
    wrong(lines.linePos(problem.pos[0]).line, problem.message);
  }
  if (bad) return [];
  const found: YamlDocument[] = [];
  for (const document of documents) {
    const root = document.contents as Node | null;
    if (root === null || (isScalar(root) && root.value === null)) continue;
    const line = lineOfNode(root, lines) ?? 1;
    try {
      const value: unknown = document.toJS({ maxAliasCount: 100 });
      const places = placesIn(root, lines);
      found.push({ file, line, value, lineOf: (path) => lineOfPath(places, path) ?? line });
    } catch (error) {
      wrong(line, error instanceof Error ? error.message : String(error));
    }
  }
  if (!bad) understood.set(file, { text, documents: found });
  return found;
}

/** The line of a value, and what is within it: what is kept of a document beside its value. */
interface Place {
  readonly line: number | undefined;
  readonly within?: ReadonlyMap<string, Place>;
}

function placesIn(node: unknown, lines: LineCounter, line = lineOfNode(node, lines)): Place {
  const within = new Map<string, Place>();
  if (isMap(node)) {
    for (const { key, value } of node.items) {
      if (!isScalar(key) || within.has(String(key.value))) continue;
      within.set(String(key.value), placesIn(value, lines, lineOfNode(key, lines)));
    }
  } else if (isSeq(node)) {
    for (const [index, item] of node.items.entries()) within.set(String(index), placesIn(item, lines));
  } else return { line };
  return { line, within };
}

function lineOfPath(root: Place, path: Path): number | undefined {
  let line = root.line;
  let place: Place | undefined = root;
  for (const step of path) {
    place = place?.within?.get(String(step));
    line = place?.line ?? line;
  }
  return line;
}

function lineOfNode(node: unknown, lines: LineCounter): number | undefined {
  const start = (node as Node | undefined)?.range?.[0];
  return start === undefined ? undefined : lines.linePos(start).line;
}
