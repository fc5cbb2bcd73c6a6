import { parse } from "csv-parse/sync";
import { type Call, type Reply, type Route, ServiceError } from "../../service.ts";
import { paged } from "../paging.ts";
import { notFound, type State } from "./state.ts";

const LARGEST_CSV = 10 * 1000 * 1000;
const LARGEST_PAGE = 1000;
const OPERATORS = ["CIDRMATCH", "EQUAL", "CONTAINS", "CONTAINS IGNORE CASE", "MULTILINE REGEX", "CONTAINS ONE OF REGEXES"];

export interface Lookup {
  readonly name: string;
  readonly description: string;
  readonly type: string;
  readonly columns: readonly string[];
  readonly rows: readonly Readonly<Record<string, string>>[];
}

const base = "/20200601/namespaces/{namespace}/lookups";

/** Lookups: register, replace and append data, describe, get, list, delete. */
export function lookupRoutes(state: State): Route[] {
  const { lookups } = state;
  const get = ({ params }: Call): Lookup => {
    const one = lookups.get(params.name ?? "");
    if (one === undefined) throw notFound();
    return one;
  };
  const shown = ({ name, description, type, columns }: Lookup): unknown => ({
    name,
    description,
    type,
    fields: columns.map((column) => ({ name: column, displayName: column })),
    status: "Successful",
  });
  const route = (kind: string, method: string, path: string, handle: (call: Call) => Reply | Promise<Reply>): Route => ({
    kind,
    method,
    path,
    signed: method === "POST" || method === "PUT" ? "body" : "headers",
    handle(call) {
      state.checkNamespace(call);
      return handle(call);
    },
  });
  const once = (change: (call: Call) => Reply) => (call: Call) => state.tokens.once(call, () => change(call));
  return [
    route(
      "register-lookup",
      "POST",
      `${base}/actions/register`,
      once((call) => {
        const name = call.query.get("name");
        if (name === null || !/^\w+$/.test(name)) throw refuse("name is missing or not valid");
        if (lookups.has(name)) throw new ServiceError(409, "Conflict", `The lookup ${name} already exists`);
        const type = call.query.get("type") ?? "";
        if (!["Lookup", "Dictionary", "Module"].includes(type)) throw refuse(`type ${type} is not valid`);
        const made = { name, type, description: call.query.get("description") ?? "", ...read(call) };
        checkRows(made);
        lookups.set(name, made);
        return { status: 200, json: shown(made) };
      }),
    ),
    route(
      "update-lookup-data",
      "POST",
      `${base}/{name}/actions/updateData`,
      once((call) => {
        const changed = { ...get(call), ...read(call) };
        checkRows(changed);
        lookups.set(changed.name, changed);
        return { status: 204 };
      }),
    ),
    route(
      "append-lookup-data",
      "POST",
      `${base}/{name}/actions/appendData`,
      once((call) => {
        const one = get(call);
        const more = read(call);
        if (more.columns.join() !== one.columns.join()) throw refuse("The columns are not those of the lookup");
        lookups.set(one.name, { ...one, rows: [...one.rows, ...more.rows] });
        return { status: 204 };
      }),
    ),
    route("update-lookup", "PUT", `${base}/{name}`, (call) => {
      const details = JSON.parse(call.body.toString()) as Partial<Lookup>;
      const updated = { ...get(call), ...details };
      lookups.set(updated.name, updated);
      return { status: 200, json: shown(updated) };
    }),
    route("get-lookup", "GET", `${base}/{name}`, (call) => ({ status: 200, json: shown(get(call)) })),
    route("list-lookups", "GET", base, (call) =>
      paged(call, [...lookups.values()].map(shown), LARGEST_PAGE, (items) => ({ items })),
    ),
    route("delete-lookup", "DELETE", `${base}/{name}`, (call) => {
      lookups.delete(get(call).name);
      return { status: 202 };
    }),
  ];
}

function read({ body }: Call): Pick<Lookup, "columns" | "rows"> {
  if (body.length > LARGEST_CSV) throw new ServiceError(413, "PayloadTooLarge", `A lookup has ${LARGEST_CSV} bytes at most`);
  let lines: string[][];
  try {
    lines = parse(body, { skip_empty_lines: true });
  } catch {
    throw refuse("The file is not valid CSV");
  }
  const [columns, ...rows] = lines;
  if (columns === undefined || columns.some((column) => !/^[\w.]+$/.test(column))) throw refuse("The file has no header line");
  return { columns, rows: rows.map((cells) => Object.fromEntries(columns.map((column, index) => [column, cells[index] ?? ""]))) };
}

/** A dictionary begins with how its rows compare; a lookup finds equal values only, so that a network in it would find nothing. */
function checkRows({ type, columns, rows }: Lookup): void {
  const [first, second] = columns;
  if (type !== "Dictionary") {
    if (rows.some((row) => Object.values(row).some((cell) => /^[\d.:a-f]+\/\d+$/i.test(cell)))) {
      throw refuse("A network is found by a dictionary only");
    }
    return;
  }
  if (first !== "Operator" || second !== "Condition") throw refuse("A dictionary begins with Operator and Condition");
  const unknown = rows.find(({ Operator = "" }) => !OPERATORS.includes(Operator))?.Operator;
  if (unknown !== undefined) throw refuse(`There is no operator ${unknown}`);
}

function refuse(message: string): ServiceError {
  return new ServiceError(400, "InvalidParameter", message);
}
