import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { stringify } from "yaml";
import { asset } from "../../src/lib/assets.ts";
import { available } from "../backends/servers/available.ts";
import { installDebianPackages } from "../backends/servers/debian.ts";
import { run } from "../backends/servers/process.ts";

const ALERTS = asset("deploy/observability/alerts.yml");

const prometheus = available("Prometheus", async () => {
  await installDebianPackages("Prometheus", ["prometheus"], ["promtool"]);
  const folder = mkdtempSync(join(tmpdir(), "flowferry-promtool-"));
  return {
    /** Runs promtool on a file that holds the value; rejects, with what it printed, if it fails. */
    promtool(args: readonly string[], value: unknown): Promise<string> {
      const file = join(folder, "file.yml");
      writeFileSync(file, stringify(value));
      return run("promtool", [...args, file], { timeoutMs: 60_000 });
    },
    stop: async () => rmSync(folder, { recursive: true, force: true }),
  };
});

/** A test of promtool: what the series are from minute to minute, at which time it is asked, and of whom the alert is raised then. */
function scenario(series: Record<string, string>, alert: string, at: string, raised: readonly Record<string, string>[]) {
  return {
    interval: "1m",
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    promql_expr_test: [],
    alert_rule_test: [{ eval_time: at, alertname: alert, exp_alerts: raised.map((exp_labels) => ({ exp_labels })) }],
  };
}

const BEHIND = 'flowferry_sink_lag{job="flowferry",instance="a",sink="otlp"}';
const DENIED = 'flowferry_problem{job="flowferry",instance="a",part="source",drawer="person",code="not-authorized"}';
const RETRIED = 'flowferry_problem{job="flowferry",instance="a",part="otlp",drawer="passing",code="network"}';
const LOST = 'flowferry_quality_notices_total{job="flowferry",instance="a",source="flows",kind="skip-data"}';
const SILENT = 'flowferry_quality_notices_total{job="flowferry",instance="a",source="flows",kind="no-data"}';
const LOOKS = 'flowferry_source_passes_total{job="flowferry",instance="a",source="flows"}';
const SET_ASIDE = 'flowferry_sink_dead_lettered_records_total{job="flowferry",instance="a",sink="otlp"}';
const WAITING = 'flowferry_alerts_waiting{job="flowferry",instance="a",notifier="slack"}';
const of = (severity: string, labels: Record<string, string>) => ({ severity, job: "flowferry", instance: "a", ...labels });

test.each([
  [
    "a sink that is half an hour behind",
    { [BEHIND]: "1801x20" },
    "FlowferrySinkBehind",
    "15m",
    [of("warning", { sink: "otlp" })],
  ],
  ["but not one that catches up", { [BEHIND]: "1801x8 0x20" }, "FlowferrySinkBehind", "15m", []],
  [
    "what a person must put right",
    { [DENIED]: "1x20" },
    "FlowferryNeedsAPerson",
    "6m",
    [of("critical", { part: "source", code: "not-authorized" })],
  ],
  ["but not what passes", { [RETRIED]: "1x20" }, "FlowferryNeedsAPerson", "6m", []],
  ["which is told later", { [RETRIED]: "1x20" }, "FlowferryProblem", "16m", [of("warning", { part: "otlp", code: "network" })]],
  [
    "flows that the cloud lost, the first time",
    { [LOST]: "_x9 1x20" },
    "FlowferryFlowsLost",
    "12m",
    [of("warning", { source: "flows" })],
  ],
  ["and each further time", { [LOST]: "1x30 2x20" }, "FlowferryFlowsLost", "35m", [of("warning", { source: "flows" })]],
  ["but not for ever", { [LOST]: "1x60" }, "FlowferryFlowsLost", "50m", []],
  ["and no notice of another kind", { [SILENT]: "_x9 1x20" }, "FlowferryFlowsLost", "12m", []],
  [
    "a source that nobody looks at",
    { [LOOKS]: "0+6x10 66x60" },
    "FlowferryNotLooking",
    "50m",
    [of("critical", { source: "flows" })],
  ],
  ["but not one that is looked at", { [LOOKS]: "0+6x60" }, "FlowferryNotLooking", "50m", []],
  [
    "records that are set aside",
    { [SET_ASIDE]: "_x9 3x20" },
    "FlowferryRecordsSetAside",
    "12m",
    [of("warning", { sink: "otlp" })],
  ],
  ["alerts that wait", { [WAITING]: "2x30" }, "FlowferryAlertsWait", "20m", [of("critical", { notifier: "slack" })]],
  ["a worker that is down", { 'up{job="flowferry",instance="a"}': "0x20" }, "FlowferryDown", "6m", [of("critical", {})]],
] as const)("Prometheus tells of %s", async (_name, series, alert, at, raised) => {
  const tests = [scenario(series as Record<string, string>, alert, at, raised)];
  // Of annotations promtool asks for each word: those of the rules are left out.
  const rules = readFileSync(ALERTS, "utf8").replaceAll(/^ {8}annotations:\n(?: {10}.*\n)*/gm, "");
  const folder = mkdtempSync(join(tmpdir(), "flowferry-rules-"));
  try {
    writeFileSync(join(folder, "rules.yml"), rules);
    expect(await prometheus().promtool(["test", "rules"], { rule_files: [join(folder, "rules.yml")], tests })).toContain(
      "SUCCESS",
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("Prometheus takes the alert rules, and each expression of the dashboard", async () => {
  expect(await run("promtool", ["check", "rules", ALERTS], { timeoutMs: 60_000 })).toMatch(/SUCCESS: \d+ rules found/);
  const { panels } = JSON.parse(readFileSync(asset("deploy/observability/grafana.json"), "utf8")) as {
    panels: { targets: { expr: string }[] }[];
  };
  const rules = panels
    .flatMap(({ targets }) => targets)
    .map(({ expr }, index) => ({
      record: `dashboard_${index}`,
      expr: expr.replaceAll("$__rate_interval", "5m").replaceAll("$__range", "6h").replaceAll("$job", ".*"),
    }));
  const printed = await prometheus().promtool(["check", "rules"], { groups: [{ name: "dashboard", rules }] });
  expect(printed).toContain(`SUCCESS: ${rules.length} rules found`);
});
