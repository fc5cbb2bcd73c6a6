import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { stringify } from "yaml";
import { asset } from "../../src/lib/assets.ts";
import { available } from "../backends/servers/available.ts";
import { installDebianPackages } from "../backends/servers/debian.ts";
import { freePorts, run, type ServerProcess, startProcess, untilReady } from "../backends/servers/process.ts";

/** Series of the dashboard that a worker has which reads a damaged bucket for a file, a receiver and a webhook that do not answer. */
const EXPECTED_SERIES = 21;

const prometheus = available("Prometheus", async () => {
  await installDebianPackages("Prometheus", ["prometheus"], ["prometheus", "promtool"]);
  const folder = mkdtempSync(join(tmpdir(), "flowferry-prometheus-"));
  const started: ServerProcess[] = [];
  const stop = async () => {
    for (const server of started.reverse()) await server.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const [worker = 0, own = 0, closed = 0] = await freePorts(3);
    const flowferry = asset("src/main.ts");
    const bucket = ["--format", "oci", "--flows", "2000", "--damage", "all", "--out", join(folder, "bucket")];
    await run(process.execPath, [flowferry, "generate", ...bucket], { timeoutMs: 60_000 });
    const config = {
      source: { type: "directory", path: "bucket" },
      sinks: [
        { type: "ndjson", path: "out.ndjson" },
        { type: "otlp", endpoint: `http://127.0.0.1:${closed}` },
      ],
      archive: { to: { type: "directory", path: "archive" }, roll: "1s" },
      alerts: { lateness: "90000h", webhook: { url: `http://127.0.0.1:${closed}/` } },
      telemetry: { listen: `127.0.0.1:${worker}` },
    };
    writeFileSync(join(folder, "flowferry.yaml"), stringify(config));
    const tail = await startProcess(process.execPath, [flowferry, "run", "-c", join(folder, "flowferry.yaml")]);
    started.push(tail);
    await untilReady("flowferry", tail, `http://127.0.0.1:${worker}/healthz`);
    const settings = {
      global: { scrape_interval: "1s", evaluation_interval: "1s" },
      rule_files: [asset("deploy/observability/alerts.yml")],
      scrape_configs: [{ job_name: "flowferry", static_configs: [{ targets: [`127.0.0.1:${worker}`] }] }],
    };
    writeFileSync(join(folder, "prometheus.yml"), stringify(settings));
    const url = `http://127.0.0.1:${own}`;
    const storage = [`--config.file=${join(folder, "prometheus.yml")}`, `--storage.tsdb.path=${join(folder, "data")}`];
    const server = await startProcess("prometheus", [...storage, `--web.listen-address=127.0.0.1:${own}`]);
    started.push(server);
    await untilReady("Prometheus", server, `${url}/-/ready`);
    return { url, stop };
  } catch (error) {
    await stop();
    throw error;
  }
});

/** What Prometheus answers to an expression: the labels of each series. */
async function ask(expr: string): Promise<Record<string, string>[]> {
  const response = await fetch(`${prometheus().url}/api/v1/query`, {
    method: "POST",
    body: new URLSearchParams({ query: expr }),
  });
  const { status, data, error } = (await response.json()) as {
    status: string;
    error?: string;
    data?: { result: { metric: Record<string, string> }[] };
  };
  expect([status, error]).toEqual(["success", undefined]);
  return (data?.result ?? []).map(({ metric }) => metric);
}

const problems = () => ask('ALERTS{alertname="FlowferryProblem"}');

test("an alert is raised for a receiver that does not answer, with the part and the code", async () => {
  await expect.poll(problems, { interval: 500 }).toContainEqual(
    expect.objectContaining({
      alertstate: "pending",
      job: "flowferry",
      severity: "warning",
      part: expect.stringContaining("otlp"),
    }),
  );
});

test("each expression of the dashboard is answered, and by the labels that it asks for", async () => {
  const { panels } = JSON.parse(readFileSync(asset("deploy/observability/grafana.json"), "utf8")) as {
    panels: { title: string; targets: { expr: string }[] }[];
  };
  const targets = panels.flatMap(({ title, targets: own }) => own.map(({ expr }) => ({ title, expr })));
  await expect.poll(async () => (await ask("rate(flowferry_records_total[5m])")).length, { interval: 500 }).toBe(1);
  let answered = 0;
  for (const { title, expr } of targets) {
    const series = await ask(expr.replaceAll("$__rate_interval", "5m").replaceAll("$__range", "6h").replaceAll("$job", "flow.*"));
    const grouped = /by \(([^)]*)\)/.exec(expr)?.[1]?.split(", ") ?? [];
    // A quantile takes the buckets together.
    const labels = expr.startsWith("histogram_quantile") ? grouped.filter((label) => label !== "le") : grouped;
    for (const one of series) expect({ title, labels: Object.keys(one).sort() }).toEqual({ title, labels: [...labels].sort() });
    if (series.length > 0 && labels.length > 0) answered += 1;
  }
  expect(answered).toBeGreaterThanOrEqual(EXPECTED_SERIES);
});
