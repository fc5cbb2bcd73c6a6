import { RE2JS } from "re2js";

/** Longer patterns are refused. */
const MAX_PATTERN_LENGTH = 512;
/** Texts are searched up to this many characters: no field of a flow is meant to be longer. */
const MAX_TEXT_LENGTH = 4_096;

export interface PatternOptions {
  readonly pattern: string;
  readonly ignoreCase: boolean;
  readonly multiline: boolean;
  readonly dotAll: boolean;
}

/**
 * A search for the pattern anywhere in a text, or one line that says why the pattern is refused. RE2 takes time linear
 * in the text for every pattern it accepts; it has no back-references and no look-around.
 */
export function compilePattern(options: PatternOptions): ((text: string) => boolean) | string {
  if (options.pattern === "") return "an empty pattern would match everything";
  if (options.pattern.length > MAX_PATTERN_LENGTH) return `the pattern is longer than ${MAX_PATTERN_LENGTH} characters`;
  const flags =
    (options.ignoreCase ? RE2JS.CASE_INSENSITIVE : 0) |
    (options.multiline ? RE2JS.MULTILINE : 0) |
    (options.dotAll ? RE2JS.DOTALL : 0);
  try {
    const compiled = RE2JS.compile(options.pattern, flags);
    return (text) => compiled.matcher(text.length > MAX_TEXT_LENGTH ? text.slice(0, MAX_TEXT_LENGTH) : text).find();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return `'${options.pattern}' is no pattern of RE2: ${reason.replace(/^error parsing regexp: /, "")}`;
  }
}
