import type { DashboardLists } from "../dashboard-lists.ts";
import type { PrintedSearch } from "../dialect.ts";
import { picture } from "./pictures.ts";
import { kibanaDashboard, kibanaPicture, kibanaSearch, objectId, type Panel } from "./saved-objects.ts";

/** Kibana's grid, in columns; the lists are for one of 12. */
const COLUMNS = 48;
const LIST_COLUMNS = 12;
const TILE = { w: 12, h: 6 } as const;
const PICTURE_HEIGHT = 14;

/**
 * Every dashboard behind the pictures and tables on it, for `/api/saved_objects/_import`. Pictures ask by ES|QL, which
 * Kibana's Vega does since 9.4. A search on two dashboards is one object; one that ES|QL cannot say is left out.
 */
export function kibanaDashboards(dashboards: DashboardLists, searches: readonly PrintedSearch[]): readonly object[] {
  const byId = new Map(searches.map((one) => [one.search.id, one]));
  const shown = new Map<string, object>();
  const built = Object.entries(dashboards).flatMap(([id, { title, description, width, tiles }]) => {
    const found = tiles.flatMap((tile) => byId.get(tile) ?? []);
    for (const one of found) {
      const spec = picture(one);
      shown.set(one.search.id, spec === undefined ? kibanaSearch(one) : kibanaPicture(one, spec));
    }
    const meta = { id, title, description, periodMs: mostFrequent(found.map(({ search }) => search.periodMs)) };
    return found.length === 0 ? [] : [kibanaDashboard(meta, layOut(found, (width * COLUMNS) / LIST_COLUMNS))];
  });
  return [...shown.values(), ...built];
}

/** Of equally frequent ones the greatest. */
function mostFrequent(values: readonly number[]): number {
  const times = (value: number): number => values.filter((other) => other === value).length;
  return values.reduce(
    (best, value) => (times(value) > times(best) || (times(value) === times(best) && value > best) ? value : best),
    0,
  );
}

/** Row by row, from left to right; a row is as high as its highest panel. */
function layOut(searches: readonly PrintedSearch[], width: number): readonly Panel[] {
  let [x, y, height] = [0, 0, 0];
  return searches.map((one) => {
    const { w, h } = one.search.visualisation === "number" ? TILE : { w: width, h: PICTURE_HEIGHT };
    if (x + w > COLUMNS || (height > 0 && height !== h)) [x, y, height] = [0, y + height, 0];
    const table = picture(one) === undefined;
    const panel: Panel = {
      type: table ? "search" : "visualization",
      id: table ? objectId(one.search) : `${objectId(one.search)}-picture`,
      title: one.search.title,
      x,
      y,
      w,
      h,
    };
    [x, height] = [x + w, h];
    return panel;
  });
}
