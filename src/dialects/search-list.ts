import { stringify } from "yaml";
import { formatTimespan } from "../detect/timespan.ts";
import type { PrintedSearch } from "./dialect.ts";
import { oneLine } from "./text.ts";

/** Searches as a list for people and for whatever fills dashboards, under a comment of one line. */
export function searchList(searches: readonly PrintedSearch[], comment: string): string {
  const list = searches.map(({ search, query }) => ({
    name: search.id,
    title: search.title,
    description: oneLine(search.description),
    visualisation: search.visualisation,
    period: formatTimespan(search.periodMs),
    query,
  }));
  return `# ${comment}\n${stringify({ searches: list }, { lineWidth: 0 })}`;
}
