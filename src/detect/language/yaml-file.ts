import { isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseAllDocuments } from "yaml";

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

/** The documents of a file that are not empty. What is no YAML is reported, one line a mistake, and yields nothing. */
export function readYaml(text: string, file: string, report: Report): YamlDocument[] {
  if (Buffer.byteLength(text) > MAX_FILE_BYTES) {
    report(1, `the file is larger than ${MAX_FILE_BYTES} bytes`);
    return [];
  }
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false });
  if (!Array.isArray(documents)) return [];
  let bad = false;
  for (const problem of documents.flatMap((document) => [...document.errors, ...document.warnings])) {
    bad = true;
    report(lines.linePos(problem.pos[0]).line, `not valid YAML: ${problem.message}`);
  }
  if (bad) return [];
  const found: YamlDocument[] = [];
  for (const document of documents) {
    const root = document.contents as Node | null;
    if (root === null || (isScalar(root) && root.value === null)) continue;
    const line = lineOfNode(root, lines) ?? 1;
    try {
      const value: unknown = document.toJS({ maxAliasCount: 100 });
      found.push({ file, line, value, lineOf: (path) => lineOfPath(root, path, lines) ?? line });
    } catch (error) {
      report(line, `not valid YAML: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return found;
}

function lineOfPath(root: Node, path: Path, lines: LineCounter): number | undefined {
  let node: unknown = root;
  let line = lineOfNode(root, lines);
  for (const step of path) {
    if (isMap(node)) {
      const pair: Pair | undefined = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(step));
      if (pair === undefined) return line;
      line = lineOfNode(pair.key, lines) ?? line;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(step)];
      line = lineOfNode(node, lines) ?? line;
    } else return line;
  }
  return line;
}

function lineOfNode(node: unknown, lines: LineCounter): number | undefined {
  const start = (node as Node | undefined)?.range?.[0];
  return start === undefined ? undefined : lines.linePos(start).line;
}
