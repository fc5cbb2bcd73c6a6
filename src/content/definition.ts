import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { asset } from "../assets.ts";
import { UsageError } from "../errors.ts";

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

const searchDefinition = z.strictObject({
  title: text,
  description: text,
  visualisation: z.enum([
    "records_histogram",
    "line",
    "link",
    "summary_table",
    "tile",
    "pie",
    "bar",
    "area",
    "treemap",
    "heatmap",
  ]),
  period: z.enum(["l60min", "l24hour", "l7day", "l30day"]),
  /** Condition on the records, without the log source. */
  filter: text,
  /** Commands behind the condition. */
  pipe: text,
});

const dashboardDefinition = z.strictObject({
  title: text,
  description: text,
  width: z.union([z.literal(3), z.literal(4), z.literal(6), z.literal(12)]),
  tiles: z.array(z.string()).min(1),
});

/** What `content build` makes of a rule for Log Analytics, as far as it is installed. */
const detection = z.object({
  rule: z.string().regex(/^\w+$/),
  savedSearch: z.object({ displayName: text, description: text, queryString: text }),
  scheduledTask: z.object({ displayName: text, schedules: z.array(z.looseObject({})), action: z.looseObject({}) }),
});

export type Detection = z.output<typeof detection>;
export type ContentDefinition = z.output<typeof contentDefinition>;
export type SearchDefinition = z.output<typeof searchDefinition>;
export type DashboardDefinition = z.output<typeof dashboardDefinition>;

/** The sources of what is installed into Log Analytics. */
export interface Definition {
  readonly content: ContentDefinition;
  /** By id: the file's name without its ending. */
  readonly searches: ReadonlyMap<string, SearchDefinition>;
  readonly dashboards: ReadonlyMap<string, DashboardDefinition>;
}

/** Reads `log-analytics/*.yml` and `searches/*.yml` below a folder; by default the ones that ship. Throws UsageError by file and place. */
export function readDefinition(folder = asset("deploy")): Definition {
  const content = read(join(folder, "log-analytics", "content.yml"), contentDefinition);
  const searches = new Map(
    readdirSync(join(folder, "searches"))
      .filter((name) => name.endsWith(".yml"))
      .sort()
      .map((name) => [basename(name, ".yml"), read(join(folder, "searches", name), searchDefinition)]),
  );
  const file = join(folder, "log-analytics", "dashboards.yml");
  const dashboards = new Map(Object.entries(read(file, z.record(z.string(), dashboardDefinition))));
  for (const [name, { tiles }] of dashboards) {
    const unknown = tiles.find((id) => !searches.has(id));
    if (unknown !== undefined) throw wrong(file, `${name}: tiles: there is no search ${unknown}`);
  }
  const shown = [...dashboards.values()].flatMap(({ tiles }) => tiles);
  const hidden = [...searches.keys()].find((id) => !shown.includes(id));
  if (hidden !== undefined) throw wrong(file, `search ${hidden} is on no dashboard`);
  const own = Object.entries(content.fields).find(
    ([, { type, description }]) => (type === undefined) !== (description === undefined),
  );
  if (own !== undefined) throw wrong("content.yml", `field ${own[0]}: a field of our own has both type and description`);
  return { content, searches, dashboards };
}

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
