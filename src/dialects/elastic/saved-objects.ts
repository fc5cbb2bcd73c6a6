import type { SearchMeta } from "../../searches/search.ts";
import type { PrintedSearch } from "../dialect.ts";
import { duration, oneLine } from "../text.ts";
import { INDICES } from "./conditions.ts";

/** The version of the export format, which Kibana takes since 8.8 and brings up to its own. */
const FORMAT = { coreMigrationVersion: "8.8.0", managed: false } as const;
const EMPTY_SOURCE = JSON.stringify({ query: { query: "", language: "kuery" }, filter: [] });
/** What Kibana calls the view of the data that a query over these indices makes: sha256 of `esql-logs-*`. */
const VIEW_ID = "d6c911aa50e2dafcebcedfa50190d5c03bbac0070c96d6b16feb18aa1f84b5da";

export function objectId({ id }: Pick<SearchMeta, "id">): string {
  return `flowferry-${id.replaceAll("_", "-")}`;
}

function timeRange({ periodMs }: Pick<SearchMeta, "periodMs">): { readonly from: string; readonly to: string } {
  return { from: `now-${duration(periodMs)}`, to: "now" };
}

/** A session of Discover in ES|QL, for `/api/saved_objects/_import`: Kibana 8.16 and later. */
export function kibanaSearch({ search, query }: PrintedSearch): object {
  const index = {
    id: VIEW_ID,
    title: INDICES,
    name: INDICES,
    timeFieldName: "@timestamp",
    sourceFilters: [],
    type: "esql",
    fieldFormats: {},
    runtimeFieldMap: {},
    allowNoIndex: false,
    allowHidden: false,
  };
  return {
    type: "search",
    id: objectId(search),
    ...FORMAT,
    typeMigrationVersion: "10.3.0",
    references: [],
    attributes: {
      title: `Flowferry: ${search.title}`,
      description: oneLine(search.description),
      columns: [],
      sort: [],
      grid: {},
      hideChart: search.visualisation === "table" || search.visualisation === "number",
      isTextBasedQuery: true,
      usesAdHocDataView: true,
      kibanaSavedObjectMeta: { searchSourceJSON: JSON.stringify({ query: { esql: query }, index, filter: [] }) },
      timeRestore: true,
      timeRange: timeRange(search),
    },
  };
}

/** A picture that Kibana draws from a specification of Vega or Vega-Lite. */
export function kibanaPicture({ search }: PrintedSearch, spec: object): object {
  const title = `Flowferry: ${search.title}`;
  return {
    type: "visualization",
    id: `${objectId(search)}-picture`,
    ...FORMAT,
    typeMigrationVersion: "8.5.0",
    references: [],
    attributes: {
      title,
      description: oneLine(search.description),
      version: 1,
      uiStateJSON: "{}",
      visState: JSON.stringify({ title, type: "vega", aggs: [], params: { spec: JSON.stringify(spec, null, 2) } }),
      kibanaSavedObjectMeta: { searchSourceJSON: EMPTY_SOURCE },
    },
  };
}

/** A place on the grid of a dashboard, which is 48 columns wide, and what stands there. */
export interface Panel {
  readonly type: "search" | "visualization";
  readonly id: string;
  readonly title: string;
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

/** What a dashboard says of itself, and how far it looks back until its reader chooses. */
export interface DashboardMeta {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly periodMs: number;
}

export function kibanaDashboard({ id, title, description, periodMs }: DashboardMeta, panels: readonly Panel[]): object {
  const { from, to } = timeRange({ periodMs });
  return {
    type: "dashboard",
    id: `flowferry-${id}`,
    ...FORMAT,
    typeMigrationVersion: "10.2.0",
    references: panels.map(({ type, id: panel }, index) => ({ type, id: panel, name: `${index + 1}:panel_${index + 1}` })),
    attributes: {
      title,
      description: oneLine(description),
      version: 1,
      timeRestore: true,
      timeFrom: from,
      timeTo: to,
      optionsJSON: JSON.stringify({
        useMargins: true,
        syncColors: false,
        syncCursor: true,
        syncTooltips: false,
        hidePanelTitles: false,
      }),
      panelsJSON: JSON.stringify(
        panels.map(({ type, title: heading, x, y, w, h }, index) => ({
          type,
          gridData: { x, y, w, h, i: String(index + 1) },
          panelIndex: String(index + 1),
          embeddableConfig: { title: heading, enhancements: {} },
          panelRefName: `panel_${index + 1}`,
        })),
      ),
      kibanaSavedObjectMeta: { searchSourceJSON: EMPTY_SOURCE },
    },
  };
}
