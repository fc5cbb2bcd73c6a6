/** Commands of the query language that the check knows, and the clauses in them that bring names of their own. */
const COMMANDS = new Set(
  "addfields bottom classify cluster compare delta distinct eval eventstats fields fieldsummary geostats head link lookup regex rename search sort stats tail timestats top where".split(
    " ",
  ),
);
const FUNCTIONS = new Set(
  "avg count distinctcount earliest first if latest last length lower max median min pct stddev substr sum trunc unique unit upper values".split(
    " ",
  ),
);
const KEYWORDS = new Set(
  "and or not in like as by null true false is between using select table span limit includenulls includetrends".split(" "),
);

type Token = { readonly kind: "quoted" | "word" | "number" | "mark"; readonly text: string };

/**
 * What is wrong with a query, or undefined: quotes, brackets, commands, functions, and names of fields that neither the tenancy has nor
 * the query makes before (`as`, `eval`, `classify … as`). A quoted text counts as a field where it stands in front of an operator, in a
 * list of fields, or in a function's brackets.
 */
export function faultOf(query: string, fields: ReadonlySet<string>): string | undefined {
  const tokens = tokenize(query);
  if (typeof tokens === "string") return tokens;
  const segments = split(tokens);
  const known = new Set(fields);
  const [filter = [], ...commands] = segments;
  const inFilter = checkNames(filter, known, true);
  if (inFilter !== undefined) return inFilter;
  let grouped = false;
  for (const command of commands) {
    const [head, ...rest] = command;
    if (head === undefined) return "A command is empty";
    if (head.kind !== "word" || !COMMANDS.has(head.text.toLowerCase())) return `There is no command ${head.text}`;
    const name = head.text.toLowerCase();
    const fault = name === "lookup" ? checkLookup(rest, known, grouped) : checkCommand(name, rest, known);
    if (fault !== undefined) return fault;
    grouped ||= name === "link" || name === "cluster";
  }
  return undefined;
}

function checkCommand(command: string, tokens: readonly Token[], known: Set<string>): string | undefined {
  if (command === "eval") return checkEval(tokens, known);
  if (command === "classify") return checkClassify(tokens, known);
  if (command === "link") {
    // `Time` is a fifth field beside four; what stands in front of them are options.
    const names = tokens.filter((token, index) => {
      const isOption = token.kind === "word" && /^(includenulls|includetrends|span|true|false|\d+\w+)$/i.test(token.text);
      return token.kind !== "mark" && !isOption && tokens[index - 1]?.text !== "=";
    });
    const others = names.filter(({ text }) => text !== "Time").length;
    if (others > 4) return `link takes four fields, not ${others}`;
    for (const own of LINK_FIELDS) known.add(own);
  }
  return checkNames(tokens, known, command === "where");
}

/** Fields that `link` makes by itself. */
const LINK_FIELDS = ["Start Time", "End Time", "Group Duration"];

/** `[topcount = N] [correlate = [-*,] field, …] field, … [as name]`: a field that follows another without a comma begins the list of those classified. */
function checkClassify(tokens: readonly Token[], known: Set<string>): string | undefined {
  const text = tokens.map(({ kind, text: one }) => (kind === "quoted" ? `'${one}'` : one)).join(" ");
  const found =
    /^(?:topcount = \d+ )?(?:correlate = (?:- \* , )?((?:'[^']+'|\w+)(?: , (?:'[^']+'|\w+))*) )?(.+?)(?: as (?:'[^']+'|\w+))?$/.exec(
      text,
    );
  if (found === null) return `classify needs fields: ${text}`;
  const names = [found[1], found[2]].flatMap((list) => (list === undefined ? [] : list.split(" , ")));
  for (const name of names) {
    const plain = name.replace(/^'(.*)'$/, "$1");
    if (!known.has(plain)) return `There is no field ${plain}`;
  }
  return undefined;
}

/** `table = T select column as 'Name', … using 'Field' = column, …`; of a dictionary, only after `link` or `cluster`, `using 'Field'`. */
function checkLookup(tokens: readonly Token[], known: Set<string>, grouped: boolean): string | undefined {
  const text = tokens.map(({ kind, text: one }) => (kind === "quoted" ? `'${one}'` : one)).join(" ");
  const found = /^table = (\w+) select (.+) using (.+)$/.exec(text);
  if (found === null) return `lookup needs table, select and using: ${text}`;
  const keys = (found[3] ?? "").split(" , ").map((key) => /^(?:'([^']+)'|(\w+))( = \w+)?$/.exec(key));
  for (const key of keys) {
    if (key === null) return `lookup needs table, select and using: ${text}`;
    const field = key[1] ?? key[2] ?? "";
    if (!known.has(field)) return `There is no field ${field}`;
    if (key[3] === undefined && !grouped) return `${found[1]} is a dictionary, which is asked after link or cluster only`;
  }
  for (const column of (found[2] ?? "").split(" , ")) {
    const named = /^\w+(?: as (?:'([^']+)'|(\w+)))?$/.exec(column);
    if (named === null) return `${column} is no column`;
    known.add(named[1] ?? named[2] ?? column);
  }
  return undefined;
}

function tokenize(query: string): Token[] | string {
  const tokens: Token[] = [];
  let depth = 0;
  for (let at = 0; at < query.length; ) {
    const rest = query.slice(at);
    const space = /^\s+/.exec(rest);
    if (space !== null) {
      at += space[0].length;
      continue;
    }
    const found =
      /^'(?:[^'])*'/.exec(rest) ??
      /^\d+(\.\d+)?(?![\w.])/.exec(rest) ??
      /^[\w.]+/.exec(rest) ??
      /^(\|\||!=|<=|>=|[|=<>(),+*/-])/.exec(rest);
    if (found === null) return `Unexpected ${rest.slice(0, 20)}`;
    const [text] = found;
    if (text === "(") depth += 1;
    if (text === ")") depth -= 1;
    if (depth < 0) return "A bracket is closed that was not opened";
    if (text.startsWith("'")) tokens.push({ kind: "quoted", text: text.slice(1, -1) });
    else if (/^\d+(\.\d+)?$/.test(text)) tokens.push({ kind: "number", text });
    else tokens.push({ kind: /^\w/.test(text) ? "word" : "mark", text });
    at += text.length;
  }
  return depth === 0 ? tokens : "A bracket is not closed";
}

function split(tokens: readonly Token[]): Token[][] {
  const segments: Token[][] = [[]];
  for (const token of tokens) {
    if (token.kind === "mark" && token.text === "|") segments.push([]);
    else segments.at(-1)?.push(token);
  }
  return segments;
}

const OPERATORS = new Set(["=", "!=", "<", ">", "<=", ">=", "in", "not", "like", "is"]);

/** Names in a condition (fields stand in front of operators, values behind) or in a list of fields and functions. */
function checkNames(tokens: readonly Token[], known: Set<string>, condition: boolean): string | undefined {
  for (const [index, token] of tokens.entries()) {
    const next = tokens[index + 1];
    const before = tokens[index - 1];
    if (token.kind === "number" || token.kind === "mark") continue;
    if (before?.kind === "word" && before.text === "as") {
      known.add(token.text);
      continue;
    }
    if (token.kind === "word") {
      if (KEYWORDS.has(token.text.toLowerCase())) continue;
      if (next?.text === "(" && next.kind === "mark") {
        if (!FUNCTIONS.has(token.text.toLowerCase())) return `There is no function ${token.text}`;
        continue;
      }
      if (token.text === "count") continue;
      if (
        before?.text === "=" &&
        tokens[index - 2]?.kind === "word" &&
        /^(span|limit|table)$/i.test(tokens[index - 2]?.text ?? "")
      )
        continue;
    }
    const isField = !condition || (next !== undefined && OPERATORS.has(next.text.toLowerCase()));
    if (isField && !known.has(token.text)) return `There is no field ${token.text}`;
  }
  return undefined;
}

/** `name = expression`: conditions and values in turn, checked as far as names stand in front of operators. */
function checkEval(tokens: readonly Token[], known: Set<string>): string | undefined {
  const [name, equals, ...expression] = tokens;
  if (name === undefined || equals?.text !== "=") return "eval needs a name and =";
  const fault = checkNames(expression, known, true);
  known.add(name.text);
  return fault;
}
