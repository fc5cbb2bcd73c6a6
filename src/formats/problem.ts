/** What is wrong with a record. */
export interface Problem {
  readonly code: string;
  readonly reason: string;
}

const SHOWN_CHARACTERS = 80;
/** Control and format characters, line and paragraph separators, and halves of characters. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu;

/** A value from a log as a message may show it: at most 80 characters on one line, nothing that a terminal would act on. */
export function show(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "an object";
  const text = String(value);
  const cut = text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS - 1)}…` : text;
  const clean = cut.replaceAll(UNPRINTABLE, "?");
  return typeof value === "string" ? `"${clean}"` : clean;
}

/** The name of a thing in a log, cut and cleaned like a value. */
export const label = (name: string): string => show(name).slice(1, -1);
