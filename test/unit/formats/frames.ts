/** How records of JSON may stand in an object, written by hand and not by what reads them. */
export interface Frame {
  readonly name: string;
  /** The object's text. */
  readonly put: (records: readonly string[]) => string;
}

/** The JSON text over several lines; what stands in it is not changed. */
export function indented(text: string, step: string, newline = "\n"): string {
  let depth = 0;
  let out = "";
  const line = () => `${newline}${step.repeat(depth)}`;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g)) {
    if (token === "{" || token === "[") {
      depth++;
      out += token + line();
    } else if (token === "}" || token === "]") {
      depth--;
      out = /[{[]\s*$/.test(out) ? out.trimEnd() + token : out + line() + token;
    } else if (token === ",") out += token + line();
    else out += token === ":" ? ": " : token;
  }
  return out;
}

const spaced = (text: string) => text.replaceAll(/("(?:[^"\\]|\\.)*")|([:,])/g, (_, string, mark) => string ?? `${mark} `);
const lines = (records: readonly string[], end = "\n") => records.map((record) => record + end).join("");
const list = (records: readonly string[]) => `[${records.join(",")}]`;

/** The records two by two. */
function pairs(records: readonly string[]): string[][] {
  const groups: string[][] = [];
  for (let at = 0; at < records.length; at += 2) groups.push(records.slice(at, at + 2));
  return groups;
}

/** Frames that any JSON records may stand in. */
export const FRAMES: readonly Frame[] = [
  { name: "a line each", put: (records) => lines(records) },
  { name: "a line each, the last one without an end", put: (records) => records.join("\n") },
  { name: "lines that end with CR LF", put: (records) => lines(records, "\r\n") },
  { name: "lines with blank ones between", put: (records) => lines(records, "\n\n \t\r\n") },
  { name: "lines that end with a comma", put: (records) => lines(records, ",\n") },
  { name: "lines with blanks after commas and colons", put: (records) => lines(records.map(spaced)) },
  { name: "a byte order mark before each line", put: (records) => records.map((record) => `\ufeff${record}\n`).join("") },
  { name: "joined", put: (records) => records.join("") },
  { name: "joined with commas", put: (records) => `${records.join(",")},` },
  { name: "joined with blanks", put: (records) => records.join(" \t ") },
  { name: "a text sequence", put: (records) => records.map((record) => `\u001e${record}\n`).join("") },
  { name: "separated by NUL", put: (records) => records.map((record) => `${record}\0`).join("") },
  { name: "indented", put: (records) => lines(records.map((record) => indented(record, "  "))) },
  {
    name: "indented by tabs, CR LF",
    put: (records) =>
      lines(
        records.map((record) => indented(record, "\t", "\r\n")),
        "\r\n",
      ),
  },
  { name: "over several lines without indentation", put: (records) => lines(records.map((record) => indented(record, ""))) },
  { name: "indented and joined", put: (records) => records.map((record) => indented(record, "    ")).join("") },
  { name: "indented with commas", put: (records) => records.map((record) => indented(record, "    ")).join(",\n") },
  { name: "a list", put: list },
  { name: "a list with blanks", put: (records) => spaced(list(records)) },
  { name: "an indented list", put: (records) => indented(list(records), "  ") },
  { name: "a list of a line each", put: (records) => `[\n${records.join(",\n")}\n]\n` },
  { name: "a list of a line each, on the first line too", put: (records) => `[${records.join(",\n ")}]\n` },
  { name: "a list of a line each, commas first", put: (records) => `[ ${records.join("\n, ")}\n]\n` },
  { name: "a list with stray commas", put: (records) => `[,${records.join(",,")},]` },
  {
    name: "indented records that begin where others end",
    put: (records) => `[${records.map((record) => indented(record, "  ")).join(", ")}]`,
  },
  { name: "a list a line", put: (records) => lines(pairs(records).map(list)) },
  { name: "lists joined", put: (records) => pairs(records).map(list).join("") },
  { name: "lists of lists", put: (records) => list(pairs(records).map(list)) },
  {
    name: "indented lists one after another",
    put: (records) => lines(pairs(records).map((group) => indented(list(group), "\t"))),
  },
  {
    name: "indented, then a line each",
    put: (records) => lines(pairs(records).flatMap(([first = "", ...others]) => [indented(first, "  "), ...others])),
  },
  { name: "a list, then a line each", put: (records) => `${list(records.slice(0, 2))}\n${lines(records.slice(2))}` },
];

const result = (record: string) => `{"data":${record}}`;
const answer = (records: readonly string[]) =>
  `{"data":{"fields":null,"results":${list(records.map(result))},"summary":{"field-count":null,"result-count":${records.length}}},` +
  `"opc-next-page":"a{]"}`;

/** Frames in which the service's search answers, and its command line prints that. */
export const RESULT_FRAMES: readonly Frame[] = [
  { name: "results of the command line", put: (records) => indented(answer(records), "  ") },
  { name: "results in one line", put: (records) => answer(records) },
  { name: "pages of results, a line each", put: (records) => lines(pairs(records).map(answer)) },
  { name: "pages of results, indented", put: (records) => lines(pairs(records).map((group) => indented(answer(group), "    "))) },
  { name: "results of the service", put: (records) => `{"results":${list(records.map(result))},"fields":[],"summary":{}}` },
  { name: "a list as data", put: (records) => `{"data":${list(records)}}` },
];

/** Ways to break a record whose text is indented or not, none of which is still right JSON. */
export const DAMAGE: Readonly<Record<string, (record: string) => string>> = {
  "half of it is missing": (record) => record.slice(0, Math.floor(record.length * 0.6)),
  "it ends after a colon": (record) => record.slice(0, record.indexOf(":", 150) + 1),
  "its last brace is missing": (record) => record.slice(0, -1),
  "its beginning is missing": (record) => record.slice(Math.floor(record.length * 0.3)),
  "its first brace is missing": (record) => record.slice(1),
  "the quote of its first name is missing": (record) => record.replace('"', ""),
  "a quote is missing": (record) => record.replace('"ACCEPT', "ACCEPT"),
  "there is a quote too many": (record) => record.replace("ACCEPT", 'ACC"EPT'),
  "an inner brace is missing": (record) => record.replace(/\}(\s*,\s*"id")/, "$1"),
  "there is a brace too many that opens": (record) => record.replace('"packets"', '{"packets"'),
  "there is a brace too many that closes": (record) => record.replace('"packets"', '}"packets"'),
  "there is a bracket": (record) => record.replace('"packets"', ']"packets"'),
  "a comma is missing": (record) => record.replace(/,(\s*"packets")/, "$1"),
  "a colon is missing": (record) => record.replace(/"packets"\s*:/, '"packets"'),
  "a text goes over two lines": (record) => record.replace("ACCEPT", "ACC\nEPT"),
  "a value has no quotes": (record) => record.replace('"ACCEPT"', "ACCEPT"),
};

/** The text with damage done to one of the events in it, none of which has a brace in its values. */
export function damagedAt(text: string, place: number, damage: (record: string) => string): string {
  const start = [...text.matchAll(/\{\s*"data"\s*:\s*\{\s*"action"/g)][place]?.index ?? Number.NaN;
  let depth = 0;
  for (let end = start; end < text.length; end++) {
    if (text[end] === "{") depth++;
    if (text[end] !== "}" || --depth > 0) continue;
    return text.slice(0, start) + damage(text.slice(start, end + 1)) + text.slice(end + 1);
  }
  throw new RangeError(`there is no event ${place}`);
}
