import { type Call, type Reply, type Route, ServiceError } from "../../service.ts";
import { paged } from "../paging.ts";
import { notFound, type State } from "./state.ts";

/**
 * Fields that come with the service: internal name, title and type. Names that public parsers show are those; `sys…` are made up. "Packets
 * Out" is not among them, since nobody has seen it in a public parser.
 */
const BUILT_IN: readonly (readonly [string, string, string])[] = [
  ["time", "Time", "TIMESTAMP"],
  ["mbody", "Original Log Content", "STRING"],
  ["sys1", "Log Source", "STRING"],
  ["actn", "Action", "STRING"],
  ["status", "Status", "STRING"],
  ["srcip", "Source IP", "STRING"],
  ["srcport", "Source Port", "LONG"],
  ["destip", "Destination IP", "STRING"],
  ["destport", "Destination Port", "LONG"],
  ["tranprot", "Protocol (Transport)", "STRING"],
  ["protnum", "Protocol Number", "LONG"],
  ["contszin", "Content Size In", "LONG"],
  ["contszout", "Content Size Out", "LONG"],
  ["pktsin", "Packets In", "LONG"],
  ["ocisubnetocid", "OCI Subnet OCID", "STRING"],
  ["sys2", "OCI Resource OCID", "STRING"],
  ["sys3", "OCI Parent Resource OCID", "STRING"],
  ["countryclnt", "Client Host Country", "STRING"],
];
/** What a new field is called before its number, by its type. */
const PREFIXES: Readonly<Record<string, string>> = {
  STRING: "udfs",
  LONG: "udfl",
  INTEGER: "udfl",
  DOUBLE: "udfd",
  TIMESTAMP: "udfd",
  FLOAT: "udff",
};
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
  /** How many single-valued fields of text the tenancy can still make: the supply is finite, its size is not documented. */
  singleValuedStrings = 100;
  #made = 0;

  constructor() {
    for (const [name, displayName, dataType] of BUILT_IN) {
      this.fields.set(name, { name, displayName, dataType, isSystem: true, editVersion: 1, description: displayName });
    }
  }

  /** Takes a new field of that type, and gives it its internal name. */
  newField({ dataType, isMultiValued }: Record<string, unknown>): string {
    if (dataType === "STRING" && isMultiValued !== true) {
      if (this.singleValuedStrings <= 0) throw refuse("No single-valued string field is available");
      this.singleValuedStrings -= 1;
    }
    this.#made += 1;
    return `${PREFIXES[String(dataType)]}${this.#made}`;
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
    (handle: (call: Call) => Reply | Promise<Reply>) =>
    (call: Call): Reply | Promise<Reply> => {
      state.checkNamespace(call);
      return handle(call);
    };
  const kindRoutes = (
    kind: "field" | "parser" | "source" | "label",
    held: Map<string, Named>,
    check: (details: Record<string, unknown>, call: Call) => Record<string, unknown>,
    inUse: (name: string) => boolean,
  ): Route[] => [
    {
      kind: `upsert-${kind}`,
      method: "POST",
      path: `${base}/${kind}s/actions/upsert`,
      signed: "body",
      handle: guarded((call) =>
        state.tokens.once(call, () => {
          const details = check(readBody(call), call);
          const given = nameOf(kind, details, held);
          const earlier = given === undefined ? undefined : held.get(given);
          if (earlier?.isSystem === true) throw refuse(`The ${kind} ${given} is Oracle-defined`);
          // Parsers and sources are updated in the version that was read.
          if (earlier !== undefined && kind !== "field" && call.headers["if-match"] !== etagOf(earlier)) {
            throw new ServiceError(412, "NoEtagMatch", `The ${kind} ${given} has another etag`);
          }
          const title = details.displayName;
          const other = [...held.values()].find((one) => one.displayName === title && one.name !== given);
          if (other !== undefined) throw refuse(`A ${kind} with the display name ${title} already exists`);
          const name = given ?? content.newField(details);
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
      ),
    },
    {
      kind: `get-${kind}`,
      method: "GET",
      path: `${base}/${kind}s/{name}`,
      signed: "headers",
      handle: guarded(({ params }) => {
        const one = found(held, params.name);
        return { status: 200, headers: { etag: etagOf(one) }, json: one };
      }),
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
      (details, call) => checkSource(details, content, call),
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

const etagOf = ({ name, editVersion }: Named): string => `"${name}-${editVersion}"`;

/** Fields get their internal name from the service, where none is given: a given one is updated. Parsers and sources bring theirs. */
function nameOf(kind: string, details: Record<string, unknown>, held: ReadonlyMap<string, Named>): string | undefined {
  if (typeof details.name === "string") {
    if (kind === "field" && !held.has(details.name)) throw notFound();
    return details.name;
  }
  if (kind !== "field") throw refuse("name is required");
  return undefined;
}

function checkField(details: Record<string, unknown>): Record<string, unknown> {
  if (PREFIXES[String(details.dataType)] === undefined) throw refuse(`dataType ${details.dataType} is not valid`);
  return details;
}

interface FieldMap {
  readonly field: { readonly name: string };
  readonly parserFieldName?: string;
  readonly storageFieldName?: string;
  readonly parserFieldSequence?: number;
  readonly structuredColumnInfo?: string;
  readonly parserFieldExpression?: string;
}

/**
 * The form of the JSON parsers that the service exports and that other programs make. What no public caller sends is refused here, whatever
 * the service would make of it. A parser of one line met an error of the service that never went away.
 */
function checkParser(details: Record<string, unknown>, { fields }: ContentStore): Record<string, unknown> {
  const types = ["XML", "JSON", "REGEX", "ODL", "DELIMITED"];
  if (!types.includes(String(details.type))) throw refuse(`type ${details.type} is not valid`);
  if (details.isSingleLineContent !== false) throw new ServiceError(500, "InternalServerError", "Internal error");
  for (const member of ["language", "encoding", "headerContent", "content", "exampleContent"]) {
    if (typeof details[member] !== "string") throw refuse(`${member} is missing`);
  }
  const maps = (details.fieldMaps ?? []) as FieldMap[];
  if (maps.length === 0) throw refuse("fieldMaps is empty");
  const fieldMaps = maps.map((map) => {
    const field = fields.get(map.field.name);
    if (field === undefined) throw refuse(`There is no field ${map.field.name}`);
    if (field.name === "mbody") throw refuse(`${field.displayName} cannot be mapped`);
    if (map.parserFieldExpression !== undefined) throw refuse("parserFieldExpression is for parsers of other types");
    if (map.parserFieldName !== field.name || map.storageFieldName !== field.name)
      throw refuse(`The map of ${field.name} names another field`);
    if (!/^\$(\.\w+|\[\d+\])+$/.test(map.structuredColumnInfo ?? ""))
      throw refuse(`${map.structuredColumnInfo} is not a valid JSON path`);
    return { ...map, field };
  });
  if (new Set(fieldMaps.map(({ field }) => field.name)).size !== fieldMaps.length) throw refuse("A field is mapped twice");
  // The service answers with the maps in no particular order.
  return { ...details, fieldMaps: fieldMaps.toReversed() };
}

/** An upsert of a source ends with its warnings, unless they are to be ignored. */
function checkSource(details: Record<string, unknown>, { parsers }: ContentStore, { query }: Call): Record<string, unknown> {
  if (!["os_file", "rest_api"].includes(String(details.typeName))) throw refuse(`typeName ${details.typeName} is not valid`);
  const used = ((details.parsers ?? []) as { name: string; parserSequence?: number }[]).map(({ name, parserSequence }) => {
    const parser = parsers.get(name);
    if (parser === undefined) throw refuse(`There is no parser ${name}`);
    if (parserSequence === undefined) throw refuse("parserSequence is missing");
    return { ...parser, parserSequence };
  });
  if (used.length === 0) throw refuse("A source needs a parser");
  const types = ((details.entityTypes ?? []) as { entityType?: string }[]).map(({ entityType }) => entityType);
  const known = ["omc_host_linux", "oci_generic_resource"];
  if (types.length === 0 || !types.every((type) => known.includes(type ?? ""))) {
    throw new ServiceError(500, "InternalServerError", "Internal error");
  }
  if (query.get("isIgnoreWarning") !== "true") throw refuse("The source has warnings");
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
