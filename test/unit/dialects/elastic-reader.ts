import {
  commands,
  type Expression,
  type Fields,
  grouped,
  inNetworks,
  isNumber,
  type Language,
  type Reader,
  type Single,
  strict,
  sum,
  type Value,
  valuesOf,
  withColumns,
} from "./query-reader.ts";

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };

const language: Language = {
  quotedName: /`((?:[^`]|``)*)`/y,
  unquote: (text) => text.replaceAll(/\\(.)/gs, (_, sign: string) => ESCAPES[sign] ?? sign),
  equals: "==",
  number: (text) => (text.includes(".") ? Number(text) : BigInt(text)),
  functions: {
    TO_LOWER: strict((text) => String(text).toLowerCase()),
    STARTS_WITH: strict((text, part) => String(text).startsWith(String(part))),
    ENDS_WITH: strict((text, part) => String(text).endsWith(String(part))),
    LOCATE: strict((text, part) => BigInt(String(text).indexOf(String(part)) + 1)),
    TO_DATETIME: strict((ms) => ms),
    TO_LONG: strict((ms) => ms),
    TO_IP: strict((address) => address),
    CIDR_MATCH: strict((address, ...networks) => inNetworks(address, networks)),
    SQRT: strict((number) => Math.sqrt(Number(number))),
    MV_COUNT:
      ([values]) =>
      (fields) => {
        const found = values?.(fields) ?? null;
        return found === null ? null : BigInt(Array.isArray(found) ? found.length : 1);
      },
    COALESCE: (args) => (fields) => args.map((arg) => arg(fields)).find((value) => value !== null) ?? null,
    CASE: (args) => (fields) => {
      for (let index = 0; index + 1 < args.length; index += 2) {
        if (args[index]?.(fields) === true) return args[index + 1]?.(fields) ?? null;
      }
      return args.length % 2 === 1 ? (args.at(-1)?.(fields) ?? null) : null;
    },
  },
};

type Aggregate = (rows: readonly Fields[]) => Value;

const AGGREGATES: Readonly<Record<string, (values: readonly Single[]) => Value>> = {
  COUNT: (values) => BigInt(values.length),
  SUM: (values) => (values.length === 0 ? null : sum(values.filter(isNumber))),
  MIN: (values) =>
    values.filter(isNumber).reduce<Value>((least, value) => (isNumber(least) && least <= value ? least : value), null),
  MAX: (values) => values.filter(isNumber).reduce<Value>((most, value) => (isNumber(most) && most >= value ? most : value), null),
  VALUES: (values) => (values.length === 0 ? null : [...new Set(values)]),
  AVG: (values) => (values.length === 0 ? null : Number(sum(values.filter(isNumber))) / values.length),
  STD_DEV: (values) => {
    const numbers = values.map(Number);
    const mean = numbers.reduce((total, value) => total + value, 0) / numbers.length;
    return Math.sqrt(numbers.reduce((total, value) => total + (value - mean) ** 2, 0) / numbers.length);
  },
};

/** The rows that a query gives over records whose times are ms. Throws on whatever is not ES|QL as it is known here. */
export function runEsql(query: string, records: readonly Fields[]): Fields[] {
  const [from, ...rest] = commands(query, language);
  from?.need("FROM");
  from?.name();
  if (from?.take("METADATA")) from.list(() => from.name());
  if (from?.done !== true) throw new Error("FROM has more than an index");
  return rest.reduce<Fields[]>(
    (rows, command) => {
      const found = run(command, rows);
      if (!command.done) throw new Error(`${command.next().text} is left over`);
      return found;
    },
    [...records],
  );
}

function run(command: Reader, rows: Fields[]): Fields[] {
  if (command.take("WHERE")) {
    const meets = command.expression();
    return rows.filter((row) => meets(row) === true);
  }
  if (command.take("EVAL")) {
    const made = command.list(() => assignment(command));
    return rows.map((row) => withColumns(row, made));
  }
  if (command.take("STATS")) return stats(command, rows).map(({ keys, results }) => ({ ...results, ...keys }));
  if (command.take("INLINE")) {
    command.need("STATS");
    return stats(command, rows).flatMap(({ keys, results, members }) =>
      members.map((row) => Object.assign(Object.create(row), results, keys)),
    );
  }
  if (command.take("SORT")) {
    const orders = command.list(() => {
      const name = command.name();
      const down = command.take("DESC");
      if (!down) command.take("ASC");
      const told = command.take("NULLS");
      if (told) command.need("LAST");
      const last = told || !down;
      return { name, down, last };
    });
    return rows.toSorted((a, b) => orders.map((order) => compareBy(order, a, b)).find((one) => one !== 0) ?? 0);
  }
  if (command.take("KEEP")) {
    const names = command.list(() => command.name());
    return rows.map((row) => {
      const missing = names.find((name) => !(name in row));
      if (missing !== undefined) throw new Error(`there is no column ${missing}`);
      return Object.fromEntries(names.map((name) => [name, row[name] ?? null]));
    });
  }
  command.need("LIMIT");
  return rows.slice(0, Number(command.next().text));
}

function compareBy(
  { name, down, last }: { readonly name: string; readonly down: boolean; readonly last: boolean },
  a: Fields,
  b: Fields,
): number {
  const [x, y] = [a[name] ?? null, b[name] ?? null];
  if (x === null || y === null) return x === y ? 0 : (x === null) === last ? 1 : -1;
  return (x < y ? -1 : x > y ? 1 : 0) * (down ? -1 : 1);
}

function assignment(command: Reader): { readonly name: string; readonly expression: Expression } {
  const name = command.name();
  command.need("=");
  return { name, expression: command.expression() };
}

function stats(
  command: Reader,
  rows: readonly Fields[],
): { readonly keys: Fields; readonly results: Fields; readonly members: readonly Fields[] }[] {
  const aggregates = command.list(() => {
    const name = command.name();
    command.need("=");
    return { name, aggregate: aggregateOf(command) };
  });
  const by = command.take("BY")
    ? command.list(() => {
        const name = command.name();
        return { name, expression: command.take("=") ? command.expression() : undefined };
      })
    : [];
  const made = by.flatMap(({ name, expression }) => (expression === undefined ? [] : [{ name, expression }]));
  const keyedOf = (row: Fields): Fields => {
    const keyed = Object.create(row) as Record<string, Value>;
    for (const { name, expression } of made) keyed[name] = expression(row);
    return keyed;
  };
  const keyed = made.length === 0 ? rows : rows.map(keyedOf);
  const names = by.map(({ name }) => name);
  const groups = names.length === 0 ? [keyed] : grouped(keyed, names);
  return groups.map((members) => ({
    keys: Object.fromEntries(names.map((name) => [name, members[0]?.[name] ?? null])),
    results: Object.fromEntries(aggregates.map(({ name, aggregate }) => [name, aggregate(members)])),
    members,
  }));
}

function aggregateOf(command: Reader): Aggregate {
  const kind = command.name();
  const apply = AGGREGATES[kind];
  if (apply === undefined) throw new Error(`unknown aggregate ${kind}`);
  command.need("(");
  const argument: Expression = command.take("*") ? () => true : command.expression();
  command.need(")");
  const meets = command.take("WHERE") ? command.expression() : undefined;
  return (rows) => apply(valuesOf(argument, meets === undefined ? rows : rows.filter((row) => meets(row) === true)));
}
