import type { FieldRef } from "../detect/fields.ts";
import { identifier, literal } from "../dialects/duckdb/conditions.ts";
import { duckdbDialect } from "../dialects/duckdb/dialect.ts";
import { otelAttributes } from "../dialects/stored-attributes.ts";
import { asset } from "../lib/assets.ts";
import { UsageError } from "../lib/errors.ts";
import { comparableAddress } from "../lib/ip/comparable.ts";
import { nearest } from "../lib/nearest.ts";
import { fieldsOfSearch } from "../searches/fields.ts";
import { isNative, loadSearches } from "../searches/load.ts";
import type { Search } from "../searches/search.ts";
import type { Drawn } from "./chart.ts";
import { unusualTransfers } from "./unusual.ts";

/** The ready searches, in the order of their names, but for those that only one backend can say. */
export function readySearches(): readonly Search[] {
  return loadSearches(asset("deploy/searches")).searches.filter((search): search is Search => !isNative(search));
}

/** A search as a query over the view `flows`. */
export interface ReadySearch {
  readonly search: Search;
  readonly sql: string;
  /** What it names beside the attributes. */
  readonly fields: readonly FieldRef[];
  /** What a chart of it shows: what it is sorted by, else its first measure. */
  readonly drawn: Drawn | undefined;
}

/** The search of that name. `host`: only flows of that address, or of the server of that name. Throws UsageError. */
export function readySearch(
  name: string,
  { host, limit }: { readonly host?: string | undefined; readonly limit?: number | undefined },
): ReadySearch {
  const all = readySearches();
  const search = all.find(({ id }) => id === name);
  if (search === undefined) {
    const meant = nearest(
      name,
      all.map(({ id }) => id),
    );
    const advice = meant === undefined ? "flowferry search lists them" : `did you mean ${meant}?`;
    throw new UsageError("search-unknown", `there is no search ${name}: ${advice}`);
  }
  if (name === "unusual_transfers") {
    return { search, sql: `${unusualTransfers({ host })}\nLIMIT ${limit ?? search.limit}`, fields: [], drawn: undefined };
  }
  const asked = limit === undefined ? search : { ...search, limit };
  const printed = duckdbDialect(otelAttributes()).search(asked);
  if ("refused" in printed) throw new UsageError("search-unknown", `${name} cannot be asked here: ${printed.reason}`);
  const of = host === undefined ? "" : `WITH flows AS (SELECT * FROM flows WHERE ${isOf(host)})\n`;
  const measure = search.sort ?? search.measures[0];
  const names = [
    ...(search.time === undefined ? [] : search.time.kind === "interval" ? ["Time"] : ["Weekday", "Hour"]),
    ...search.by.map(({ label }) => label),
  ];
  const drawn = measure && { measure: measure.label, names };
  return { search, sql: of + printed.query, fields: [...fieldsOfSearch(search).values()], drawn };
}

/** Whether a flow is from or to an address, however it is written, or a server. */
function isOf(host: string): string {
  const ends = ["source.address", "destination.address", "flow.source.server", "flow.destination.server"];
  const hex = comparableAddress(host);
  const named = `${literal(host)} IN (${ends.map(identifier).join(", ")})`;
  return hex === undefined ? named : `${named} OR ${literal(hex)} IN ("source.address.hex", "destination.address.hex")`;
}
