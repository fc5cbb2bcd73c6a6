/** A string, a punctuation mark, or any other run of characters. */
const TOKEN = /\s*(?:("[^"\\\n]*(?:\\.[^"\\\n]*)*")|([{}[\],:])|[^\s{}[\],:"]+)/y;

/** Names of the members of the JSON object that begins there, as far as the text goes and is JSON. */
export function memberNames(text: string, start: number): Set<string> {
  const names = new Set<string>();
  const token = new RegExp(TOKEN);
  token.lastIndex = start;
  let depth = 0;
  let atName = false;
  let name: string | undefined;
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    const [, string, mark] = match;
    if (mark === ":" && name !== undefined) names.add(name);
    name = atName && string !== undefined ? string.slice(1, -1) : undefined;
    atName = false;
    if (mark === "{" || mark === "[") {
      depth++;
      atName = depth === 1;
    } else if (mark === "}" || mark === "]") {
      if (--depth <= 0) break;
    } else if (mark === ",") atName = depth === 1;
  }
  return names;
}
