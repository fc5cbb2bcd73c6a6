import { type Needle, needlesOf } from "./needles.ts";
import { readingsOf } from "./reading.ts";
import type { Secrets } from "./secrets.ts";
import { folded, LEAST, standsOut } from "./words.ts";

/** What stands where a secret was. */
const MARK = "***";

/** How many of the secrets that pass are known, the latest. */
const MOST_PASSING = 64;

interface Secret {
  readonly value: string;
  readonly names: readonly string[];
  /** Whether it is looked for everywhere, else beside its names. */
  readonly standsOut: boolean;
}

/**
 * Knows every secret of one process, and takes them out of every text that leaves it. A secret is found as it is, percent-encoded,
 * escaped for JSON or HTML, in base64, in capitals, broken into lines, and cut off after some characters.
 *
 * A secret that could be a word (shorter than 6 characters, or a plain word or number of less than 12) is only taken out where it
 * stands beside its name, as in `token=example`: "example" and "true" keep their meaning everywhere else.
 */
export class Scrubber implements Secrets {
  readonly #secrets = new Map<string, Secret>();
  readonly #passing: string[] = [];
  /** Undefined when there are secrets that it does not know. */
  #finder: Finder | undefined;

  add(value: string, ...names: string[]): void {
    this.#keep({ value, names, standsOut: standsOut(value) });
  }

  addWords(value: string, name: string): void {
    this.#keep({ value, names: [name], standsOut: false });
  }

  addPassing(value: string): void {
    const key = this.#keep({ value, names: [], standsOut: standsOut(value) });
    if (key !== undefined && this.#passing.push(key) > MOST_PASSING) this.#secrets.delete(this.#passing.shift() as string);
  }

  /** The key of a secret that is new. */
  #keep(secret: Secret): string | undefined {
    const key = JSON.stringify(secret);
    if (secret.value === "" || this.#secrets.has(key)) return undefined;
    this.#secrets.set(key, secret);
    this.#finder = undefined;
    return key;
  }

  /** The text without secrets. */
  readonly scrub = (text: string): string => {
    // A text may be long, and is read in several ways.
    if (this.#secrets.size === 0) return text;
    this.#finder ??= finderOf([...this.#secrets.values()]);
    const spans: Span[] = [];
    for (const { text: read, starts, ends } of readingsOf(text)) {
      for (const [from, to] of this.#finder(read)) spans.push([starts[from] as number, ends[to - 1] as number]);
    }
    return withoutSpans(text, spans);
  };
}

/** From, and to before. */
type Span = readonly [number, number];

/** Where secrets stand in a text. */
type Finder = (text: string) => Span[];

function finderOf(secrets: readonly Secret[]): Finder {
  const needles = secrets.filter((secret) => secret.standsOut).flatMap(({ value }) => needlesOf(value));
  const exact = searchFor(needles.filter(({ inAnyCase }) => !inAnyCase));
  const inAnyCase = searchFor(needles.filter((needle) => needle.inAnyCase));
  const besideNames = secrets.filter((secret) => !secret.standsOut).map(besideItsName);
  return (text) => [...exact(text), ...inAnyCase(folded(text)), ...besideNames.flatMap((find) => find(text))];
}

/** Least of a secret that is recognized where it was cut, in characters. */
const LEAST_BEGINNING = 8;

/**
 * Finds needles, whole or their beginning: a text may have been cut, by whoever wrote it or by this program. Goes through the text once,
 * however many needles there are.
 */
function searchFor(needles: readonly Needle[]): Finder {
  const byBeginning = Map.groupBy(
    needles.map(({ text }) => text),
    (needle) => needle.slice(0, LEAST),
  );
  if (needles.length === 0) return () => [];
  return (text) => {
    const spans: Span[] = [];
    for (let at = 0; at + LEAST <= text.length; at += 1) {
      for (const needle of byBeginning.get(text.slice(at, at + LEAST)) ?? []) {
        let end = at + LEAST;
        while (end - at < needle.length && text[end] === needle[end - at]) end += 1;
        const cut = end - at >= LEAST_BEGINNING && standsOut(text.slice(at, end));
        if (cut || end - at === needle.length) spans.push([at, end]);
      }
    }
    return spans;
  };
}

/** What any secret may be called. Only a value of some length is looked for beside them. */
const COMMON_NAMES = ["password", "passwd", "pass", "pwd", "secret", "token", "key", "credentials"];

function besideItsName({ value, names }: Secret): Finder {
  const all = value.length < 4 ? names : [...names, ...COMMON_NAMES];
  if (all.length === 0) return () => [];
  const name = all.map((one) => RegExp.escape(one)).join("|");
  const between = `["'\`\\])]*(?:\\s*[:=>([]\\s*|\\s+)["'\`([]*(?:[A-Za-z]+\\s+)?["'\`]?`;
  const pattern = new RegExp(`(?<![A-Za-z0-9])(?:${name})${between}(${RegExp.escape(value)})(?![A-Za-z0-9])`, "gid");
  return (text) => [...text.matchAll(pattern)].map(({ indices }) => indices?.[1] as [number, number]);
}

function withoutSpans(text: string, spans: Span[]): string {
  let [clean, end] = ["", 0];
  let isMarked = false;
  for (const [from, to] of spans.sort(([a], [b]) => a - b)) {
    if (from > end || !isMarked) clean += text.slice(end, from) + MARK;
    isMarked = true;
    end = Math.max(end, to);
  }
  return clean + text.slice(end);
}
