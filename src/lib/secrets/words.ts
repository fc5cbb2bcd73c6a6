/** Shorter texts are found everywhere by chance. */
export const LEAST = 6;
/** Texts of this length are no single words. */
const LONG = 12;

/** Whether the value is no word: wherever it stands, it is the secret. */
export function standsOut(value: string): boolean {
  return value.length >= LONG || (value.length >= LEAST && !isWordy(value));
}

/** Whether a text is made of words and numbers, as `us-south`, `application/json` and `2026-01-31` are. */
export function isWordy(text: string): boolean {
  return text.split(/[^A-Za-z0-9]+/).every((piece) => WORD.test(piece));
}

const WORD = /^(?:[A-Z]?[a-z]{0,14}|[A-Z]?[a-z]{2,14}(?:[A-Z][a-z]{1,14}){1,3}|v?\d{1,11})$/;

/** The text without regard to case, each character in its place. */
export function folded(text: string): string {
  const lower = text.toLowerCase();
  return lower.length === text.length ? lower : text;
}
