import { createHash } from "node:crypto";
import type { TableName } from "../../../src/enrich/tables/kinds.ts";
import { type LoadedTable, readTable, snapshotOf, type Tables } from "../../../src/enrich/tables/tables.ts";
import { EMPTY_CONTEXT, Flow, type FlowContext } from "../../../src/flow/flow.ts";
import { originOf } from "../../../src/flow/origin.ts";

/** A snapshot of tables that are given as text or bytes; tables that are not given are empty. */
export async function tablesOf(texts: Partial<Record<TableName, string | Buffer>>): Promise<Tables> {
  const loaded: LoadedTable[] = [];
  for (const [table, text] of Object.entries(texts) as [TableName, string | Buffer][]) {
    const bytes = typeof text === "string" ? Buffer.from(text) : text;
    const reading = await readTable(table, `${table}.csv`, { bytes, digest: createHash("sha256").update(bytes).digest("hex") });
    if (reading.table === undefined) throw new Error(JSON.stringify(reading.issues));
    loaded.push(reading.table);
  }
  return snapshotOf(loaded);
}

export type FlowFields = Partial<
  Pick<
    Flow,
    "sourceAddress" | "destinationAddress" | "sourcePort" | "destinationPort" | "protocol" | "directionLogged" | "subnetName"
  >
>;

export function flowOf(fields: FlowFields, context: Partial<FlowContext> = {}): Flow {
  const flow = new Flow(originOf("file:///bucket", "key", "etag"), 1, { ...EMPTY_CONTEXT, ...context }, 0);
  return Object.assign(flow, fields);
}
