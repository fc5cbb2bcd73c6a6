import { randomUUID } from "node:crypto";
import { Conflict } from "../../../install/step.ts";
import type { LogAnalyticsClient } from "../log-analytics.ts";
import { LARGEST_UPLOAD_BYTES, type LookupTable, piecesOf } from "./lookup-tables.ts";
import type { ServiceCall } from "./service-call.ts";

export interface Pushed {
  readonly lookup: string;
  readonly rows: number;
  readonly action: "created" | "replaced" | "unchanged";
}

/**
 * Brings a table into Log Analytics, if the service has another version of it or none. What stands in the description tells which
 * version it has; it is written last, so that a push that breaks off is repeated as a whole. Each request has a token of its own, so that a
 * repetition of it is carried out once.
 */
export async function pushLookup(
  client: LogAnalyticsClient,
  namespaceName: string,
  table: LookupTable,
  call: ServiceCall,
  signal: AbortSignal,
  maxBytes = LARGEST_UPLOAD_BYTES,
): Promise<Pushed> {
  const { name, type, rows } = table;
  const description = `${table.description}. Kept by flowferry, version ${table.version}`;
  const pushed = (action: Pushed["action"]): Pushed => ({ lookup: name, rows: rows.length, action });
  const at = { namespaceName, lookupName: name };
  const found = await call.orAbsent("GetLookup", signal, async () => {
    const lookup = await client.getLookup(at);
    if (lookup?.name === undefined) throw new TypeError("it holds no lookup");
    return lookup;
  });
  if (found !== undefined && !(found.description ?? "").includes("Kept by flowferry")) {
    const message = `there is a lookup ${name} that flowferry did not make: rename or delete it`;
    throw new Conflict("content-conflict", message);
  }
  if (found?.description === description) return pushed("unchanged");
  const [first = "", ...more] = piecesOf(table, maxBytes);
  if (found === undefined) {
    // Values of a query go out as they are, and only texts are signed.
    const unfinished = encodeURIComponent(`${table.description}. Kept by flowferry, being filled`);
    const token = randomUUID();
    await call("RegisterLookup", signal, () =>
      client.registerLookup(namespaceName, { name, type, description: unfinished }, first, token),
    );
  } else {
    const token = randomUUID();
    await call("UpdateLookupData", signal, () => client.changeLookupData("updateData", at, first, token));
  }
  for (const piece of more) {
    const token = randomUUID();
    await call("AppendLookupData", signal, () => client.changeLookupData("appendData", at, piece, token));
  }
  await call("UpdateLookup", signal, () => client.updateLookup(at, { description }));
  return pushed(found === undefined ? "created" : "replaced");
}
