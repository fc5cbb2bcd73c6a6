import { readFileSync } from "node:fs";
import { PrometheusExporter, PrometheusSerializer } from "@opentelemetry/exporter-prometheus";
import { MeterProvider } from "@opentelemetry/sdk-metrics";
import { beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { asset } from "../../../src/lib/assets.ts";
import { createInstruments } from "../../../src/telemetry/telemetry.ts";

const alerts = readFileSync(asset("deploy/observability/alerts.yml"), "utf8");
const dashboard = readFileSync(asset("deploy/observability/grafana.json"), "utf8");

/** Names under which Prometheus reads what the program counts. */
let served: ReadonlySet<string>;
beforeAll(async () => {
  const exporter = new PrometheusExporter({ preventServerStart: true });
  const provider = new MeterProvider({ readers: [exporter] });
  for (const instrument of Object.values(createInstruments(provider.getMeter("flowferry")))) {
    if ("addCallback" in instrument) instrument.addCallback((result) => result.observe(1));
    else if ("add" in instrument) instrument.add(1);
    else instrument.record(1);
  }
  const { resourceMetrics } = await exporter.collect();
  const page = new PrometheusSerializer().serialize(resourceMetrics);
  served = new Set([...page.matchAll(/^# TYPE (flowferry_\w+)/gm)].map(([, name = ""]) => name));
  await provider.shutdown();
});

/** Metrics that a text of expressions names. */
const named = (text: string) => new Set([...text.matchAll(/\bflowferry_\w+/g)].map(([name]) => name.replace(/_bucket$/, "")));

test("the alert rules name metrics of the program, and nothing else", () => {
  const rules = (parse(alerts) as { groups: { rules: { expr: string }[] }[] }).groups.flatMap((group) => group.rules);
  const names = named(rules.map(({ expr }) => expr).join("\n"));
  expect([...names].filter((name) => !served.has(name))).toEqual([]);
  expect(names.size).toBeGreaterThan(5);
});

test("each alert says what is wrong and what to do", () => {
  for (const { alert, annotations, labels } of (
    parse(alerts) as { groups: { rules: Record<string, Record<string, string>>[] }[] }
  ).groups[0]?.rules ?? []) {
    expect([alert, annotations?.summary, annotations?.description, labels?.severity]).toEqual([
      expect.stringMatching(/^Flowferry/),
      expect.stringMatching(/\w/),
      expect.stringMatching(/[.?]$/),
      expect.stringMatching(/^(warning|critical)$/),
    ]);
  }
});

test("the dashboard shows metrics of the program, and nothing else", () => {
  const shown = named(dashboard);
  expect([...shown].filter((name) => !served.has(name))).toEqual([]);
  expect(shown.size).toBeGreaterThan(20);
  // Also what is no sink: an archive that stands still is to be seen.
  expect([...served].filter((name) => name.startsWith("flowferry_archive_") && !shown.has(name))).toEqual([]);
});

test("panels of the dashboard lie beside each other, and none over another", () => {
  const { panels } = JSON.parse(dashboard) as { panels: { title: string; gridPos: Record<"x" | "y" | "w" | "h", number> }[] };
  const taken = new Map<string, string>();
  for (const { title, gridPos: at } of panels) {
    expect(at.x + at.w).toBeLessThanOrEqual(24);
    for (let x = at.x; x < at.x + at.w; x++)
      for (let y = at.y; y < at.y + at.h; y++) {
        expect(taken.get(`${x} ${y}`), `${title} at ${x} ${y}`).toBeUndefined();
        taken.set(`${x} ${y}`, title);
      }
  }
});

test("the chart brings the same alert rules", () => {
  expect(readFileSync(asset("deploy/helm/flowferry/files/alerts.yml"), "utf8")).toBe(alerts);
});
