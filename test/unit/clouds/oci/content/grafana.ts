import { readFileSync } from "node:fs";
import { asset } from "../../../../../src/lib/assets.ts";

export interface Target {
  readonly refId: string;
  readonly expr: string;
  readonly queryType: string;
  readonly legendFormat?: string;
  readonly maxLines?: number;
}

export interface Panel {
  readonly id: number;
  readonly title: string;
  readonly description: string;
  readonly type: string;
  readonly datasource: { readonly type: string; readonly uid: string };
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets: readonly [Target];
  readonly transformations: readonly { readonly id: string; readonly options: Readonly<Record<string, never>> }[];
}

/** A heading, and when it is closed the panels below it. */
export interface Row {
  readonly id: number;
  readonly type: "row";
  readonly title: string;
  readonly collapsed: boolean;
  readonly gridPos: Panel["gridPos"];
  readonly panels: readonly Panel[];
}

export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly (Panel | Row)[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly type: string; readonly query: string }[] };
}

export function dashboard(name: string): Dashboard {
  return JSON.parse(readFileSync(asset(`deploy/grafana/${name}.json`), "utf8"));
}

export function isRow(panel: Panel | Row): panel is Row {
  return panel.type === "row";
}

/** Those of closed rows too. */
export function panelsOf({ panels }: Dashboard): readonly Panel[] {
  return panels.flatMap((panel) => (isRow(panel) ? panel.panels : [panel]));
}
