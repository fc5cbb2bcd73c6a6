import { hint } from "../hint.ts";

const OPERATORS = ["cidr", "contains", "startswith", "endswith", "gt", "gte", "lt", "lte", "re", "exists", "fieldref"] as const;
const FLAGS = ["i", "m", "s"] as const;

export type Operator = (typeof OPERATORS)[number];
type Flag = (typeof FLAGS)[number];
type Modifier = Operator | Flag | "all";

/** How a field is compared with its values. Without an operator it is equality. */
export interface Modifiers {
  readonly operator: Operator | undefined;
  /** The values are joined by AND instead of OR. */
  readonly all: boolean;
  /** Of `re`: ignore case, `^` and `$` match at lines, `.` matches line ends. */
  readonly flags: readonly Flag[];
}

/** Modifiers of Sigma that are left out here, with what to write instead. */
const REFUSED: Readonly<Record<string, string>> = {
  neq: "put the value in a search of its own and write 'not' in the condition",
  cased: "every field of a flow has one spelling; leave it out",
  expand: "there are no placeholders: name the network or the server in the lookup tables and match that",
  windash: "flows hold no command lines",
  base64: "flows hold no encoded text",
  base64offset: "flows hold no encoded text",
  utf16: "flows hold no encoded text",
  utf16le: "flows hold no encoded text",
  utf16be: "flows hold no encoded text",
  wide: "flows hold no encoded text",
  minute: "times of day are not supported",
  hour: "times of day are not supported",
  day: "times of day are not supported",
  week: "times of day are not supported",
  month: "times of day are not supported",
  year: "times of day are not supported",
};

export function isModifier(word: string): word is Modifier {
  return ([...OPERATORS, ...FLAGS, "all"] as readonly string[]).includes(word);
}

/** What the words after the field mean together, or one line that says why they mean nothing. */
export function readModifiers(known: readonly Modifier[], words: readonly string[]): Modifiers | string {
  const unknown = words.find((word) => !isModifier(word));
  if (unknown !== undefined) {
    const instead = REFUSED[unknown];
    if (instead !== undefined) return `Sigma's modifier '${unknown}' is not supported: ${instead}`;
    return `unknown modifier '${unknown}'${hint(unknown, [...OPERATORS, "all"])}`;
  }
  const operators = known.filter((word): word is Operator => (OPERATORS as readonly string[]).includes(word));
  const flags = known.filter((word): word is Flag => (FLAGS as readonly string[]).includes(word));
  const [operator, second] = operators;
  if (second !== undefined) return `modifiers '${operator}' and '${second}' exclude each other`;
  if (flags.length > 0 && operator !== "re") return `modifier '${flags[0]}' belongs after 're'`;
  if (new Set(words).size !== words.length) return "a modifier is given twice";
  return { operator, all: known.includes("all"), flags };
}
