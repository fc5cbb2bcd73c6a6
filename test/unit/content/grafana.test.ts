import { readdirSync, readFileSync } from "node:fs";
import { parser } from "@grafana/lezer-logql";
import { describe, expect, test } from "vitest";
import { asset } from "../../../src/assets.ts";
import { loadSchema } from "../../../src/schemas/load.ts";

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly description: string;
  readonly type: string;
  readonly datasource: { readonly type: string; readonly uid: string };
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets: readonly { readonly refId: string; readonly expr: string; readonly legendFormat?: string }[];
}

interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly type: string; readonly query: string }[] };
}

const dashboard = (name: string): Dashboard => JSON.parse(readFileSync(asset(`deploy/grafana/${name}.json`), "utf8"));
const loki = dashboard("loki");
const victorialogs = dashboard("victorialogs");
const DATASOURCES = { loki: "loki", victorialogs: "victoriametrics-logs-datasource" } as const;

const { resource, attributes } = loadSchema("otel", ".");
const NAMES = new Set(["service.name", ...[...resource, ...attributes].map(({ name }) => name)]);
const LABELS = new Set(["__error__", ...[...NAMES].map((name) => name.replaceAll(/[^a-zA-Z0-9_]/g, "_"))]);

const titlesOf = ({ panels }: Dashboard) => panels.map(({ title }) => title);
const exprsOf = ({ panels }: Dashboard) => panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
const legendsOf = ({ panels }: Dashboard) =>
  panels.flatMap(({ targets }) => targets.flatMap(({ legendFormat }) => legendFormat ?? []));
/** As Grafana fills in its variables. */
const filled = (expr: string) =>
  expr.replaceAll("$service", "flowferry").replaceAll("$__range", "6h").replaceAll("$__auto", "1m");

/** The labels that a query names, and the text around the first place that the grammar does not know. */
function read(query: string): { labels: string[]; fault: string | undefined } {
  const labels: string[] = [];
  let fault: string | undefined;
  parser.parse(query).iterate({
    enter: ({ type, from, to }) => {
      if (type.isError) fault ??= query.slice(Math.max(0, from - 40), to + 40);
      if (type.name === "Identifier") labels.push(query.slice(from, to));
    },
  });
  return { labels, fault };
}

test("every dashboard is looked at here", () => {
  const files = readdirSync(asset("deploy/grafana")).filter((name) => name.endsWith(".json"));
  expect(files.sort()).toEqual(Object.keys(DATASOURCES).map((name) => `${name}.json`));
});

describe.each([
  { name: "loki" as const, ...loki },
  { name: "victorialogs" as const, ...victorialogs },
])("dashboard for $name", ({ name, uid, title, panels, templating }) => {
  test("has ids of its own, and asks the datasource that is chosen", () => {
    expect(uid).toBe(`flowferry-${name}`);
    expect(title).not.toBe("");
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    expect(new Set(panels.map((panel) => panel.title)).size).toBe(panels.length);
    for (const panel of panels) {
      expect(panel.datasource).toEqual({ type: DATASOURCES[name], uid: "${datasource}" });
      expect(panel.description).not.toBe("");
      expect(panel.targets.map(({ refId }) => refId)).toEqual(["A"]);
    }
    expect(templating.list).toMatchObject([
      { name: "datasource", type: "datasource", query: DATASOURCES[name] },
      { name: "service", type: "textbox", query: "flowferry" },
    ]);
  });

  test("has no panel over another", () => {
    const taken = panels.flatMap(({ gridPos: { x, y, w, h } }) => {
      expect(x + w).toBeLessThanOrEqual(24);
      return Array.from({ length: w * h }, (_, i) => `${x + (i % w)} ${y + Math.floor(i / w)}`);
    });
    expect(new Set(taken).size).toBe(taken.length);
  });
});

test("both have the same panels in the same places", () => {
  expect(titlesOf(victorialogs)).toEqual(titlesOf(loki));
  expect(victorialogs.panels.map(({ type, gridPos }) => ({ type, gridPos }))).toEqual(
    loki.panels.map(({ type, gridPos }) => ({ type, gridPos })),
  );
});

test.each(exprsOf(loki))("LogQL over stored labels: %s", (expr) => {
  const { labels, fault } = read(filled(expr));
  expect(fault).toBeUndefined();
  expect(labels).toContain("service_name");
  expect(labels.filter((label) => !LABELS.has(label))).toEqual([]);
});

test.each(exprsOf(victorialogs))("LogsQL over stored fields: %s", (expr) => {
  // No value of these queries has a dot in it, every field has.
  const fields = [...expr.matchAll(/"([^"]*\.[^"]*)"/g)].map(([, field]) => field ?? "");
  expect(fields[0]).toBe("service.name");
  expect(fields.filter((field) => !NAMES.has(field))).toEqual([]);
  // The datasource puts the time before the query: alternatives would need brackets.
  expect(expr).not.toMatch(/\bor\b/);
});

test("legends name stored fields", () => {
  const nameIn = (legend: string) => /^\{\{(.+)\}\}$/.exec(legend)?.[1] ?? legend;
  expect(legendsOf(loki).filter((legend) => !LABELS.has(nameIn(legend)))).toEqual([]);
  expect(legendsOf(victorialogs).filter((legend) => !NAMES.has(nameIn(legend)))).toEqual([]);
  expect(legendsOf(loki).length).toBe(legendsOf(victorialogs).length);
});
