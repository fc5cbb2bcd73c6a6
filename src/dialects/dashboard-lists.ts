import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { z } from "zod";
import { asset } from "../lib/assets.ts";

const text = z.string().trim().min(1);

/** By id: the searches that a dashboard shows, in order, each `width` of 12 columns wide. */
export const dashboardLists = z.record(
  z.string(),
  z.strictObject({
    title: text,
    description: text,
    width: z.union([z.literal(3), z.literal(4), z.literal(6), z.literal(12)]),
    tiles: z.array(z.string()).min(1),
  }),
);

export type DashboardLists = z.output<typeof dashboardLists>;

/** Where the lists stand within the folder of what ships. */
export const DASHBOARDS_FILE = "dashboards.yml";

/** The lists that ship: every dialect builds its dashboards of them. */
export function shippedDashboards(): DashboardLists {
  return dashboardLists.parse(parse(readFileSync(asset(`deploy/${DASHBOARDS_FILE}`), "utf8")));
}
