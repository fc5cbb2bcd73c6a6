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

const language: Language = {
  quotedName: /'([^']*)'/y,
  unquote: (text) => text,
  equals: "=",
  number: Number,
  functions: {
    tonumber: strict((text) => (Number.isFinite(Number(text)) && text !== "" ? Number(text) : null)),
    lower: strict((text) => String(text).toLowerCase()),
    match: strict((text, pattern) => new RegExp(String(pattern), "s").test(String(text))),
    cidrmatch: strict((network, address) => inNetworks(address, [network])),
    floor: strict((number) => Math.floor(Number(number))),
    isnull:
      ([arg]) =>
      (fields) =>
        arg?.(fields) === null,
    isnotnull:
      ([arg]) =>
      (fields) =>
        arg?.(fields) !== null,
    null: () => () => null,
    true: () => () => true,
    in:
      ([value, ...others]) =>
      (fields) => {
        const found = value?.(fields) ?? null;
        return found === null ? null : others.some((other) => other(fields) === found);
      },
    coalesce: (args) => (fields) => args.map((arg) => arg(fields)).find((value) => value !== null) ?? null,
    if:
      ([meets, yes, no]) =>
      (fields) =>
        (meets?.(fields) === true ? yes : no)?.(fields) ?? null,
    case: (args) => (fields) => {
      const index = args.findIndex((arg, place) => place % 2 === 0 && arg(fields) === true);
      return index === -1 ? null : (args[index + 1]?.(fields) ?? null);
    },
  },
};

const AGGREGATES: Readonly<Record<string, (values: readonly Single[]) => Value>> = {
  count: (values) => values.length,
  sum: (values) => (values.length === 0 ? null : sum(values.filter(isNumber))),
  min: (values) => (values.length === 0 ? null : Math.min(...values.map(Number))),
  max: (values) => (values.length === 0 ? null : Math.max(...values.map(Number))),
  dc: (values) => new Set(values.map(String)).size,
  avg: (values) => (values.length === 0 ? null : Number(sum(values.filter(isNumber))) / values.length),
  stdev: (values) => {
    const numbers = values.map(Number);
    const mean = numbers.reduce((total, value) => total + value, 0) / numbers.length;
    const squares = numbers.reduce((total, value) => total + (value - mean) ** 2, 0);
    return numbers.length < 2 ? 0 : Math.sqrt(squares / (numbers.length - 1));
  },
};

/** The results of a search over events whose fields are texts and whose `_time` is seconds. Throws on whatever is not SPL as it is known here. */
export function runSpl(query: string, events: readonly Fields[]): Fields[] {
  const [first, ...rest] = commands(query, language);
  first?.need("search");
  if (first?.name() !== "`flowferry`") throw new Error("the macro is missing");
  return rest.reduce<Fields[]>(
    (rows, command) => {
      const found = run(command, rows);
      if (!command.done) throw new Error(`${command.next().text} is left over`);
      return found;
    },
    [...events],
  );
}

function run(command: Reader, rows: Fields[]): Fields[] {
  const kind = command.name();
  switch (kind) {
    case "where": {
      const meets = command.expression();
      return rows.filter((row) => meets(row) === true);
    }
    case "eval": {
      const made = command.list((): { readonly name: string; readonly expression: Expression } => {
        const name = command.name();
        command.need("=");
        return { name, expression: command.expression() };
      });
      return rows.map((row) => withColumns(row, made));
    }
    case "stats":
      return stats(command, rows).map(({ keys, results }) => ({ ...keys, ...results }));
    case "eventstats":
      return stats(command, rows).flatMap(({ results, members }) =>
        members.map((row) => Object.assign(Object.create(row), results)),
      );
    case "sort": {
      if (command.next().text !== "0") throw new Error("sort keeps 10,000 results unless it is told 0");
      const orders = command.list(() => {
        const down = command.take("-");
        command.need("num");
        command.need("(");
        const name = command.name();
        command.need(")");
        return { name, down };
      });
      const compare = (a: Fields, b: Fields, { name, down }: { readonly name: string; readonly down: boolean }): number => {
        const difference = Number(a[name]) - Number(b[name]);
        if (Number.isNaN(difference)) throw new Error(`${name} is no number everywhere`);
        return down ? -difference : difference;
      };
      return rows.toSorted((a, b) => orders.map((order) => compare(a, b, order)).find((one) => one !== 0) ?? 0);
    }
    case "head":
      return rows.slice(0, Number(command.next().text));
    case "table": {
      const names: string[] = [];
      while (!command.done) names.push(command.name());
      return rows.map((row) => Object.fromEntries(names.map((name) => [name, row[name] ?? null])));
    }
    case "rename": {
      const renamed = command.list(() => {
        const from = command.name();
        command.need("as");
        return [from, command.next().text] as const;
      });
      return rows.map((row) => Object.fromEntries(renamed.map(([from, to]) => [to, row[from] ?? null])));
    }
    case "fieldformat": {
      command.next();
      command.need("=");
      while (!command.done) command.next();
      return rows;
    }
    default:
      throw new Error(`unknown command ${kind}`);
  }
}

function stats(
  command: Reader,
  rows: readonly Fields[],
): { readonly keys: Fields; readonly results: Fields; readonly members: readonly Fields[] }[] {
  const aggregates = command.list(() => {
    const kind = command.name();
    const apply = AGGREGATES[kind];
    if (apply === undefined) throw new Error(`unknown aggregate ${kind}`);
    let argument: Expression = () => true;
    if (command.take("(")) {
      const field = command.name();
      command.need(")");
      argument = (fields) => fields[field] ?? null;
    }
    command.need("as");
    const name = command.name();
    return { name, aggregate: (members: readonly Fields[]) => apply(valuesOf(argument, members)) };
  });
  const by: string[] = [];
  if (command.take("by")) {
    do by.push(command.name());
    while (!command.done);
  }
  // Events without a field that is grouped by are left out.
  const groups =
    by.length === 0
      ? [rows]
      : grouped(
          rows.filter((row) => by.every((name) => (row[name] ?? null) !== null)),
          by,
        );
  return groups.map((members) => ({
    keys: Object.fromEntries(by.map((name) => [name, members[0]?.[name] ?? null])),
    results: Object.fromEntries(aggregates.map(({ name, aggregate }) => [name, aggregate(members)])),
    members,
  }));
}
