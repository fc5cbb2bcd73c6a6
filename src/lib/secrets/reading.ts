/** A text as somebody may have meant it, and where each of its characters stands in the text that it was read from. */
export interface Reading {
  readonly text: string;
  /** For each UTF-16 unit of `text` its span in the original: from `starts[i]`, to before `ends[i]`. */
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

/** Escapes lie within escapes: a URL in a JSON text in a JSON text. */
const DEEPEST = 6;

/**
 * The text as it stands, with its escapes undone, with the escapes of that undone and so on, and each of these without blanks: what
 * was percent-encoded, escaped for JSON or HTML, or broken into lines reads as what it was made of.
 */
export function* readingsOf(text: string): Generator<Reading> {
  let reading = asItStands(text);
  for (let depth = 0; ; depth += 1) {
    yield reading;
    if (BLANK.test(reading.text)) yield read(reading, BLANKS, () => "");
    const deeper = read(reading, ESCAPE, meaningOf);
    if (deeper.text === reading.text || depth === DEEPEST) return;
    reading = deeper;
  }
}

/** The text with all its escapes undone, however deep. */
export function plain(text: string): string {
  let reading = asItStands(text);
  for (let depth = 0; depth < DEEPEST; depth += 1) reading = read(reading, ESCAPE, meaningOf);
  return reading.text;
}

/** Spaces, line breaks, control characters and what cannot be seen. */
const BLANK = /[\p{Z}\p{Cc}\p{Cf}]/u;
const BLANKS = new RegExp(BLANK, "gu");

/** The text without blanks. */
export function squeezed(text: string): string {
  return text.replaceAll(BLANKS, "");
}

/** An octet percent-encoded, alone or with those that make one character with it; the escapes of JSON and of HTML. */
const ESCAPE =
  /%[0-7][0-9A-Fa-f]|%[CDcd][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Ee][0-9A-Fa-f](?:%[89ABab][0-9A-Fa-f]){2}|%[Ff][0-7](?:%[89ABab][0-9A-Fa-f]){3}|%[89A-Fa-f][0-9A-Fa-f]|\\(?:u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}|["'`\\/bfnrt])|&(?:#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|amp|lt|gt|quot|apos|nbsp);/g;

const LETTERS: Readonly<Record<string, string>> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };
const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: " " };

function meaningOf(written: string): string {
  if (written.startsWith("%")) return octets(written);
  if (written.startsWith("\\")) {
    const rest = written.slice(1);
    return rest.length > 1 ? String.fromCharCode(Number.parseInt(rest.slice(1), 16)) : (LETTERS[rest] ?? rest);
  }
  const name = written.slice(1, -1);
  if (!name.startsWith("#")) return ENTITIES[name] ?? written;
  const code = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
  return code <= 0x10ffff ? String.fromCodePoint(code) : written;
}

/** UTF-8, or where it is none, Latin-1. */
function octets(written: string): string {
  try {
    return decodeURIComponent(written);
  } catch {
    return Buffer.from(written.replaceAll("%", ""), "hex").toString("latin1");
  }
}

function asItStands(text: string): Reading {
  const starts = Array.from({ length: text.length }, (_, index) => index);
  return { text, starts, ends: starts.map((start) => start + 1) };
}

/** The reading with each match replaced; what stands for a match has the place of the whole match. */
function read(reading: Reading, pattern: RegExp, meaning: (match: string) => string): Reading {
  const starts: number[] = [];
  const ends: number[] = [];
  let copied = 0;
  const copyTo = (end: number): void => {
    for (; copied < end; copied += 1) {
      starts.push(reading.starts[copied] as number);
      ends.push(reading.ends[copied] as number);
    }
  };
  const text = reading.text.replaceAll(pattern, (match, at: number) => {
    const meant = meaning(match);
    copyTo(at);
    copied = at + match.length;
    for (let unit = 0; unit < meant.length; unit += 1) {
      starts.push(reading.starts[at] as number);
      ends.push(reading.ends[copied - 1] as number);
    }
    return meant;
  });
  copyTo(reading.text.length);
  return { text, starts, ends };
}
