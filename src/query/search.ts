import type { FieldRef } from "../detect/fields.ts";
import { literal } from "../dialects/duckdb/conditions.ts";
import { duckdbDialect } from "../dialects/duckdb/dialect.ts";
import { otelAttributes } from "../dialects/stored-attributes.ts";
import { asset } from "../lib/assets.ts";
import { UsageError } from "../lib/errors.ts";
import { nearest } from "../lib/nearest.ts";
import { fieldsOfSearch } from "../searches/fields.ts";
import { isNative, loadSearches } from "../searches/load.ts";
import type { Search } from "../searches/search.ts";
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
    return { search, sql: `${unusualTransfers({ host })}\nLIMIT ${limit ?? search.limit}`, fields: [] };
  }
  const asked = limit === undefined ? search : { ...search, limit };
  const printed = duckdbDialect(otelAttributes()).search(asked);
  if ("refused" in printed) throw new UsageError("search-unknown", `${name} cannot be asked here: ${printed.reason}`);
  const ends = ["source.address", "destination.address", "flow.source.server", "flow.destination.server"];
  const of =
    host === undefined
      ? ""
      : `WITH flows AS (SELECT * FROM flows WHERE ${literal(host)} IN (${ends.map((end) => `"${end}"`).join(", ")}))\n`;
  return { search, sql: of + printed.query, fields: [...fieldsOfSearch(search).values()] };
}
