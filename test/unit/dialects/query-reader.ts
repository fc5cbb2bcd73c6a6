import { BlockList } from "node:net";
import type { Flow } from "../../../src/flow/flow.ts";

/**
 * Expressions of ES|QL and SPL as their references describe them: enough to run what the printers write.
 * A value is null when it is missing or unknown; whole numbers are bigint where the language tells them apart.
 */
export type Single = string | number | bigint | boolean;
export type Value = Single | null | readonly Single[];
export type Fields = Readonly<Record<string, Value>>;
export type Expression = (fields: Fields) => Value;

/** How a language reads names and texts, and what its functions do. */
export interface Language {
  /** Sticky patterns; the first group is what stands within the quotes. */
  readonly quotedName: RegExp;
  readonly unquote: (text: string) => string;
  readonly equals: string;
  readonly number: (text: string) => number | bigint;
  readonly functions: Readonly<Record<string, (args: readonly Expression[]) => Expression>>;
}

export type Token = { readonly kind: "name" | "text" | "number" | "sign"; readonly text: string };

const SIGN = /==|!=|>=|<=|[-+*/%(),=<>|]/y;
const TEXT = /"((?:[^"\\]|\\.)*)"/y;
const NUMBER = /\d+(?:\.\d+)?/y;
const NAME = /[@A-Za-z_][\w.@]*(?:-\*)?/y;
const SUBSEARCH = /`(\w+)`/y;

/** Fails on anything that is no part of the language. */
function tokens(text: string, language: Language): readonly Token[] {
  const found: Token[] = [];
  for (let at = 0; at < text.length; ) {
    if (/\s/.test(text.charAt(at))) {
      at++;
      continue;
    }
    const take = (pattern: RegExp): RegExpExecArray | null => {
      pattern.lastIndex = at;
      return pattern.exec(text);
    };
    const quoted = take(language.quotedName);
    const literal = take(TEXT);
    const [match, token]: [RegExpExecArray | null, Token["kind"]] =
      quoted !== null
        ? [quoted, "name"]
        : literal !== null
          ? [literal, "text"]
          : take(NUMBER) !== null
            ? [take(NUMBER), "number"]
            : take(NAME) !== null
              ? [take(NAME), "name"]
              : take(SUBSEARCH) !== null
                ? [take(SUBSEARCH), "name"]
                : [take(SIGN), "sign"];
    if (match === null) throw new Error(`unknown sign at: ${text.slice(at, at + 40)}`);
    const inner = quoted?.[1] ?? (token === "text" ? language.unquote(match[1] ?? "") : match[0]);
    found.push({ kind: token, text: inner });
    at += match[0].length;
  }
  return found;
}

/** Reads tokens from left to right. */
export class Reader {
  readonly #tokens: readonly Token[];
  readonly #language: Language;
  #at = 0;

  constructor(all: readonly Token[], language: Language) {
    this.#tokens = all;
    this.#language = language;
  }

  get done(): boolean {
    return this.#at >= this.#tokens.length;
  }

  next(): Token {
    const token = this.#tokens[this.#at++];
    if (token === undefined) throw new Error("the query ends too early");
    return token;
  }

  /** Takes the word or sign if it comes next. */
  take(text: string): boolean {
    const token = this.#tokens[this.#at];
    if (token === undefined || token.kind === "text" || token.text.toUpperCase() !== text.toUpperCase()) return false;
    this.#at++;
    return true;
  }

  need(text: string): void {
    if (!this.take(text)) throw new Error(`${text} is missing before ${this.#tokens[this.#at]?.text ?? "the end"}`);
  }

  name(): string {
    const token = this.next();
    if (token.kind !== "name") throw new Error(`${token.text} is no name`);
    return token.text;
  }

  list<T>(item: () => T): T[] {
    const found = [item()];
    while (this.take(",")) found.push(item());
    return found;
  }

  expression(): Expression {
    return this.#joined("OR", () => this.#joined("AND", () => this.#denied(), and), or);
  }

  #joined(word: string, term: () => Expression, join: (terms: readonly Expression[]) => Expression): Expression {
    const terms = [term()];
    while (this.take(word)) terms.push(term());
    return terms.length === 1 && terms[0] !== undefined ? terms[0] : join(terms);
  }

  #denied(): Expression {
    if (!this.take("NOT")) return this.#compared();
    const term = this.#denied();
    return (fields) => {
      const value = term(fields);
      return value === null ? null : value !== true;
    };
  }

  #compared(): Expression {
    const left = this.#sum();
    if (this.take("IS")) {
      const not = this.take("NOT");
      this.need("NULL");
      return (fields) => (left(fields) === null) !== not;
    }
    if (this.take("IN")) {
      this.need("(");
      const values = this.list(() => this.#sum());
      this.need(")");
      return or(values.map((value) => compare("==", left, value)));
    }
    const sign = [this.#language.equals, "!=", ">=", "<=", ">", "<"].find((one) => this.take(one));
    return sign === undefined ? left : compare(sign === "=" ? "==" : sign, left, this.#sum());
  }

  #sum(): Expression {
    return this.#calculated(["+", "-"], () => this.#calculated(["*", "/", "%"], () => this.#primary()));
  }

  #calculated(signs: readonly string[], term: () => Expression): Expression {
    let left = term();
    for (;;) {
      const sign = signs.find((one) => this.take(one));
      if (sign === undefined) return left;
      const [first, second] = [left, term()];
      left = (fields) => calculate(sign, first(fields), second(fields));
    }
  }

  #primary(): Expression {
    if (this.take("(")) {
      const inner = this.expression();
      this.need(")");
      return inner;
    }
    if (this.take("-")) {
      const inner = this.#primary();
      return (fields) => calculate("-", 0, inner(fields));
    }
    const token = this.next();
    if (token.kind === "text") return () => token.text;
    if (token.kind === "number") {
      const number = this.#language.number(token.text);
      return () => number;
    }
    if (token.kind === "sign") throw new Error(`${token.text} is no value`);
    if (token.text === "true" && !this.#opens()) return () => true;
    if (token.text === "false") return () => false;
    if (!this.take("(")) return (fields) => fields[token.text] ?? null;
    const args = this.take(")") ? [] : this.#arguments();
    const made = this.#language.functions[token.text];
    if (made === undefined) throw new Error(`unknown function ${token.text}`);
    return made(args);
  }

  #opens(): boolean {
    return this.#tokens[this.#at]?.text === "(" && this.#tokens[this.#at]?.kind === "sign";
  }

  #arguments(): Expression[] {
    const args = this.list(() => this.expression());
    this.need(")");
    return args;
  }
}

const and =
  (terms: readonly Expression[]): Expression =>
  (fields) => {
    const values = terms.map((term) => term(fields));
    return values.includes(false) ? false : values.includes(null) ? null : true;
  };

const or =
  (terms: readonly Expression[]): Expression =>
  (fields) => {
    const values = terms.map((term) => term(fields));
    return values.includes(true) ? true : values.includes(null) ? null : false;
  };

const compare =
  (sign: string, left: Expression, right: Expression): Expression =>
  (fields) => {
    const [a, b] = [left(fields), right(fields)];
    if (a === null || b === null) return null;
    if (isNumber(a) !== isNumber(b) || (!isNumber(a) && typeof a !== typeof b))
      throw new Error(`${String(a)} is compared with ${String(b)}`);
    if (sign === "==") return a >= b && a <= b;
    if (sign === "!=") return a < b || a > b;
    if (sign === ">") return a > b;
    if (sign === ">=") return a >= b;
    return sign === "<" ? a < b : a <= b;
  };

export function isNumber(value: Value): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}

function calculate(sign: string, a: Value, b: Value): Value {
  if (a === null || b === null) return null;
  if (!isNumber(a) || !isNumber(b)) throw new Error(`${String(a)} ${sign} ${String(b)}`);
  if (typeof a === "bigint" && typeof b === "bigint") {
    if (sign === "+") return a + b;
    if (sign === "-") return a - b;
    if (sign === "*") return a * b;
    if (b === 0n) return null;
    return sign === "%" ? a % b : a / b;
  }
  const [x, y] = [Number(a), Number(b)];
  if (sign === "+") return x + y;
  if (sign === "-") return x - y;
  if (sign === "*") return x * y;
  if (y === 0) return null;
  return sign === "%" ? x % y : x / y;
}

/** A function of values that is null when one of them is. */
export function strict(apply: (...values: Single[]) => Value): (args: readonly Expression[]) => Expression {
  return (args) => (fields) => {
    const values = args.map((arg) => arg(fields));
    return values.some((value) => value === null || Array.isArray(value)) ? null : apply(...(values as Single[]));
  };
}

/** Commands between bars. */
export function commands(query: string, language: Language): Reader[] {
  const parts: Token[][] = [[]];
  for (const token of tokens(query, language)) {
    if (token.kind === "sign" && token.text === "|") parts.push([]);
    else parts.at(-1)?.push(token);
  }
  return parts.map((part) => new Reader(part, language));
}

/** The row with columns added, each of which may name those before it. Those of the row are inherited, for it has many. */
export function withColumns(row: Fields, made: readonly { readonly name: string; readonly expression: Expression }[]): Fields {
  const fields = Object.create(row) as Record<string, Value>;
  for (const { name, expression } of made) fields[name] = expression(fields);
  return fields;
}

/** Rows in groups of equal keys, in the order in which the groups begin. */
export function grouped(rows: readonly Fields[], keys: readonly string[]): Fields[][] {
  const groups = new Map<string, Fields[]>();
  for (const row of rows) {
    let id = "";
    for (const key of keys) {
      const text = String(row[key] ?? null);
      id += `${typeof row[key]} ${text.length} ${text}`;
    }
    const group = groups.get(id);
    if (group === undefined) groups.set(id, [row]);
    else group.push(row);
  }
  return [...groups.values()];
}

/** What an expression gives of rows, a list's values one by one; not what is missing. */
export function valuesOf(expression: Expression, rows: readonly Fields[]): Single[] {
  const values: Single[] = [];
  for (const row of rows) {
    const value = expression(row);
    if (value === null) continue;
    if (Array.isArray(value)) values.push(...(value as readonly Single[]));
    else values.push(value as Single);
  }
  return values;
}

/** The names of each row's columns, where they are not those. */
export function otherColumns(rows: readonly Fields[], names: readonly string[]): string[] {
  const expected = names.join();
  return rows.map((row) => Object.keys(row).join()).filter((found) => found !== expected);
}

/** What is made of flows, made once. */
export function madeOnce(make: (flow: Flow) => Fields): (flows: readonly Flow[]) => readonly Fields[] {
  const made = new WeakMap<readonly Flow[], readonly Fields[]>();
  return (flows) => {
    const found = made.get(flows) ?? flows.map(make);
    made.set(flows, found);
    return found;
  };
}

export function sum(values: readonly (number | bigint)[]): number | bigint {
  if (values.every((value) => typeof value === "bigint")) return values.reduce((total, value) => total + value, 0n);
  return values.reduce<number>((total, value) => total + Number(value), 0);
}

export function inNetworks(address: Single, networks: readonly Single[]): boolean {
  const list = new BlockList();
  for (const network of networks) {
    const [base = "", bits] = String(network).split("/");
    list.addSubnet(base, Number(bits), base.includes(":") ? "ipv6" : "ipv4");
  }
  return list.check(String(address), String(address).includes(":") ? "ipv6" : "ipv4");
}
