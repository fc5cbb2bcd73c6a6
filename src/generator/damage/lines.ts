import { gzipSync } from "node:zlib";
import type { Exchange } from "../exchange.ts";
import type { DamagedDraft, Window } from "../formats/format.ts";
import type { LineDialect } from "../formats/line-dialect.ts";
import type { Random } from "../random.ts";
import { Entries, type Entry, recoverable, truthOf } from "./entries.ts";

const BOM = "\xef\xbb\xbf";

/** An object of lines with one thing broken in it, and what is left to read. */
export function damagedLines(
  kind: string,
  dialect: LineDialect,
  exchanges: readonly Exchange[],
  window: Window,
  random: Random,
): DamagedDraft {
  const kept = new Entries();
  for (const exchange of exchanges) dialect.encoder.write(exchange, 0, Number.POSITIVE_INFINITY, random, () => kept);
  const entries = kept.list;
  const times = entries.map(({ time }) => time);
  const last = Math.max(...times);
  const base = {
    key: dialect.key(window, Math.min(...times), last),
    time: Math.round((Math.max(window.to, last) + dialect.delay) * 1000),
    marks: [],
    metadata: {},
  };
  const place = entries.length >> 1;
  const broken = dialect.breakLine(kind, (entries[place] as Entry).text);
  const heading = dialect.heading === undefined ? [] : [dialect.heading];
  if (broken === undefined) return { ...base, ...wholeObject(kind, heading, entries) };

  const lines = [...heading, ...entries.map(({ text }) => text).toSpliced(place, 0, broken.text)];
  const truth = truthOf(entries);
  truth.records++;
  const described = { ...base, bytes: gzip(joined(lines)), truth, record: place + 1 };
  if (broken.skippedType !== undefined) {
    truth.skipped[broken.skippedType] = 1;
    return { ...described, outcome: "skipped" };
  }
  if (broken.bytes !== undefined) {
    if ((entries[place] as Entry).accepted) truth.accept++;
    else truth.reject++;
    truth.bytes += broken.bytes;
    return { ...described, outcome: "good" };
  }
  truth.bad++;
  return { ...described, outcome: "bad" };
}

type Rest = Pick<DamagedDraft, "bytes" | "truth" | "record" | "outcome">;

function wholeObject(kind: string, heading: readonly string[], entries: readonly Entry[]): Rest {
  const lines = [...heading, ...entries.map(({ text }) => text)];
  const text = joined(lines);
  const half = lines.length >> 1;
  const good = (bytes: Uint8Array): Rest => ({ bytes, truth: truthOf(entries), record: null, outcome: "good" });
  switch (kind) {
    case "truncated-gzip":
      return truncated(gzip(text), heading, entries);
    case "empty-object":
      return { bytes: new Uint8Array(0), truth: truthOf([]), record: null, outcome: "good" };
    case "empty-gzip":
      return { bytes: gzip(""), truth: truthOf([]), record: null, outcome: "good" };
    case "crlf":
      return good(gzip(text.replaceAll("\n", "\r\n")));
    case "bom":
      return good(gzip(BOM + text));
    case "members":
      return good(Buffer.concat([gzip(joined(lines.slice(0, half))), gzip(joined(lines.slice(half)))]));
    case "plain":
      return good(Buffer.from(text, "latin1"));
    case "no-last-newline":
      return good(gzip(text.slice(0, -1)));
    default:
      throw new RangeError(`this format knows no damage ${kind}`);
  }
}

/** Cut so that what is left ends inside a line. */
function truncated(bytes: Uint8Array, heading: readonly string[], entries: readonly Entry[]): Rest {
  for (let cut = Math.floor(bytes.length * 0.6); cut > 20; cut--) {
    const readable = recoverable(bytes.subarray(0, cut));
    const complete = readable.split("\n").length - 1 - heading.length;
    const tail = readable.slice(readable.lastIndexOf("\n") + 1);
    if (complete <= 0 || tail === "" || tail === entries[complete]?.text) continue;
    const truth = truthOf(entries.slice(0, complete));
    truth.broken = 1;
    return { bytes: bytes.subarray(0, cut), truth, record: complete + 1, outcome: "broken" };
  }
  throw new RangeError("too few lines to cut");
}

function joined(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}

function gzip(text: string): Uint8Array {
  return gzipSync(Buffer.from(text, "latin1"), { level: 6 });
}
