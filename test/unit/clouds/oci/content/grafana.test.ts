import { readdirSync, readFileSync } from "node:fs";
import { parser } from "@grafana/lezer-logql";
import { describe, expect, test } from "vitest";
import { shippedDashboards } from "../../../../../src/dialects/dashboard-lists.ts";
import { asset } from "../../../../../src/lib/assets.ts";
import { DIALECTS } from "../../../../../src/registry.ts";
import { loadSchema } from "../../../../../src/schemas/load.ts";
import { isNative, loadSearches } from "../../../../../src/searches/load.ts";
import type { NativeSearch, Search } from "../../../../../src/searches/search.ts";
import { type Dashboard, dashboard, isRow, panelsOf } from "./grafana.ts";

const loki = dashboard("loki");
const victorialogs = dashboard("victorialogs");
const DATASOURCES = { loki: "loki", victorialogs: "victoriametrics-logs-datasource" } as const;
const NAMED = [
  { name: "loki" as const, ...loki },
  { name: "victorialogs" as const, ...victorialogs },
];

const { resource, attributes } = loadSchema("otel", ".");
const NAMES = new Set(["service.name", ...[...resource, ...attributes].map(({ name }) => name)]);
const STORED = new Set(["__error__", ...[...NAMES].map((name) => name.replaceAll(/[^a-zA-Z0-9_]/g, "_"))]);

const searches = new Map(loadSearches(asset("deploy/searches")).searches.map((search) => [search.id, search]));
const listed = Object.values(shippedDashboards()).flatMap(({ tiles }) => tiles.map((id) => found(id)));
const readme = readFileSync(asset("deploy/grafana/README.md"), "utf8");

function found(id: string): Search | NativeSearch {
  const search = searches.get(id);
  if (search === undefined) throw new Error(`there is no search ${id}`);
  return search;
}

/** Columns that a search has besides its measures. */
function keysOf({ time, by }: Search): string[] {
  const times = time === undefined ? [] : time.kind === "interval" ? ["Time"] : ["Weekday", "Hour"];
  return [...times, ...by.map(({ label }) => label)];
}

const targetsOf = (one: Dashboard) => panelsOf(one).flatMap(({ targets }) => targets);
/** As Grafana fills in its variables. */
const filled = (expr: string) =>
  expr.replaceAll("$service", "flowferry").replaceAll("$__range", "6h").replaceAll("$__auto", "1m");

/** The labels that a query names, those it makes, and the text around the first place that the grammar does not know. */
function read(query: string): { labels: string[]; made: Set<string>; fault: string | undefined } {
  const labels: string[] = [];
  let fault: string | undefined;
  parser.parse(query).iterate({
    enter: ({ type, from, to }) => {
      if (type.isError) fault ??= query.slice(Math.max(0, from - 40), to + 40);
      if (type.name === "Identifier") labels.push(query.slice(from, to));
    },
  });
  const made = new Set([...query.matchAll(/([A-Za-z_]+)="(?=\{\{)/g)].map(([, label]) => label ?? ""));
  return { labels, made, fault };
}

test("every dashboard is looked at here", () => {
  const files = readdirSync(asset("deploy/grafana")).filter((name) => name.endsWith(".json"));
  expect(files.sort()).toEqual(Object.keys(DATASOURCES).map((name) => `${name}.json`));
});

describe.each(NAMED)("dashboard for $name", (one) => {
  const { name, uid, title, panels, templating } = one;
  test("has ids of its own, and asks the datasource that is chosen", () => {
    expect(uid).toBe(`flowferry-${name}`);
    expect(title).not.toBe("");
    const ids = [...panelsOf(one), ...panels.filter(isRow)].map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(new Set(panelsOf(one).map((panel) => panel.title)).size).toBe(panelsOf(one).length);
    for (const panel of panelsOf(one)) {
      expect(panel.datasource).toEqual({ type: DATASOURCES[name], uid: "${datasource}" });
      expect(panel.description).not.toBe("");
      expect(panel.targets.map(({ refId }) => refId)).toEqual(["A"]);
    }
    expect(templating.list).toMatchObject([
      { name: "datasource", type: "datasource", query: DATASOURCES[name] },
      { name: "service", type: "textbox", query: "flowferry" },
    ]);
  });

  test("has no panel over another, and rows that open and close", () => {
    const open = panels.filter((panel) => !isRow(panel) || panel.panels.length === 0);
    const closed = panels.filter(isRow).filter(({ collapsed }) => collapsed);
    expect(closed.length).toBeGreaterThan(0);
    expect(panels.filter(isRow).filter((row) => !row.collapsed && row.panels.length > 0)).toEqual([]);
    for (const together of [open, ...closed.map((row) => [row, ...row.panels])]) {
      const taken = together.flatMap(({ gridPos: { x, y, w, h } }) => {
        expect(x + w).toBeLessThanOrEqual(24);
        return Array.from({ length: w * h }, (_, i) => `${x + (i % w)} ${y + Math.floor(i / w)}`);
      });
      expect(new Set(taken).size).toBe(taken.length);
    }
  });

  test("shows every search of the lists that its language can say; the README names the others", () => {
    const dialect = DIALECTS.map((make) => make()).find((other) => other.name === name);
    const said = (search: Search | NativeSearch) => !isNative(search) && "query" in (dialect?.search(search) ?? {});
    const shown = new Set(panelsOf(one).map((panel) => panel.title));
    for (const search of listed) {
      expect(shown.has(search.title), search.id).toBe(said(search));
      if (!said(search)) expect(readme).toContain(search.title);
    }
  });

  test("has tables with the columns of their search", () => {
    for (const { title: shown, targets, transformations } of panelsOf(one)) {
      const search = listed.find((other) => other.title === shown);
      const [{ queryType, expr }] = targets;
      expect(expr).toContain("$service");
      if (search === undefined || isNative(search) || queryType !== "instant") continue;
      if (search.visualisation === "number") continue;
      const arranged: Readonly<Record<string, Record<string, string>>> =
        transformations.find(({ id }) => id === "organize")?.options ?? {};
      const { indexByName = {}, renameByName = {} } = arranged;
      const order = Object.entries(indexByName).sort(([, a], [, b]) => Number(a) - Number(b));
      const measures = search.visualisation === "sankey" ? search.measures.slice(0, 1) : search.measures;
      expect(order.map(([column]) => renameByName[column] ?? column)).toEqual([
        ...keysOf(search),
        ...measures.map(({ label }) => label),
      ]);
    }
  });
});

test("both have the same panels in the same places", () => {
  const shape = (one: Dashboard) => one.panels.map((panel) => outline(panel, isRow(panel) ? panel.panels : []));
  const outline = ({ title, type, gridPos }: Dashboard["panels"][number], below: Dashboard["panels"]): object => ({
    title,
    type,
    gridPos,
    below: below.map((panel) => outline(panel, [])),
  });
  expect(shape(victorialogs)).toEqual(shape(loki));
});

test("pictures that Grafana has not of itself are named in the README", () => {
  const plugins = [...new Set(panelsOf(loki).map(({ type }) => type))].filter((type) => type.includes("-"));
  expect(plugins.length).toBeGreaterThan(0);
  for (const plugin of plugins) expect(readme).toContain(plugin);
});

test.each(targetsOf(loki).map(({ expr }) => expr))("LogQL over stored labels: %.80s", (expr) => {
  const { labels, made, fault } = read(filled(expr));
  expect(fault).toBeUndefined();
  expect(labels).toContain("service_name");
  expect(labels.filter((label) => !STORED.has(label) && !made.has(label))).toEqual([]);
});

test.each(targetsOf(victorialogs).map(({ expr }) => expr))("LogsQL over stored fields: %.80s", (expr) => {
  // No value of these queries has a dot between letters in it, every field has.
  const fields = [...expr.matchAll(/"([a-z_]+(?:\.[a-z_]+)+)"/g)].map(([, field]) => field ?? "");
  expect(fields[0]).toBe("service.name");
  expect(fields.filter((field) => !NAMES.has(field))).toEqual([]);
  // The datasource puts the time before the query: alternatives need brackets.
  const [filter = ""] = expr.split(" | ");
  expect(filter.replaceAll(/\([^()]*\)/g, "")).not.toMatch(/ or /);
});

test("legends name labels of their query", () => {
  for (const { legendFormat = "", expr } of targetsOf(loki))
    for (const [, label = ""] of legendFormat.matchAll(/\{\{(.+?)\}\}/g)) expect(expr).toMatch(new RegExp(`\\b${label}\\b`));
  for (const { legendFormat = "", expr } of targetsOf(victorialogs))
    for (const [, label = ""] of legendFormat.matchAll(/\{\{(.+?)\}\}/g))
      expect(label === "__name__" || expr.includes(` as "${label}"`)).toBe(true);
});
