import { BACKSLASH, CLOSE_LIST, CLOSE_OBJECT, COLON, COMMA, NEWLINE, OPEN_LIST, OPEN_OBJECT, QUOTE, RETURN } from "./bytes.ts";

/** Names of the members of the JSON object that begins there, as far as the text goes (up to `end`) and is JSON. One byte a character. */
export function memberNames(text: string, start: number, end = text.length): Set<string> {
  const names = new Set<string>();
  let depth = 0;
  let atName = false;
  let name: string | undefined;
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      const close = endOfText(text, at, end);
      if (close === -1) break;
      name = atName ? text.slice(at + 1, close) : undefined;
      atName = false;
      at = close;
    } else if (code === OPEN_OBJECT || code === OPEN_LIST) {
      depth++;
      atName = depth === 1;
      name = undefined;
    } else if (code === CLOSE_OBJECT || code === CLOSE_LIST) {
      if (--depth <= 0) break;
      atName = false;
      name = undefined;
    } else if (depth === 1 && !isBlank(code)) {
      if (code === COLON && name !== undefined) names.add(name);
      atName = code === COMMA;
      name = undefined;
    }
  }
  return names;
}

/** The quote that ends the text which begins there, -1 for a text that does not end on its line, or before `end`. */
function endOfText(text: string, start: number, end: number): number {
  for (let at = start + 1; at < end; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at;
    if (code === NEWLINE) return -1;
    if (code !== BACKSLASH) continue;
    const escaped = text.charCodeAt(++at);
    if (escaped === NEWLINE || escaped === RETURN) return -1;
  }
  return -1;
}

/** What `\s` is among the characters of one byte. */
function isBlank(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13) || code === 0xa0;
}
