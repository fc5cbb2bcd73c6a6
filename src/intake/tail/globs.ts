/**
 * Key filters. `*` stands for any characters but `/`, `?` for one, `**` for any characters, a segment `**` also for no segment at
 * all (`a/**` + `/b` takes `a/b`); a backslash takes the next character literally. A match costs at most pattern × key steps, which
 * a regular expression with several wildcards would not keep to.
 */
export function globMatcher(patterns: readonly string[]): (key: string) => boolean {
  const matchers = patterns.map((pattern) => matcher(parse(pattern)));
  return (key) => matchers.some((matches) => matches(key));
}

/** What is wrong with a pattern, or undefined. */
export function globFault(pattern: string): string | undefined {
  if (pattern === "") return "is empty";
  if (pattern.length > 1024) return "is longer than 1024 characters";
  const bare = pattern.replaceAll(/\\./gsu, "");
  if (bare.includes("\\")) return "ends in a backslash";
  const special = /[[\]{}]/.exec(bare)?.[0];
  return (
    special && `holds ${special}, which means nothing here: write several patterns, or \\${special} for the character itself`
  );
}

interface Token {
  readonly kind: "literal" | "one" | "any" | "anything" | "folders";
  readonly text: string;
}

const WILDCARDS: Readonly<Record<string, Token["kind"]>> = { "?": "one", "*": "any", "**": "anything", "**/": "folders" };

function parse(pattern: string): Token[] {
  return [...pattern.matchAll(/(?<=^|\/)\*\*\/|\*\*|\\.|./gsu)].map(([text]) => {
    const kind = WILDCARDS[text];
    return kind === undefined ? { kind: "literal", text: text.replace(/^\\(?=.)/su, "") } : { kind, text };
  });
}

/** Follows all positions that the pattern may have reached, side by side over the key: 1 at a position that is reached. */
function matcher(tokens: readonly Token[]): (key: string) => boolean {
  const isWildcard = ({ kind }: Token) => kind !== "literal";
  const textOf = (literals: readonly Token[]) => literals.map(({ text }) => text).join("");
  const beginning = textOf(tokens.slice(0, tokens.findIndex(isWildcard)));
  const end = textOf(tokens.slice(tokens.findLastIndex(isWildcard) + 1));
  let reached = new Uint8Array(tokens.length + 1);
  let next = new Uint8Array(tokens.length + 1);
  return (key) => {
    if (!key.startsWith(beginning) || !key.endsWith(end)) return false;
    reached.fill(0);
    enter(reached, tokens, 0);
    for (const character of key) {
      next.fill(0);
      let alive = false;
      for (let position = 0; position < tokens.length; position += 1) {
        if (reached[position] === 1) alive = step(next, tokens, position, character) || alive;
      }
      if (!alive) return false;
      [reached, next] = [next, reached];
    }
    return reached[tokens.length] === 1;
  };
}

/** Takes one character at one position; false if it does not match there. */
function step(next: Uint8Array, tokens: readonly Token[], position: number, character: string): boolean {
  const { kind, text } = tokens[position] as Token;
  if (kind === "literal" ? text !== character : (kind === "one" || kind === "any") && character === "/") return false;
  if (kind === "folders") next[position] = 1;
  if (kind === "any" || kind === "anything") enter(next, tokens, position);
  else if (kind !== "folders" || character === "/") enter(next, tokens, position + 1);
  return true;
}

/** Reaches a position, and the ones after wildcards that may stand for nothing. */
function enter(positions: Uint8Array, tokens: readonly Token[], position: number): void {
  positions[position] = 1;
  const kind = tokens[position]?.kind;
  if (kind === "any" || kind === "anything" || kind === "folders") enter(positions, tokens, position + 1);
}
