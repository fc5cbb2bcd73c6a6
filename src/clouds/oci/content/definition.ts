import { join } from "node:path";
import { z } from "zod";
import { hint } from "../../../detect/hint.ts";
import { formatRuleError } from "../../../detect/load.ts";
import { DASHBOARDS_FILE, type DashboardLists, dashboardLists } from "../../../dialects/dashboard-lists.ts";
import type { Printed } from "../../../dialects/dialect.ts";
import { PERIODS } from "../../../dialects/log-analytics/searches.ts";
import { oneLine } from "../../../dialects/text.ts";
import { asset } from "../../../lib/assets.ts";
import { UsageError } from "../../../lib/errors.ts";
import { isNative, loadSearches } from "../../../searches/load.ts";
import type { NativeSearch, SearchMeta, Visualisation } from "../../../searches/search.ts";
import { type ContentDefinition, readContent } from "./content.ts";
import { logAnalytics } from "./log-analytics.ts";
import { readYaml, wrong } from "./yaml.ts";

const text = z.string().trim().min(1);

/** What `content build` makes of a rule for Log Analytics, as far as it is installed. */
const detection = z.object({
  rule: z.string().regex(/^\w+$/),
  savedSearch: z.object({ displayName: text, description: text, queryString: text }),
  scheduledTask: z.object({ displayName: text, schedules: z.array(z.looseObject({})), action: z.looseObject({}) }),
});

export type Detection = z.output<typeof detection>;

/** A search as Log Analytics takes it. */
export interface SearchDefinition {
  readonly title: string;
  readonly description: string;
  readonly visualisation: string;
  readonly period: string;
  readonly query: string;
}

export type DashboardDefinition = DashboardLists[string];

/** The sources of what is installed into Log Analytics. */
export interface Definition {
  readonly content: ContentDefinition;
  /** Those that Log Analytics can say, by id: the file's name without its ending. */
  readonly searches: ReadonlyMap<string, SearchDefinition>;
  /** Without the tiles of searches that Log Analytics cannot say. */
  readonly dashboards: ReadonlyMap<string, DashboardDefinition>;
}

/**
 * Reads `log-analytics/content.yml`, `dashboards.yml` and `searches/*.yml` below a folder; by default the ones that ship.
 * Throws UsageError by file and place.
 */
export function readDefinition(folder = asset("deploy")): Definition {
  const content = readContent(folder);
  const { searches: all, errors } = loadSearches(join(folder, "searches"));
  const [first] = errors;
  if (first !== undefined) throw new UsageError("bad-content", formatRuleError(first));
  const dialect = logAnalytics(content);
  const searches = new Map<string, SearchDefinition>();
  for (const search of all) {
    const printed = isNative(search) ? nativeQuery(search, content) : dialect.search(search);
    if ("query" in printed) searches.set(search.id, shown(search, printed.query));
  }
  const file = join(folder, DASHBOARDS_FILE);
  const listed = Object.entries(readYaml(file, dashboardLists));
  const ids = all.map(({ id }) => id);
  for (const [name, { tiles }] of listed) {
    const unknown = tiles.find((id) => !ids.includes(id));
    if (unknown !== undefined) throw wrong(file, `${name}: tiles: there is no search ${unknown}${hint(unknown, ids)}`);
  }
  const hidden = ids.find((id) => !listed.some(([, { tiles }]) => tiles.includes(id)));
  if (hidden !== undefined) throw wrong(file, `search ${hidden} is on no dashboard`);
  const said = listed.map(([id, one]) => [id, { ...one, tiles: one.tiles.filter((tile) => searches.has(tile)) }] as const);
  const dashboards = new Map(said.filter(([, { tiles }]) => tiles.length > 0));
  return { content, searches, dashboards };
}

/** The log source is put in front of the condition. */
function nativeQuery({ native, file, line, periodMs }: NativeSearch, { source }: ContentDefinition): Printed {
  const text = native.get("log-analytics");
  if (text === undefined) return { refused: "native", reason: `it is written for ${[...native.keys()].join(", ")} alone` };
  if (!PERIODS.has(periodMs)) throw wrong(`${file}:${line}`, "period: Log Analytics looks back 1h, 24h, 7d or 30d");
  const [condition = "", ...commands] = text.split("|").map((part) => part.trim());
  return { query: [`'Log Source' = '${source.name}' and (${condition})`, ...commands].join(" | ") };
}

function shown({ title, description, visualisation, periodMs }: SearchMeta, query: string): SearchDefinition {
  const link = /\| link /.test(query);
  return {
    title,
    description: oneLine(description),
    visualisation: link ? "link" : PICTURES[visualisation],
    period: PERIODS.get(periodMs) ?? "l24hr",
    query,
  };
}

/** What the service calls a picture of groups; it has none of the ways between them. */
const PICTURES: Readonly<Record<Visualisation, string>> = {
  table: "summary_table",
  number: "tile",
  line: "line",
  area: "line",
  bar: "bar",
  pie: "pie",
  treemap: "treemap",
  heatmap: "heatmap",
  bubble: "link",
  sankey: "summary_table",
};

/** The detections that Log Analytics can run by itself, as they were built. Throws UsageError. */
export function readDetections(folder = asset("deploy")): Detection[] {
  return readYaml(join(folder, "log-analytics", "detections.json"), z.array(detection));
}
