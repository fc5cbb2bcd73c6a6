import type { Secrets } from "../contracts.ts";
import { plain, type Reading, readingsOf, squeezed } from "./reading.ts";

/** What stands where a secret was. */
const MARK = "***";

/**
 * Knows every secret of one process, and takes them out of every text that leaves it. A secret is found as it is, percent-encoded,
 * escaped for JSON or HTML, in base64, broken into lines, and cut off where the text is cut.
 *
 * A secret that could be a word (shorter than 6 characters, or a plain word or number of less than 12) is only taken out where it
 * stands beside its name, as in `token=example`: "example" and "true" keep their meaning everywhere else.
 */
export class Scrubber implements Secrets {
  readonly #secrets = new Map<string, Finder>();
  readonly #passing: string[] = [];

  add(value: string, ...names: string[]): void {
    const key = JSON.stringify([value, ...names]);
    if (value !== "" && !this.#secrets.has(key)) this.#secrets.set(key, finderOf(value, names));
  }

  addPassing(value: string): void {
    const key = JSON.stringify([value]);
    if (this.#secrets.has(key)) return;
    this.add(value);
    this.#passing.push(key);
    if (this.#passing.length > MOST_PASSING) this.#secrets.delete(this.#passing.shift() as string);
  }

  /** The text without secrets. */
  readonly scrub = (text: string): string => {
    if (this.#secrets.size === 0) return text;
    const spans: Span[] = [];
    for (const reading of readingsOf(text)) {
      const view = { ...reading, folded: folded(reading.text) };
      for (const find of this.#secrets.values()) {
        for (const [from, to] of find(view)) spans.push([reading.starts[from] as number, reading.ends[to - 1] as number]);
      }
    }
    return withoutSpans(text, spans);
  };
}

/** How many of the secrets that pass are known, the latest. */
const MOST_PASSING = 64;

/** From, and to before. */
type Span = readonly [number, number];

interface View extends Reading {
  /** The text without regard to case. */
  readonly folded: string;
}

type Finder = (view: View) => Span[];

function finderOf(value: string, names: readonly string[]): Finder {
  if (!standsOut(value)) return besideItsName(value, names);
  const needles = [...new Set([...spellings(value), ...base64s(value)])].map((text) => ({ text, folded: folded(text) }));
  return ({ text, folded: foldedText }) =>
    needles.flatMap((needle) => {
      const [where, what] = needle.text.length < LONG ? [text, needle.text] : [foldedText, needle.folded];
      return [...occurrences(where, what), ...cutOff(where, what)];
    });
}

/** Shorter ones are found everywhere by chance. */
const LEAST = 6;
/** Secrets of this length are no single words, and are found in any case. */
const LONG = 12;

/** Whether the value is no word: wherever it stands, it is the secret. */
export function standsOut(value: string): boolean {
  return value.length >= LONG || (value.length >= LEAST && !isWordy(value));
}

/** Whether a text is made of words and numbers, as `us-south`, `application/json` and `2026-01-31` are. */
export function isWordy(text: string): boolean {
  return text
    .split(/[^A-Za-z0-9]+/)
    .every((piece) => /^(?:[A-Z]?[a-z]{0,14}|(?:[A-Z]?[a-z]{2,14}){2,3}|v?\d{1,11})$/.test(piece));
}

/** The value as it stands and without escapes of its own; spaces as forms have them; without blanks. */
function spellings(value: string): string[] {
  const exact = [value, plain(value)];
  const all = exact.flatMap((text) => [text, text.replaceAll(" ", "+")]);
  return [...all, ...all.map(squeezed)].filter(({ length }) => length >= LEAST);
}

/**
 * The value in base64 and base64url, wherever it begins in what was encoded: only the characters that are the value's alone, since the
 * first and the last may be its neighbours' too.
 */
function base64s(value: string): string[] {
  const forms = [value, formEncoded(value), JSON.stringify(value).slice(1, -1)];
  return [...new Set(forms)].flatMap((form) =>
    [0, 1, 2].flatMap((before) => {
      const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(form)]);
      const own = (text: string): string => text.slice(before === 0 ? 0 : before + 1, Math.floor((bytes.length * 8) / 6));
      return [own(bytes.toString("base64")), own(bytes.toString("base64url"))];
    }),
  );
}

function formEncoded(value: string): string {
  return encodeURIComponent(value.toWellFormed());
}

function folded(text: string): string {
  const lower = text.toLowerCase();
  return lower.length === text.length ? lower : text;
}

function occurrences(text: string, needle: string): Span[] {
  const spans: Span[] = [];
  for (let at = text.indexOf(needle); at >= 0; at = text.indexOf(needle, at + 1)) spans.push([at, at + needle.length]);
  return spans;
}

/** Least of a secret that is recognized before a cut, in characters. */
const LEAST_BEGINNING = 8;
/** The end of a text, an ellipsis, and what an escape leaves that is cut itself. */
const CUT = /(?:%[0-9A-Fa-f]?|\\(?:u[0-9A-Fa-f]{0,3}|x[0-9A-Fa-f]?)?|&#?\w{0,6})?(?:$|…|\.\.\.)/g;

/** Beginnings of the needle that end where the text was cut. */
function cutOff(text: string, needle: string): Span[] {
  if (needle.length < 2 * LEAST_BEGINNING) return [];
  const beginning = needle.slice(0, LEAST_BEGINNING);
  if (!text.includes(beginning)) return [];
  const spans: Span[] = [];
  for (const { index: end } of text.matchAll(CUT)) {
    const earliest = Math.max(0, end - needle.length + 1);
    for (const [at] of occurrences(text.slice(earliest, end), beginning)) {
      if (needle.startsWith(text.slice(earliest + at, end))) spans.push([earliest + at, end]);
    }
  }
  return spans;
}

/** What any secret may be called. Only a value of some length is looked for beside them. */
const COMMON_NAMES = ["password", "passwd", "pass", "pwd", "secret", "token", "key", "credentials"];

function besideItsName(value: string, names: readonly string[]): Finder {
  const all = value.length < 4 ? names : [...names, ...COMMON_NAMES];
  if (all.length === 0) return () => [];
  const name = all.map((one) => RegExp.escape(one)).join("|");
  const between = `["'\`\\])]*(?:\\s*[:=>([]\\s*|\\s+)["'\`([]*(?:[A-Za-z]+\\s+)?["'\`]?`;
  const pattern = new RegExp(`(?<![A-Za-z0-9])(?:${name})${between}(${RegExp.escape(value)})(?![A-Za-z0-9])`, "gid");
  return ({ text }) => [...text.matchAll(pattern)].map(({ indices }) => indices?.[1] as [number, number]);
}

function withoutSpans(text: string, spans: Span[]): string {
  let [clean, done] = ["", 0];
  let end = -1;
  for (const [from, to] of spans.sort(([a], [b]) => a - b)) {
    if (from > end) {
      clean += text.slice(done, from) + MARK;
      end = to;
    }
    end = Math.max(end, to);
    done = end;
  }
  return clean + text.slice(done);
}
