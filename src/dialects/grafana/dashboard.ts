import type { DashboardLists } from "../dashboard-lists.ts";
import type { PrintedSearch } from "../dialect.ts";
import type { Backend } from "./backend.ts";
import { detectionPanels } from "./detections.ts";
import { type Panel, searchPanel } from "./panels.ts";

/** Grafana's grid, in columns; the lists are for one of 12. */
const COLUMNS = 24;
const LIST_COLUMNS = 12;
const TILE = { w: 6, h: 4 } as const;
const PICTURE_HEIGHT = 9;
const DATASOURCE = "${datasource}";

/** A list of panels under one heading, which is opened and closed. */
interface Row {
  readonly title: string;
  readonly open: boolean;
  readonly panels: readonly { readonly panel: Panel; readonly w: number; readonly h: number }[];
}

/**
 * One dashboard with a row for each list, and one for what the rules found. A search that the backend's language cannot
 * say is left out. The same searches make the same text. Closed rows ask nothing.
 */
export function grafanaDashboard(backend: Backend, lists: DashboardLists, searches: readonly PrintedSearch[]): string {
  const byId = new Map(searches.map(({ search }) => [search.id, search]));
  const listed = Object.values(lists).map(({ title, width, tiles }, index): Row => {
    const found = tiles.flatMap((tile) => byId.get(tile) ?? []);
    return {
      title: heading(title),
      open: index === 0,
      panels: found.map((search) => place(searchPanel(search, backend), (width * COLUMNS) / LIST_COLUMNS)),
    };
  });
  const [first, ...rest] = listed.filter(({ panels }) => panels.length > 0);
  const found: Row = {
    title: "Detections",
    open: true,
    panels: detectionPanels(backend).map((panel) => ({
      panel,
      w: panel.type === "logs" ? COLUMNS : COLUMNS / 2,
      h: PICTURE_HEIGHT,
    })),
  };
  const rows = [...(first === undefined ? [] : [first]), found, ...rest];
  return `${JSON.stringify(dashboard(backend, layOut(rows, backend)), null, 2)}\n`;
}

/** Titles of the lists name the program, which the dashboard's own does already. */
function heading(title: string): string {
  const own = title.replace(/^Flowferry: /, "");
  return own.slice(0, 1).toUpperCase() + own.slice(1);
}

function place(panel: Panel, width: number): Row["panels"][number] {
  return { panel, ...(panel.type === "stat" ? TILE : { w: width, h: PICTURE_HEIGHT }) };
}

/** Row by row, from left to right; what stands side by side is equally high. Panels of a closed row stand within it. */
function layOut(rows: readonly Row[], backend: Backend): readonly object[] {
  const datasource = { type: backend.datasource, uid: DATASOURCE };
  let id = 0;
  let top = 0;
  return rows.flatMap(({ title, open, panels }): object[] => {
    id += 1;
    const row = { id, type: "row", title, collapsed: !open, gridPos: { x: 0, y: top, w: COLUMNS, h: 1 } };
    top += 1;
    let [x, y, height] = [0, top, 0];
    const placed = panels.map(({ panel, w, h }) => {
      if (x + w > COLUMNS || (height > 0 && height !== h)) [x, y, height] = [0, y + height, 0];
      id += 1;
      const { targets, ...rest } = panel;
      const made = {
        id,
        ...rest,
        datasource,
        gridPos: { x, y, w, h },
        targets: targets.map((target) => ({ refId: "A", datasource, ...target })),
      };
      [x, height] = [x + w, h];
      return made;
    });
    if (open) top = y + height;
    return open ? [{ ...row, panels: [] }, ...placed] : [{ ...row, panels: placed }];
  });
}

function dashboard({ name, title, datasource }: Backend, panels: readonly object[]): object {
  const service = { text: "flowferry", value: "flowferry" };
  return {
    uid: `flowferry-${name}`,
    title: `Flowferry: flows in ${title}`,
    description:
      "Flow logs as flowferry delivers them: what was let in, what was turned away, who talks to whom, and what the rules found.",
    tags: ["flowferry", "flow-logs"],
    schemaVersion: 39,
    version: 1,
    editable: true,
    graphTooltip: 1,
    refresh: "",
    time: { from: "now-6h", to: "now" },
    timezone: "browser",
    templating: {
      list: [
        { name: "datasource", label: title, type: "datasource", query: datasource, hide: 0, includeAll: false, multi: false },
        {
          name: "service",
          label: "Service",
          description: "service.name of the sink",
          type: "textbox",
          query: service.value,
          current: service,
          options: [{ ...service, selected: true }],
          hide: 0,
        },
      ],
    },
    annotations: { list: [] },
    panels,
  };
}
