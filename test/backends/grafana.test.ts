import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { generate } from "../../src/generator/generate.ts";
import type { IncidentId } from "../../src/generator/incidents.ts";
import { lookupFiles } from "../../src/generator/lookup-files.ts";
import type { Truth } from "../../src/generator/truth.ts";
import { writeBucket } from "../../src/generator/write.ts";
import { spawned, type Workplace, workplace } from "../journeys/program.ts";
import { dashboard, type Panel, panelsOf } from "../unit/clouds/oci/content/grafana.ts";
import { available } from "./servers/available.ts";
import { startLoki } from "./servers/loki.ts";
import { startVictoriaLogs } from "./servers/victorialogs.ts";

const SPAN_MS = 6 * 3_600_000;
const START = Date.now() - SPAN_MS;
/** In seconds, as Grafana's datasources ask; what lies on the first of them, Loki leaves out. */
const [FROM, TO] = [Math.floor(START / 1000) - 60, Math.ceil((START + SPAN_MS) / 1000) + 60];
const STEP = "15m";
const TENANT = "grafana";

/** A row of a table, or a series: its labels, and under its measure the last value. */
type Row = Readonly<Record<string, string | number>>;

let place: Workplace;
let truth: Truth;
beforeAll(async () => {
  place = workplace();
  const generation = generate({
    format: "oci",
    flows: 3_000,
    vnics: 16,
    start: START,
    spanMs: SPAN_MS,
  });
  await writeBucket(generation, place.path("bucket"), () => {}, new AbortController().signal);
  for (const [name, content] of Object.entries(lookupFiles(generation))) place.write(name, content);
  truth = generation.truth();
});
afterAll(() => place.remove());

async function deliver(sink: { readonly endpoint: string; readonly headers?: object; readonly body?: string }): Promise<void> {
  const config = place.config({
    source: { type: "directory", path: "bucket" },
    ledger: { path: `${new URL(sink.endpoint).port}.db` },
    enrich: { servers: "servers.csv", networks: "networks.csv", subnets: "subnets.csv" },
    sinks: [{ type: "otlp", ...sink }],
    alerts: {},
  });
  const { code, stderr } = await spawned(["run", "-c", config, "--until-caught-up"]);
  expect(code, stderr).toBe(0);
}

interface Option {
  readonly valueLabel?: string;
  readonly renameByName?: Readonly<Record<string, string>>;
}

/** What the panel's transformations make of labels: the column that the value stands in, and headings. */
function columnsOf({ transformations }: Panel): { readonly valueLabel: string; heading(label: string): string } {
  const options: readonly Option[] = transformations.map((one) => one.options);
  const names = new Map(options.flatMap(({ renameByName = {} }) => Object.entries(renameByName)));
  const valueLabel = options.find((one) => one.valueLabel !== undefined)?.valueLabel ?? "";
  return { valueLabel, heading: (label) => names.get(label) ?? label };
}

interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly value?: readonly [number, string];
  readonly values?: readonly (readonly [number, string])[];
}

/** Samples that tell of the same group are one row. */
function rowsOf(series: readonly Series[], panel: Panel): Row[] {
  const { valueLabel, heading } = columnsOf(panel);
  const rows = new Map<string, Record<string, string | number>>();
  for (const { metric, value, values } of series) {
    const labels = Object.entries(metric).filter(([label]) => label !== valueLabel);
    const id = JSON.stringify(labels.sort());
    const row = rows.get(id) ?? Object.fromEntries(labels.map(([label, text]) => [heading(label), text]));
    rows.set(id, row);
    row[metric[valueLabel] ?? "Value"] = Number((value ?? values?.at(-1))?.[1]);
  }
  return [...rows.values()];
}

async function post(url: URL, form: Record<string, string>, headers: Record<string, string> = {}): Promise<string> {
  const response = await fetch(url, { method: "POST", headers, body: new URLSearchParams(form) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${form.query}: HTTP ${response.status}: ${text}`);
  return text;
}

const victoriaLogs = available("VictoriaLogs", startVictoriaLogs);
const loki = available("Loki", startLoki);

/** As https://github.com/VictoriaMetrics/victorialogs-datasource asks for each type of query. */
async function askVictoriaLogs(panel: Panel): Promise<Row[]> {
  const [{ expr, queryType, maxLines = 1_000 }] = panel.targets;
  const query = expr.replaceAll("$service", "flowferry");
  const range = { start: String(FROM), end: String(TO) };
  const [path, form] = {
    stats: ["stats_query", { query: `_time:[${FROM}, ${TO}] ${query}`, time: String(TO) }],
    statsRange: ["stats_query_range", { query, ...range, step: STEP }],
    instant: ["query", { query, ...range, limit: String(maxLines) }],
  }[queryType] as [string, Record<string, string>];
  const text = await post(new URL(`/select/logsql/${path}`, victoriaLogs().endpoint), form);
  if (queryType !== "instant") return rowsOf(JSON.parse(text).data.result, panel);
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}

/** As Grafana's own datasource asks, its variables filled in. */
async function askLoki(panel: Panel): Promise<Row[]> {
  const [{ expr, queryType, maxLines = 1_000 }] = panel.targets;
  const filled = { $service: "flowferry", $__range: `${TO - FROM}s`, $__auto: STEP };
  const query = Object.entries(filled).reduce((text, [name, value]) => text.replaceAll(name, value), expr);
  const [path, form] = {
    instant: ["query", { query, time: `${TO}000000000` }],
    range: ["query_range", { query, start: `${FROM}000000000`, end: `${TO}000000000`, step: STEP, limit: String(maxLines) }],
  }[queryType] as [string, Record<string, string>];
  const text = await post(new URL(`/loki/api/v1/${path}`, loki().address), form, { "X-Scope-OrgID": TENANT });
  const { data } = JSON.parse(text) as { data: { resultType: string; result: (Series & { readonly stream: Row })[] } };
  return data.resultType === "streams" ? data.result.map(({ stream }) => stream) : rowsOf(data.result, panel);
}

/** Bytes of accepted flows, as the objects of the bucket say. */
function acceptedBytes(): number {
  const folder = place.path("bucket");
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  let total = 0;
  for (const { parentPath, name } of files) {
    const raw = readFileSync(join(parentPath, name));
    const text = (raw[0] === 0x1f ? gunzipSync(raw) : raw).toString("utf8");
    for (const line of text.split("\n")) {
      if (!line.includes("ACCEPT")) continue;
      const { data } = JSON.parse(line);
      if (data.action === "ACCEPT") total += Number(data.bytesOut);
    }
  }
  return total;
}

function endsOf(id: IncidentId): Row {
  const incident = truth.incidents.find((one) => one.id === id);
  if (incident === undefined) throw new Error(`there is no incident ${id}`);
  return { "Source IP": incident.source, "Destination IP": incident.destination };
}

describe.each([
  {
    name: "victorialogs" as const,
    ask: askVictoriaLogs,
    async fill() {
      await deliver({ endpoint: victoriaLogs().endpoint });
      await victoriaLogs().flush();
    },
  },
  {
    name: "loki" as const,
    ask: askLoki,
    fill: () => deliver({ endpoint: `${loki().address}/otlp`, headers: { "X-Scope-OrgID": TENANT }, body: "unique" }),
  },
])("dashboard for $name", ({ name, ask, fill }) => {
  const panels = panelsOf(dashboard(name));
  async function answersOf(title: string): Promise<Row[]> {
    const panel = panels.find((one) => one.title === title);
    if (panel === undefined) throw new Error(`there is no panel ${title}`);
    return ask(panel);
  }
  async function numberOf(title: string): Promise<number> {
    const answers = await answersOf(title);
    expect(answers, title).toHaveLength(1);
    return Number(answers[0]?.Value);
  }

  async function sumOf(title: string, measure: string): Promise<number> {
    return (await answersOf(title)).reduce((sum, row) => sum + Number(row[measure]), 0);
  }

  test("shows in every panel what is in a bucket", async () => {
    await fill();
    const empty: string[] = [];
    for (const panel of panels) if ((await ask(panel)).length === 0) empty.push(panel.title);
    // OCI's log has no streams, and the generator turns nobody away from port 443.
    expect(empty).toEqual(["Newest objects of each stream", "Bad actors"]);

    const { accept, reject } = truth.flows;
    expect(await numberOf("Flows")).toBe(accept + reject);
    expect(await numberOf("Reject share")).toBeCloseTo((100 * reject) / (accept + reject), 10);
    expect(await numberOf("Bytes")).toBe(acceptedBytes());
    expect(truth.quality.skipData).toBeGreaterThan(0);
    expect(await sumOf("Flows that the log lost", "Notices")).toBe(truth.quality.skipData);
    // Every flow belongs to a group, be it one without a value.
    expect(await sumOf("Flows by weekday and hour", "Flows")).toBe(accept + reject);
    expect(await sumOf("From zone to action", "Flows")).toBe(accept + reject);
    expect(await sumOf("Transfers by service over time", "Bytes Transferred")).toBe(acceptedBytes());
    for (const way of await answersOf("From zone to action"))
      expect(Object.keys(way).sort()).toEqual(["Action", "Flows", "Source Zone", "Subnet", "Traffic To"]);

    const largest = (rows: readonly Row[], measure: string) =>
      [...rows].sort((a, b) => Number(b[measure]) - Number(a[measure]))[0];
    expect(await answersOf("Scan suspects")).toContainEqual(expect.objectContaining(endsOf("port-scan")));
    expect(await answersOf("Brute-force suspects")).toContainEqual(
      expect.objectContaining({ ...endsOf("brute-force"), "Destination Port": "3389" }),
    );
    expect(await answersOf("SSH accepted from outside")).toContainEqual(expect.objectContaining(endsOf("ssh-from-outside")));
    expect(await answersOf("Administration ports accepted from outside")).toContainEqual(
      expect.objectContaining({ ...endsOf("ssh-from-outside"), "Destination Port": "22" }),
    );
    const { "Destination IP": sentTo } = endsOf("exfiltration");
    expect(largest(await answersOf("Public egress"), "Bytes Sent")).toMatchObject({ "Destination IP": sentTo });
    expect(await answersOf("Beacon suspects")).toContainEqual(expect.objectContaining(endsOf("beacon")));
    const pairs = await answersOf("Detections by pair");
    for (const [rule, id] of [
      ["ssh_accepted_from_outside", "ssh-from-outside"],
      ["beacon", "beacon"],
    ] as const) {
      expect(pairs).toContainEqual(expect.objectContaining({ ...endsOf(id), Detection: expect.stringMatching(`\\b${rule}\\b`) }));
    }
  });
});
