import { randomUUID } from "node:crypto";
import type { LogAnalyticsClient } from "oci-loganalytics";
import { LARGEST_UPLOAD_BYTES, type LookupTable, piecesOf } from "./lookup-tables.ts";
import type { ServiceCall } from "./service-call.ts";
import { Conflict } from "./step.ts";

export interface Pushed {
  readonly lookup: string;
  readonly rows: number;
  readonly action: "created" | "replaced" | "unchanged";
}

/**
 * Brings a table into Log Analytics, if the service has another version of it or none. What stands in the description tells which
 * version it has; it is written last, so that a push that breaks off is repeated as a whole.
 */
export async function pushLookup(
  client: LogAnalyticsClient,
  namespaceName: string,
  table: LookupTable,
  call: ServiceCall,
  signal: AbortSignal,
  maxBytes = LARGEST_UPLOAD_BYTES,
): Promise<Pushed> {
  const { name, rows } = table;
  const description = `${table.description}. Kept by flowferry, version ${table.version}`;
  const pushed = (action: Pushed["action"]): Pushed => ({ lookup: name, rows: rows.length, action });
  const at = { namespaceName, lookupName: name };
  const found = await call.orAbsent("GetLookup", signal, async () => {
    const { logAnalyticsLookup } = await client.getLookup(at);
    if (logAnalyticsLookup?.name === undefined) throw new TypeError("it holds no lookup");
    return logAnalyticsLookup;
  });
  if (found !== undefined && !(found.description ?? "").includes("Kept by flowferry")) {
    const message = `there is a lookup ${name} that flowferry did not make: rename or delete it`;
    throw new Conflict("content-conflict", message);
  }
  if (found?.description === description) return pushed("unchanged");
  const [first = "", ...more] = piecesOf(table, maxBytes);
  const { Type } = (await import("oci-loganalytics")).requests.RegisterLookupRequest;
  if (found === undefined) {
    // The SDK sends the values of a query as they are, and signs texts only.
    const unfinished = encodeURIComponent(`${table.description}. Kept by flowferry, being filled`);
    const details = { name, type: Type.Lookup, description: unfinished, registerLookupContentFileBody: first };
    const register = { namespaceName, ...details, ...token() };
    await call("RegisterLookup", signal, () => client.registerLookup(register));
  } else {
    const update = { ...at, isForce: true, updateLookupFileBody: first, ...token() };
    await call("UpdateLookupData", signal, () => client.updateLookupData(update));
  }
  for (const piece of more) {
    const append = { ...at, isForce: true, appendLookupFileBody: piece, ...token() };
    await call("AppendLookupData", signal, () => client.appendLookupData(append));
  }
  await call("UpdateLookup", signal, () => client.updateLookup({ ...at, updateLookupMetadataDetails: { description } }));
  return pushed(found === undefined ? "created" : "replaced");
}

/** One for each request, so that a repetition of it is carried out once. */
const token = (): { opcRetryToken: string } => ({ opcRetryToken: randomUUID() });
