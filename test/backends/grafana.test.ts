import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { asset } from "../../src/assets.ts";
import { generate } from "../../src/generator/generate.ts";
import type { IncidentId } from "../../src/generator/incidents.ts";
import { lookupFiles } from "../../src/generator/lookup-files.ts";
import type { Truth } from "../../src/generator/truth.ts";
import { writeBucket } from "../../src/generator/write.ts";
import { flowferry, type Workplace, workplace } from "../journeys/program.ts";
import { available } from "./servers/available.ts";
import { startVictoriaLogs } from "./servers/victorialogs.ts";

type QueryType = "stats" | "statsRange" | "instant";

interface Panel {
  readonly title: string;
  readonly targets: readonly { readonly expr: string; readonly queryType: QueryType }[];
}

/** One series, or one record. */
interface Answer {
  readonly labels: Readonly<Record<string, string>>;
  /** The last value of a series. */
  readonly value: number;
}

const SPAN_MS = 6 * 3_600_000;
const START = Date.now() - SPAN_MS;
/** In seconds, as Grafana's datasource asks. */
const [FROM, TO] = [Math.floor(START / 1000), Math.ceil((START + SPAN_MS) / 1000) + 60];

const { panels } = JSON.parse(readFileSync(asset("deploy/grafana/victorialogs.json"), "utf8")) as { panels: Panel[] };
const victoriaLogs = available("VictoriaLogs", startVictoriaLogs);

let place: Workplace;
let truth: Truth;
beforeAll(async () => {
  place = workplace();
  const generation = generate({ format: "oci", flows: 20_000, vnics: 16, start: START, spanMs: SPAN_MS });
  await writeBucket(generation, place.path("bucket"), () => {}, new AbortController().signal);
  for (const [name, content] of Object.entries(lookupFiles(generation))) place.write(name, content);
  truth = generation.truth();
});
afterAll(() => place.remove());

/** As https://github.com/VictoriaMetrics/victorialogs-datasource asks for each type of query. */
async function ask(expr: string, queryType: QueryType): Promise<Answer[]> {
  const query = expr.replaceAll("$service", "flowferry");
  const range = { start: String(FROM), end: String(TO) };
  const [path, form] = {
    stats: ["stats_query", { query: `_time:[${FROM}, ${TO}] ${query}`, time: String(TO) }],
    statsRange: ["stats_query_range", { query, ...range, step: "15m" }],
    instant: ["query", { query, ...range, limit: "1000" }],
  }[queryType] as [string, Record<string, string>];
  const url = new URL(`/select/logsql/${path}`, victoriaLogs().endpoint);
  const response = await fetch(url, { method: "POST", body: new URLSearchParams(form) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${query}: HTTP ${response.status}: ${text}`);
  if (queryType === "instant") {
    const lines = text.split("\n").filter((line) => line !== "");
    return lines.map((line) => ({ labels: JSON.parse(line), value: Number.NaN }));
  }
  const { data } = JSON.parse(text) as {
    data: { result: { metric: Record<string, string>; value?: [number, string]; values?: [number, string][] }[] };
  };
  return data.result.map(({ metric, value, values }) => ({ labels: metric, value: Number((value ?? values?.at(-1))?.[1]) }));
}

async function answersOf(title: string): Promise<Answer[]> {
  const panel = panels.find((one) => one.title === title);
  if (panel === undefined) throw new Error(`there is no panel ${title}`);
  return (await Promise.all(panel.targets.map(({ expr, queryType }) => ask(expr, queryType)))).flat();
}

const numberOf = async (title: string) => {
  const answers = await answersOf(title);
  expect(answers, title).toHaveLength(1);
  return answers[0]?.value;
};

function endsOf(id: IncidentId): Record<string, string> {
  const incident = truth.incidents.find((one) => one.id === id);
  if (incident === undefined) throw new Error(`there is no incident ${id}`);
  return { "source.address": incident.source, "destination.address": incident.destination };
}

const labelled = (labels: Record<string, string>) => expect.objectContaining({ labels: expect.objectContaining(labels) });

test("every panel of the dashboard for VictoriaLogs shows what is in a bucket", async () => {
  const config = place.config({
    source: { type: "directory", path: "bucket" },
    enrich: { servers: "servers.csv", networks: "networks.csv", subnets: "subnets.csv" },
    sinks: [{ type: "otlp", endpoint: victoriaLogs().endpoint }],
    alerts: {},
  });
  const { code, stderr } = await flowferry(["run", "-c", config, "--until-caught-up"]);
  expect(code, stderr).toBe(0);
  await victoriaLogs().flush();

  for (const { title } of panels) expect((await answersOf(title)).length, title).toBeGreaterThan(0);

  const { accept, reject } = truth.flows;
  expect(await numberOf("Flows")).toBe(accept + reject);
  expect(await numberOf("Rejected flows")).toBe(reject);
  expect(await numberOf("Reject share")).toBeCloseTo(reject / (accept + reject), 10);
  expect(await numberOf("Bytes")).toBe(Number(truth.bytes));
  expect(truth.quality.skipData).toBeGreaterThan(0);
  expect(await numberOf("Notices of lost flows")).toBe(truth.quality.skipData);

  expect(await answersOf("Scan suspects")).toContainEqual(labelled(endsOf("port-scan")));
  expect(await answersOf("Brute-force suspects")).toContainEqual(
    labelled({ ...endsOf("brute-force"), "destination.port": "3389" }),
  );
  const letIn = await answersOf("Accepted from outside at administration ports");
  expect(letIn).toContainEqual(labelled({ ...endsOf("ssh-from-outside"), "destination.port": "22" }));
  const [largest] = (await answersOf("Public egress")).sort((a, b) => b.value - a.value);
  expect(largest).toEqual(labelled(endsOf("exfiltration")));
  const found = await answersOf("Detections by pair");
  for (const [rule, id] of [
    ["ssh_accepted_from_outside", "ssh-from-outside"],
    ["beacon", "beacon"],
  ] as const) {
    expect(found).toContainEqual(labelled({ "flow.detections": rule, ...endsOf(id) }));
  }
});
