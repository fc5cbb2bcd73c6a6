/**
 * The floor: what it takes to decompress every object of a folder and to parse each of its lines, and nothing else.
 * `node test/bench/floor.ts DIR` prints one line of JSON.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

const [directory = ""] = process.argv.slice(2);
const LINE_END = 10;
const started = performance.now();
let records = 0;
let objects = 0;
for (const file of readdirSync(directory, { recursive: true, encoding: "utf8" })) {
  if (!file.endsWith(".gz")) continue;
  const text = gunzipSync(readFileSync(join(directory, file)));
  objects++;
  for (let start = 0, end = text.indexOf(LINE_END); end >= 0; start = end + 1, end = text.indexOf(LINE_END, start)) {
    const record: unknown = JSON.parse(text.toString("utf8", start, end));
    if (typeof record === "object") records++;
  }
}
process.stdout.write(`${JSON.stringify({ objects, records, seconds: (performance.now() - started) / 1000 })}\n`);
