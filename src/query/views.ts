import { archiveColumns, TIME } from "../archive/columns.ts";
import type { Window } from "../archive/layout.ts";
import { type FieldRef, resolveField } from "../detect/fields.ts";
import type { StoredAttributes } from "../dialects/dialect.ts";
import { identifier, literal } from "../dialects/duckdb/conditions.ts";
import { otelAttributes } from "../dialects/stored-attributes.ts";
import type { FileKind } from "./files.ts";

/** A column of the view, and what it is read from in files of each kind; what a kind does not have is NULL. */
interface ViewColumn {
  readonly name: string;
  readonly type: string;
  /** In the archive's files: undefined where files of this archive lack it. */
  readonly parquet: (has: ReadonlySet<string>) => string | undefined;
  /** In lines of schema otel, in which resource and attributes are structs. */
  readonly otel: string | undefined;
  /** In records of schema seed. */
  readonly seed: string | undefined;
}

/**
 * The view `flows`: a column `time` (TIMESTAMP, UTC), one for each attribute of schema `otel`, and year, month, day and hour. `fields` are
 * further columns of tables that a query names. `parquetColumns`: what the archive's files have.
 */
export function flowsView(
  files: ReadonlyMap<FileKind, readonly string[]>,
  { window, fields, parquetColumns }: { window: Window; fields: readonly FieldRef[]; parquetColumns: ReadonlySet<string> },
): string {
  const attributes = otelAttributes();
  const columns = columnsOf(attributes, fields);
  const parts = [...files].map(([kind, some]) => {
    const from = FROM[kind](some, attributes, columns);
    const value = (column: ViewColumn) =>
      (kind === "parquet" ? column.parquet(parquetColumns) : kind === "otel-lines" ? column.otel : column.seed) ?? "NULL";
    const select = columns.map((column) => `  CAST(${value(column)} AS ${column.type}) AS ${identifier(column.name)}`);
    return `SELECT\n${select.join(",\n")}\nFROM ${from}`;
  });
  const none = `SELECT ${columns.map(({ name, type }) => `CAST(NULL AS ${type}) AS ${identifier(name)}`).join(", ")} WHERE FALSE`;
  const all = parts.length === 0 ? none : parts.join("\nUNION ALL\n");
  return `CREATE VIEW flows AS SELECT *,
  year(time) AS year, month(time) AS month, day(time) AS day, hour(time) AS hour
FROM (\n${all}\n)${within(window)}`;
}

/** Records of schema seed have no time: they are of every window. */
function within({ since, until }: Window): string {
  const bounds = [
    ...(Number.isFinite(since) ? [`${TIME} >= ${timestamp(since)}`] : []),
    ...(Number.isFinite(until) ? [`${TIME} < ${timestamp(until)}`] : []),
  ];
  return bounds.length === 0 ? "" : `\nWHERE (${bounds.join(" AND ")}) OR ${TIME} IS NULL`;
}

/** A time of ms since the epoch, as SQL. */
const timestamp = (ms: number): string => `TIMESTAMP ${literal(new Date(ms).toISOString().slice(0, -1).replace("T", " "))}`;

/** Lines that are none, or have no time, by file. */
export function brokenLines(files: readonly string[]): string {
  return `SELECT filename, count(*) FROM read_json(${list(files)}, format = 'newline_delimited', ignore_errors = true, filename = true,
  columns = {timestamp: 'TIMESTAMP'}) WHERE timestamp IS NULL GROUP BY filename ORDER BY filename`;
}

const list = (files: readonly string[]): string => `[${files.map(literal).join(", ")}]`;

const FROM: Readonly<
  Record<FileKind, (files: readonly string[], attributes: StoredAttributes, columns: readonly ViewColumn[]) => string>
> = {
  parquet: (files) => `read_parquet(${list(files)}, union_by_name = true, hive_partitioning = false)`,
  "otel-lines": (files, attributes, columns) => {
    const known = new Map(attributes.all.map((attribute) => [attribute.name, attribute]));
    const named = columns.filter(({ otel }) => otel?.startsWith("attributes.") || otel?.startsWith("resource."));
    const struct = (resource: boolean) =>
      named
        .filter(({ name }) => (known.get(name)?.resource ?? false) === resource)
        .map(({ name, type }) => `${identifier(name)} ${type}`)
        .join(", ");
    return `read_json(${list(files)}, format = 'newline_delimited', ignore_errors = true, columns = {
    timestamp: 'TIMESTAMP', resource: ${literal(`STRUCT(${struct(true)})`)}, attributes: ${literal(`STRUCT(${struct(false)})`)}
  }) WHERE timestamp IS NOT NULL`;
  },
  "seed-lines": (files) => `read_json(${list(files)}, format = 'newline_delimited', ignore_errors = true, columns = ${SEED})`,
  "seed-array": (files) => `read_json(${list(files)}, format = 'array', columns = ${SEED})`,
};

/** What stands in a record of schema seed as `N/A`, or as a number. */
const SEED = `{
    sourceAddress: 'VARCHAR', destinationAddress: 'VARCHAR', destinationPort: 'VARCHAR', protocol: 'VARCHAR', protocolName: 'VARCHAR',
    internal_or_external_source: 'VARCHAR', internal_or_external_destination: 'VARCHAR', traffic_direction: 'VARCHAR',
    traffic_type: 'VARCHAR', oracle: 'JSON'
  }`;

const known = (name: string): string => `nullif(${name}, 'N/A')`;
const ofOracle = (...names: readonly string[]): string =>
  `coalesce(${names.map((name) => `json_extract_string(oracle, '$.${name}')`).join(", ")}, NULL)`;

/** Columns of the view from records of schema seed. The log's own block has its names in one case or the other. */
const FROM_SEED: Readonly<Record<string, string>> = {
  "source.address": known("sourceAddress"),
  "destination.address": known("destinationAddress"),
  "source.address.hex": hex(known("sourceAddress")),
  "destination.address.hex": hex(known("destinationAddress")),
  "destination.port": `TRY_CAST(${known("destinationPort")} AS INTEGER)`,
  "flow.protocol.number": `TRY_CAST(${known("protocol")} AS INTEGER)`,
  "flow.protocol.name": known("protocolName"),
  "network.transport": "CASE protocolName WHEN 'TCP' THEN 'tcp' WHEN 'UDP' THEN 'udp' END",
  "flow.direction": "CASE WHEN traffic_direction IN ('ingress', 'egress') THEN traffic_direction ELSE 'unknown' END",
  "flow.traffic_type":
    "CASE traffic_type WHEN 'internal traffic' THEN 'east-west' WHEN 'external traffic' THEN 'north-south' END",
  "flow.source.zone": "internal_or_external_source",
  "flow.destination.zone": "internal_or_external_destination",
  "flow.status": "'OK'",
  "flow.subnet.id": ofOracle("vnicsubnetocid"),
  "flow.subnet.name": ofOracle("vnicsubnetname"),
  "flow.vnic.id": ofOracle("vnicocid"),
  "flow.compartment.id": ofOracle("vniccompartmentocid", "compartmentid"),
  "cloud.account.id": ofOracle("tenantid"),
  "cloud.provider": "'oracle_cloud'",
};

/** An IPv4 address in the form that compares; of IPv6 only the archive has it. */
function hex(address: string): string {
  const part = (index: number) => `split_part(${address}, '.', ${index})::UTINYINT`;
  return `CASE WHEN regexp_full_match(${address}, '[0-9]{1,3}([.][0-9]{1,3}){3}') THEN printf('00000000000000000000ffff%02x%02x%02x%02x', ${[1, 2, 3, 4].map(part).join(", ")}) END`;
}

function columnsOf(attributes: StoredAttributes, fields: readonly FieldRef[]): ViewColumn[] {
  const resource = new Set(attributes.all.filter((one) => one.resource).map(({ name }) => name));
  const own = new Set(attributes.all.map(({ name }) => name));
  const stored = archiveColumns();
  const inLines = (name: string): string | undefined => {
    if (name === TIME) return "timestamp";
    if (own.has(name)) return `${resource.has(name) ? "resource" : "attributes"}.${identifier(name)}`;
    const address = /^(.*)\.hex$/.exec(name)?.[1];
    return address === undefined ? undefined : hex(`attributes.${identifier(address)}`);
  };
  const columns = stored.map(
    ({ name, type }): ViewColumn => ({
      name,
      type,
      parquet: (has) => (has.has(name) ? identifier(name) : undefined),
      otel: inLines(name),
      seed: FROM_SEED[name],
    }),
  );
  const seen = new Set(columns.map(({ name }) => name));
  for (const { field, column, name: asked } of fields) {
    if (column === undefined) continue;
    const ref = resolveField(asked);
    const attribute = typeof ref === "string" ? undefined : attributes.of(ref);
    const whole = stored.find(({ columnsOf: of }) => of === field);
    if (attribute === undefined || whole === undefined || seen.has(attribute.name)) continue;
    seen.add(attribute.name);
    columns.push({
      name: attribute.name,
      type: "VARCHAR",
      parquet: (has) =>
        has.has(whole.name)
          ? `json_extract_string(${identifier(whole.name)}, ${literal(`$.${JSON.stringify(column)}`)})`
          : undefined,
      otel: `attributes.${identifier(attribute.name)}`,
      seed: undefined,
    });
  }
  return columns;
}
