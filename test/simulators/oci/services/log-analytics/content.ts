import { type Call, type Reply, type Route, ServiceError } from "../../service.ts";
import { paged } from "../paging.ts";
import { notFound, type State } from "./state.ts";

/** Fields that come with the service: title and type. Internal names are made up, as no client may rely on them. */
const BUILT_IN: readonly (readonly [string, string])[] = [
  ["Time", "TIMESTAMP"],
  ["Log Source", "STRING"],
  ["Action", "STRING"],
  ["Status", "STRING"],
  ["Source IP", "STRING"],
  ["Source Port", "LONG"],
  ["Destination IP", "STRING"],
  ["Destination Port", "LONG"],
  ["Protocol (Transport)", "STRING"],
  ["Protocol Number", "LONG"],
  ["Content Size In", "LONG"],
  ["Content Size Out", "LONG"],
  ["Packets In", "LONG"],
  ["Packets Out", "LONG"],
  ["OCI Subnet OCID", "STRING"],
  ["OCI Resource OCID", "STRING"],
  ["OCI Parent Resource OCID", "STRING"],
  ["Client Host Country", "STRING"],
];
const LARGEST_PAGE = 1000;

export interface Named {
  readonly name: string;
  readonly displayName: string;
  readonly isSystem: boolean;
  readonly editVersion: number;
  readonly [key: string]: unknown;
}

/** The content of a tenancy: what came with the service and what was made. */
export class ContentStore {
  readonly fields = new Map<string, Named>();
  readonly parsers = new Map<string, Named>();
  readonly sources = new Map<string, Named>();
  readonly labels = new Map<string, Named>();

  constructor() {
    for (const [index, [displayName, dataType]] of BUILT_IN.entries()) {
      const name = `sys${index}`;
      this.fields.set(name, { name, displayName, dataType, isSystem: true, editVersion: 1, description: displayName });
    }
  }

  fieldTitles(): Set<string> {
    return new Set([...this.fields.values()].map(({ displayName }) => displayName));
  }
}

const base = "/20200601/namespaces/{namespace}";

/** Fields, parsers, sources and labels: upsert, get, list, delete. */
export function contentRoutes(state: State): Route[] {
  const { content } = state;
  const guarded =
    (handle: (call: Call) => Reply) =>
    (call: Call): Reply => {
      state.checkNamespace(call);
      return handle(call);
    };
  const kindRoutes = (
    kind: "field" | "parser" | "source" | "label",
    held: Map<string, Named>,
    check: (details: Record<string, unknown>) => Record<string, unknown>,
    inUse: (name: string) => boolean,
  ): Route[] => [
    {
      kind: `upsert-${kind}`,
      method: "POST",
      path: `${base}/${kind}s/actions/upsert`,
      signed: "body",
      handle: guarded((call) => {
        const details = check(readBody(call));
        const name = nameOf(kind, details, held);
        const earlier = held.get(name);
        if (earlier?.isSystem === true) throw refuse(`The ${kind} ${name} is Oracle-defined`);
        const title = details.displayName;
        const other = [...held.values()].find((one) => one.displayName === title && one.name !== name);
        if (other !== undefined) throw refuse(`A ${kind} with the display name ${title} already exists`);
        const made = {
          ...details,
          name,
          displayName: String(title),
          isSystem: false,
          editVersion: (earlier?.editVersion ?? 0) + 1,
        };
        held.set(name, made);
        return { status: 200, json: made };
      }),
    },
    {
      kind: `get-${kind}`,
      method: "GET",
      path: `${base}/${kind}s/{name}`,
      signed: "headers",
      handle: guarded(({ params }) => ({ status: 200, json: found(held, params.name) })),
    },
    {
      kind: `list-${kind}s`,
      method: "GET",
      path: `${base}/${kind}s`,
      signed: "headers",
      handle: guarded((call) => paged(call, [...held.values()], LARGEST_PAGE, (items) => ({ items }))),
    },
    {
      kind: `delete-${kind}`,
      method: "DELETE",
      path: `${base}/${kind}s/{name}`,
      signed: "headers",
      handle: guarded(({ params }) => {
        const one = found(held, params.name);
        if (one.isSystem) throw refuse(`The ${kind} ${one.name} is Oracle-defined`);
        if (inUse(one.name)) throw new ServiceError(409, "Conflict", `The ${kind} ${one.name} is in use`);
        held.delete(one.name);
        return { status: 204 };
      }),
    },
  ];
  const usedBy = (held: Map<string, Named>, list: string, nameIn: (item: never) => unknown) => (name: string) =>
    [...held.values()].some((one) => ((one[list] as never[] | undefined) ?? []).some((item) => nameIn(item) === name));
  return [
    ...kindRoutes(
      "field",
      content.fields,
      checkField,
      usedBy(content.parsers, "fieldMaps", ({ field }: { field: Named }) => field.name),
    ),
    ...kindRoutes(
      "parser",
      content.parsers,
      (details) => checkParser(details, content),
      usedBy(content.sources, "parsers", ({ name }: Named) => name),
    ),
    ...kindRoutes(
      "source",
      content.sources,
      (details) => checkSource(details, content),
      () => false,
    ),
    ...kindRoutes(
      "label",
      content.labels,
      (details) => details,
      () => false,
    ),
  ];
}

function readBody(call: Call): Record<string, unknown> {
  const details = JSON.parse(call.body.toString()) as Record<string, unknown>;
  if (typeof details.displayName !== "string" || details.displayName === "") throw refuse("displayName is required");
  return details;
}

/** Fields get their internal name from the service; parsers and sources bring theirs. */
function nameOf(kind: string, details: Record<string, unknown>, held: ReadonlyMap<string, Named>): string {
  if (typeof details.name === "string") {
    if (kind === "field" && !held.has(details.name)) throw refuse(`There is no field ${details.name}`);
    return details.name;
  }
  if (kind !== "field") throw refuse("name is required");
  return `udf${held.size}`;
}

function checkField(details: Record<string, unknown>): Record<string, unknown> {
  const types = ["STRING", "LONG", "INTEGER", "FLOAT", "DOUBLE", "TIMESTAMP"];
  if (!types.includes(String(details.dataType))) throw refuse(`dataType ${details.dataType} is not valid`);
  return details;
}

function checkParser(details: Record<string, unknown>, { fields }: ContentStore): Record<string, unknown> {
  const types = ["XML", "JSON", "REGEX", "ODL", "DELIMITED"];
  if (!types.includes(String(details.type))) throw refuse(`type ${details.type} is not valid`);
  const maps = (details.fieldMaps ?? []) as {
    field: { name: string };
    parserFieldExpression: string;
    parserFieldSequence: number;
  }[];
  if (maps.length === 0) throw refuse("fieldMaps is empty");
  const fieldMaps = maps.map((map) => {
    const field = fields.get(map.field.name);
    if (field === undefined) throw refuse(`There is no field ${map.field.name}`);
    if (details.type === "JSON" && !/^\$(\.\w+|\[\d+\])+$/.test(map.parserFieldExpression)) {
      throw refuse(`${map.parserFieldExpression} is not a valid JSON path`);
    }
    return { ...map, field };
  });
  if (new Set(fieldMaps.map(({ field }) => field.name)).size !== fieldMaps.length) throw refuse("A field is mapped twice");
  // The service answers with the maps in no particular order.
  return { ...details, fieldMaps: fieldMaps.toReversed() };
}

function checkSource(details: Record<string, unknown>, { parsers }: ContentStore): Record<string, unknown> {
  if (details.typeName === undefined) throw refuse("typeName is required");
  const used = ((details.parsers ?? []) as { name: string }[]).map(({ name }) => {
    const parser = parsers.get(name);
    if (parser === undefined) throw refuse(`There is no parser ${name}`);
    return parser;
  });
  if (used.length === 0) throw refuse("A source needs a parser");
  if (((details.entityTypes ?? []) as unknown[]).length === 0) throw refuse("A source needs an entity type");
  return { ...details, parsers: used };
}

function found(held: ReadonlyMap<string, Named>, name: string | undefined): Named {
  const one = held.get(name ?? "");
  if (one === undefined) throw notFound();
  return one;
}

function refuse(message: string): ServiceError {
  return new ServiceError(400, "InvalidParameter", message);
}
