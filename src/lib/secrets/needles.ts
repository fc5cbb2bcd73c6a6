import { plain, squeezed } from "./reading.ts";
import { folded, LEAST, standsOut } from "./words.ts";

/** A spelling of a secret to be looked for; `inAnyCase` is of one that is given folded. */
export interface Needle {
  readonly text: string;
  readonly inAnyCase: boolean;
}

/** All spellings of a secret that stands out. */
export function needlesOf(value: string): Needle[] {
  return [...new Set([...spellings(value), ...base64s(value)])].map((text) => {
    const inAnyCase = folded(text);
    return standsOut(inAnyCase) ? { text: inAnyCase, inAnyCase: true } : { text, inAnyCase: false };
  });
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
  const forms = [value, encodeURIComponent(value.toWellFormed()), JSON.stringify(value).slice(1, -1)];
  return [...new Set(forms)].flatMap((form) =>
    [0, 1, 2].flatMap((before) => {
      const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(form)]);
      const own = (text: string): string => text.slice(before === 0 ? 0 : before + 1, Math.floor((bytes.length * 8) / 6));
      return [own(bytes.toString("base64")), own(bytes.toString("base64url"))];
    }),
  );
}
