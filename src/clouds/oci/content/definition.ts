import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
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
import { logAnalytics } from "./log-analytics.ts";

const text = z.string().trim().min(1);

const fieldDefinition = z.strictObject({
  field: text,
  /** Only of own fields; the service's own have theirs. */
  type: z.enum(["string", "long"]).optional(),
  description: text.optional(),
});

const contentDefinition = z.strictObject({
  parser: z.strictObject({ name: z.string().regex(/^\w+$/), title: text, description: text }),
  source: z.strictObject({ name: text, description: text, entityType: text }),
  fields: z.record(z.string().regex(/^\w+$/), fieldDefinition),
});

/** What `content build` makes of a rule for Log Analytics, as far as it is installed. */
const detection = z.object({
  rule: z.string().regex(/^\w+$/),
  savedSearch: z.object({ displayName: text, description: text, queryString: text }),
  scheduledTask: z.object({ displayName: text, schedules: z.array(z.looseObject({})), action: z.looseObject({}) }),
});

export type Detection = z.output<typeof detection>;
export type ContentDefinition = z.output<typeof contentDefinition>;

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
  const listed = Object.entries(read(file, dashboardLists));
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

/** Reads what `log-analytics/content.yml` below a folder says of records. Throws UsageError. */
export function readContent(folder = asset("deploy")): ContentDefinition {
  const file = join(folder, "log-analytics", "content.yml");
  const content = read(file, contentDefinition);
  const own = Object.entries(content.fields).find(
    ([, { type, description }]) => (type === undefined) !== (description === undefined),
  );
  if (own !== undefined) throw wrong(file, `field ${own[0]}: a field of our own has both type and description`);
  return content;
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
    period: PERIODS.get(periodMs) ?? "l24hour",
    query,
  };
}

/** What the service calls a picture of groups; it has none of the ways between them. */
const PICTURES: Readonly<Record<Visualisation, string>> = {
  table: "summary_table",
  number: "tile",
  line: "line",
  area: "area",
  bar: "bar",
  pie: "pie",
  treemap: "treemap",
  heatmap: "heatmap",
  bubble: "link",
  sankey: "summary_table",
};

/** The detections that Log Analytics can run by itself, as they were built. Throws UsageError. */
export function readDetections(folder = asset("deploy")): Detection[] {
  return read(join(folder, "log-analytics", "detections.json"), z.array(detection));
}

function read<T>(file: string, schema: z.ZodType<T>): T {
  let value: unknown;
  try {
    value = parse(readFileSync(file, "utf8"));
  } catch (cause) {
    throw new UsageError("bad-content", `${file} cannot be read as YAML`, { cause });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw wrong(file, `${(issue?.path ?? []).map(String).join(": ")}: ${issue?.message}`);
}

const wrong = (file: string, message: string): UsageError => new UsageError("bad-content", `${file}: ${message}`);
