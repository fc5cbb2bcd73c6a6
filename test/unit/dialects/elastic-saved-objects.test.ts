import { describe, expect, test } from "vitest";
import { shippedDashboards } from "../../../src/dialects/dashboard-lists.ts";
import { elasticDialect } from "../../../src/dialects/elastic/dialect.ts";
import { searches } from "../shipped-searches.ts";
import { ALERTING, attributes } from "./support.ts";

const dialect = elasticDialect(attributes);
const said = searches.flatMap((search) => {
  const printed = dialect.search(search);
  return "query" in printed ? [{ search, query: printed.query }] : [];
});
const files = dialect.files({ rules: [], searches: said, alerting: ALERTING });

interface SavedObject {
  readonly type: string;
  readonly id: string;
  readonly coreMigrationVersion: string;
  readonly typeMigrationVersion: string;
  readonly references: readonly { readonly name: string; readonly type: string; readonly id: string }[];
  readonly attributes: Readonly<Record<string, unknown>> & { readonly title: string };
}

/** An export is one object a line. */
function objectsOf(name: string): SavedObject[] {
  const lines = (files.get(name) ?? "").split("\n");
  expect(lines.pop()).toBe("");
  return lines.map((line) => JSON.parse(line) as SavedObject);
}

test("every search can be said", () => {
  expect(said.map(({ search }) => search.id)).toEqual(searches.map(({ id }) => id));
});

describe("searches", () => {
  const objects = objectsOf("searches.ndjson");

  test("are sessions of Discover in ES|QL, over the period that they look back", () => {
    expect(objects.length).toBe(said.length);
    expect(new Set(objects.map(({ id }) => id)).size).toBe(objects.length);
    for (const [index, { type, references, attributes: given }] of objects.entries()) {
      const one = said[index];
      expect({ type, references }).toEqual({ type: "search", references: [] });
      expect(given).toMatchObject({
        title: `Flowferry: ${one?.search.title}`,
        isTextBasedQuery: true,
        timeRestore: true,
        timeRange: { from: `now-${(one?.search.periodMs ?? 0) / 3_600_000}h`, to: "now" },
      });
      const { searchSourceJSON } = given.kibanaSavedObjectMeta as { readonly searchSourceJSON: string };
      expect(JSON.parse(searchSourceJSON)).toMatchObject({
        query: { esql: one?.query },
        index: { title: "logs-*", timeFieldName: "@timestamp", type: "esql" },
        filter: [],
      });
    }
  });

  test("have the attributes of the format's version and no others", () => {
    // Model version 3 of the type `search`.
    const known = ["title", "description", "columns", "sort", "grid", "hideChart", "isTextBasedQuery", "usesAdHocDataView"];
    for (const { attributes: given, coreMigrationVersion, typeMigrationVersion } of objects) {
      expect({ coreMigrationVersion, typeMigrationVersion }).toEqual({
        coreMigrationVersion: "8.8.0",
        typeMigrationVersion: "10.3.0",
      });
      expect(Object.keys(given).sort()).toEqual([...known, "kibanaSavedObjectMeta", "timeRange", "timeRestore"].sort());
    }
  });
});

describe("dashboards", () => {
  const objects = objectsOf("dashboard.ndjson");
  const dashboards = objects.filter(({ type }) => type === "dashboard");
  const byId = new Map(objects.map((object) => [`${object.type} ${object.id}`, object]));

  interface Panel {
    readonly type: string;
    readonly gridData: { readonly x: number; readonly y: number; readonly w: number; readonly h: number; readonly i: string };
    readonly panelIndex: string;
    readonly panelRefName: string;
    readonly embeddableConfig: { readonly title: string };
  }
  const panelsOf = ({ attributes: given }: SavedObject) => JSON.parse(given.panelsJSON as string) as Panel[];

  test("are those of the lists, each search of them a panel", () => {
    const titles = new Map(said.map(({ search }) => [search.id, search.title]));
    const lists = Object.values(shippedDashboards());
    expect(dashboards.map(({ attributes: given }) => given.title)).toEqual(lists.map(({ title }) => title));
    for (const [index, dashboard] of dashboards.entries()) {
      const expected = lists[index]?.tiles.flatMap((tile) => titles.get(tile) ?? []);
      expect(panelsOf(dashboard).map(({ embeddableConfig }) => embeddableConfig.title)).toEqual(expected);
    }
  });

  test("stand behind everything that they refer to", () => {
    expect(byId.size).toBe(objects.length);
    for (const dashboard of dashboards) {
      const panels = panelsOf(dashboard);
      expect(dashboard.references.map(({ name }) => name)).toEqual(
        panels.map((panel) => `${panel.panelIndex}:${panel.panelRefName}`),
      );
      for (const [index, { type, id }] of dashboard.references.entries()) {
        expect(type).toBe(panels[index]?.type);
        const found = byId.get(`${type} ${id}`);
        expect(found, id).toBeDefined();
        expect(objects.indexOf(found as SavedObject)).toBeLessThan(objects.indexOf(dashboard));
      }
    }
  });

  test("look back until told otherwise over the period that most of their searches have", () => {
    for (const dashboard of dashboards) {
      const periods = panelsOf(dashboard).map(
        ({ embeddableConfig }) => said.find(({ search }) => search.title === embeddableConfig.title)?.search.periodMs ?? 0,
      );
      const { timeRestore, timeFrom, timeTo } = dashboard.attributes;
      expect({ timeRestore, timeTo }).toEqual({ timeRestore: true, timeTo: "now" });
      const hours = Number(/^now-(\d+)h$/.exec(String(timeFrom))?.[1]);
      const count = (period: number) => periods.filter((other) => other === period).length;
      expect(count(hours * 3_600_000)).toBe(Math.max(...periods.map(count)));
    }
  });

  test("have panels that lie within the grid, none over another", () => {
    for (const dashboard of dashboards) {
      const taken = new Set<string>();
      for (const { gridData, panelIndex } of panelsOf(dashboard)) {
        expect(gridData.i).toBe(panelIndex);
        expect(gridData.x + gridData.w).toBeLessThanOrEqual(48);
        for (let x = gridData.x; x < gridData.x + gridData.w; x++) {
          for (let y = gridData.y; y < gridData.y + gridData.h; y++) {
            expect(taken.has(`${x} ${y}`), `${dashboard.attributes.title}: ${panelIndex}`).toBe(false);
            taken.add(`${x} ${y}`);
          }
        }
      }
    }
  });

  test("have pictures as Vega, and tables as sessions of Discover", () => {
    const pictures = objects.filter(({ type }) => type === "visualization");
    for (const { attributes: given } of pictures) {
      const state = JSON.parse(given.visState as string) as { readonly type: string; readonly params: { readonly spec: string } };
      expect(state.type).toBe("vega");
      expect(JSON.parse(state.params.spec)).toMatchObject({
        $schema: expect.stringMatching(/^https:\/\/vega\.github\.io\/schema\/vega(-lite)?\/v5\.json$/),
      });
    }
    const tables = said.filter(({ search }) => search.visualisation === "table").length;
    expect(pictures.length).toBe(said.length - tables);
    expect(objects.filter(({ type }) => type === "search").length).toBe(tables);
  });

  test("show the pictures that operators look for", () => {
    const shown = dashboards.flatMap((dashboard) => panelsOf(dashboard).map(({ embeddableConfig }) => embeddableConfig.title));
    const kinds = new Set(said.filter(({ search }) => shown.includes(search.title)).map(({ search }) => search.visualisation));
    expect(kinds).toEqual(new Set(["number", "area", "line", "bar", "heatmap", "treemap", "bubble", "sankey", "table"]));
  });
});
