/** Control characters, what turns the direction of a text or cannot be seen, and the ends of a line that Unicode adds. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * One line that a terminal shows as it is: each character that would steer the terminal, make a line, or hide is a visible escape as
 * JSON has it (`\u001b`), so that JSON stays JSON with the same meaning.
 */
export function printable(text: string): string {
  return text.replaceAll(UNPRINTABLE, escaped);
}

/** As `printable`, of a text of several lines. */
export function printableLines(text: string): string {
  return text.replaceAll(UNPRINTABLE, (character) => (character === "\n" ? character : escaped(character)));
}

const SHORT: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

function escaped(character: string): string {
  return SHORT[character] ?? [...Array(character.length).keys()].map((unit) => hex(character.charCodeAt(unit))).join("");
}

function hex(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, "0")}`;
}
