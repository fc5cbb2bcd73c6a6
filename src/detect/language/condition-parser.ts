import { and, type Condition, not, or } from "../condition.ts";
import { hint } from "../hint.ts";

/** Deeper brackets are refused. */
const MAX_DEPTH = 32;

/** A mistake in a condition; the message is one line. */
class ConditionError extends Error {}

/**
 * Sigma's condition over named searches. `or` binds least, then `and`, then `not`, then `1 of` / `all of`; `them` are
 * the searches whose name does not start with an underscore. Returns one line when the condition is wrong, or when it
 * leaves a search unused; with `used`, the names that it uses are added there instead.
 */
export function parseCondition(text: string, searches: ReadonlyMap<string, Condition>, used?: Set<string>): Condition | string {
  const parser = new Parser(text.match(/\(|\)|[^\s()]+/g) ?? [], searches, used);
  try {
    return parser.parse();
  } catch (error) {
    if (error instanceof ConditionError) return `'${text}': ${error.message}`;
    throw error;
  }
}

class Parser {
  readonly #tokens: readonly string[];
  readonly #searches: ReadonlyMap<string, Condition>;
  readonly #used: Set<string>;
  readonly #partly: boolean;
  #next = 0;
  #depth = 0;

  constructor(tokens: readonly string[], searches: ReadonlyMap<string, Condition>, used: Set<string> | undefined) {
    this.#tokens = tokens;
    this.#searches = searches;
    this.#partly = used !== undefined;
    this.#used = used ?? new Set();
  }

  parse(): Condition {
    const condition = this.#or();
    const rest = this.#peek();
    if (rest !== undefined) throw new ConditionError(`'${rest}' is not expected here; join searches with 'and' or 'or'`);
    const unused = [...this.#searches.keys()].filter((name) => !this.#used.has(name));
    if (unused.length > 0 && !this.#partly) throw new ConditionError(`search '${unused[0]}' is not used`);
    return condition;
  }

  #or(): Condition {
    const terms = [this.#and()];
    while (this.#accept("or")) terms.push(this.#and());
    return or(terms);
  }

  #and(): Condition {
    const terms = [this.#not()];
    while (this.#accept("and")) terms.push(this.#not());
    return and(terms);
  }

  #not(): Condition {
    let negated = false;
    while (this.#accept("not")) negated = !negated;
    const operand = this.#operand();
    return negated ? not(operand) : operand;
  }

  #operand(): Condition {
    const token = this.#take();
    if (token === undefined) throw new ConditionError("it ends where a search is expected");
    if (token === "(") {
      if (++this.#depth > MAX_DEPTH) throw new ConditionError(`more than ${MAX_DEPTH} brackets within each other`);
      const inner = this.#or();
      if (!this.#accept(")")) throw new ConditionError("a closing bracket is missing");
      this.#depth--;
      return inner;
    }
    if (this.#peek() === "of") return this.#quantified(token);
    return this.#search(token);
  }

  #quantified(quantity: string): Condition {
    if (quantity !== "1" && quantity !== "all") {
      throw new ConditionError(`'${quantity} of' is not supported; write '1 of' or 'all of'`);
    }
    this.#next++;
    const pattern = this.#take();
    if (pattern === undefined) throw new ConditionError(`'${quantity} of' names no searches`);
    const names = [...this.#searches.keys()].filter((name) => matches(name, pattern));
    if (names.length === 0) {
      throw new ConditionError(`no search matches '${pattern}'${hint(pattern, [...this.#searches.keys(), "them"])}`);
    }
    const terms = names.map((name) => this.#search(name));
    return quantity === "1" ? or(terms) : and(terms);
  }

  #search(name: string): Condition {
    const search = this.#searches.get(name);
    if (search === undefined) throw new ConditionError(`unknown search '${name}'${hint(name, [...this.#searches.keys()])}`);
    this.#used.add(name);
    return search;
  }

  #peek(): string | undefined {
    return this.#tokens[this.#next];
  }

  #take(): string | undefined {
    return this.#tokens[this.#next++];
  }

  #accept(word: string): boolean {
    if (this.#peek() !== word) return false;
    this.#next++;
    return true;
  }
}

/** `*` stands for any number of characters. */
function matches(name: string, pattern: string): boolean {
  if (pattern === "them") return !name.startsWith("_");
  const [head = "", ...rest] = pattern.split("*");
  const tail = rest.pop();
  if (tail === undefined) return name === head;
  if (!name.startsWith(head)) return false;
  let from = head.length;
  for (const part of rest) {
    const found = name.indexOf(part, from);
    if (found === -1) return false;
    from = found + part.length;
  }
  return name.length - tail.length >= from && name.endsWith(tail);
}
