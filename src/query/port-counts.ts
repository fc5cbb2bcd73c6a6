import type { DuckDBConnection } from "@duckdb/node-api";
import { columnsOf } from "./tallies.ts";

/** How often subnets are asked at ports. Texts stand there once: a row has their places. */
export interface PortCounts {
  readonly subnets: readonly { readonly id: string; readonly name: string | undefined }[];
  /** Addresses that are asked; none where hosts are not told. */
  readonly hosts: readonly string[];
  readonly services: readonly { readonly protocol: number; readonly port: number; readonly name: string }[];
  readonly rows: readonly PortRows[];
}

/** By column. */
export interface PortRows {
  readonly count: number;
  readonly subnet: readonly number[];
  readonly protocol: readonly number[];
  readonly port: readonly number[];
  readonly internal: readonly number[];
  readonly host: readonly number[];
  readonly flows: readonly number[];
}

const HOST = `coalesce("destination.address", 'N/A')`;
/** The different texts of a column, in their order, and the place of each. */
const placesOf = (column: string): string =>
  `(SELECT ${column}, (row_number() OVER (ORDER BY ${column}))::INTEGER - 1 AS place FROM (SELECT DISTINCT ${column} FROM asked))`;

/**
 * Counts the flows that meet a condition, by subnet, protocol, port and whether they are from inside; where `hosts`, by the host that is asked,
 * too. They have a subnet, a protocol and a port. Throws as `ask` does.
 */
export async function countPorts(
  connection: DuckDBConnection,
  { where, hosts }: { readonly where: string; readonly hosts: boolean },
  signal: AbortSignal,
): Promise<PortCounts> {
  const ask = (sql: string) => Array.fromAsync(columnsOf(connection, sql, signal));
  const rowsOf = async (sql: string) =>
    (await ask(sql)).flatMap(({ columns, rows }) => Array.from({ length: rows }, (_, row) => columns.map((one) => one[row])));
  const text = (value: unknown) => (typeof value === "string" ? value : undefined);
  await ask(`CREATE OR REPLACE TEMP TABLE asked AS
    SELECT "flow.subnet.id" AS subnet, "flow.protocol.number" AS protocol, "destination.port" AS port,
      coalesce("flow.source.zone" = 'internal', FALSE) AS internal, ${hosts ? HOST : "''"} AS host,
      any_value("flow.subnet.name") AS name, any_value("flow.destination.service") AS service, count(*)::DOUBLE AS flows
    FROM flows WHERE ${where} GROUP BY ALL`);
  const subnets = await rowsOf("SELECT subnet, any_value(name) FROM asked GROUP BY subnet ORDER BY subnet");
  const services = await rowsOf(
    "SELECT protocol, port, any_value(service) FROM asked WHERE service IS NOT NULL GROUP BY protocol, port",
  );
  const rows = await ask(`SELECT s.place, protocol, port, internal::INTEGER, h.place, flows
    FROM asked JOIN ${placesOf("subnet")} s USING (subnet) JOIN ${placesOf("host")} h USING (host)`);
  return {
    subnets: subnets.map(([id, name]) => ({ id: String(id), name: text(name) })),
    hosts: hosts ? (await rowsOf("SELECT DISTINCT host FROM asked ORDER BY host")).map(([host]) => String(host)) : [],
    services: services.map(([protocol, port, name]) => ({
      ...{ protocol: Number(protocol), port: Number(port), name: String(name) },
    })),
    rows: rows.map(({ columns, rows: count }) => {
      const [subnet = [], protocol = [], port = [], internal = [], host = [], flows = []] = columns as number[][];
      return { count, subnet, protocol, port, internal, host, flows };
    }),
  };
}
