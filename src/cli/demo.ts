import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import pino from "pino";
import type { SlackMessage } from "../alerts/slack.ts";
import { parseConfig } from "../config/load.ts";
import { generate } from "../generator/generate.ts";
import { lookupFiles } from "../generator/lookup-files.ts";
import type { Truth } from "../generator/truth.ts";
import { writeBucket } from "../generator/write.ts";
import { FlowferryError } from "../lib/errors.ts";
import { compose } from "../run/compose.ts";
import { runComposed } from "../run/run.ts";
import { type CliContext, EXIT, type ExitCode } from "./context.ts";
import { type DemoRecord, startDemoReceiver } from "./demo-receiver.ts";

const SSH_RULE = "ssh_accepted_from_outside";
const FLOWS = 20_000;
const REFUSALS = 3;
const SPAN_MS = 6 * 3_600_000;

export function demoCommand(context: CliContext, finish: (code: ExitCode) => void): Command {
  return new Command("demo")
    .description("Show the whole journey on built-in parts: make up a bucket, tail it, enrich, deliver to a local OTLP receiver.")
    .action(async () => {
      const folder = mkdtempSync(join(tmpdir(), "flowferry-demo-"));
      const receiver = await startDemoReceiver(REFUSALS);
      try {
        finish(await demo(context, folder, receiver));
      } finally {
        receiver.close();
        rmSync(folder, { recursive: true, force: true });
      }
    });
}

async function demo(
  context: CliContext,
  folder: string,
  receiver: Awaited<ReturnType<typeof startDemoReceiver>>,
): Promise<ExitCode> {
  const { print, env, signal } = context;
  const printLines = (text: string) => text.split("\n").forEach(print);
  const truth = await makeBucket(folder, signal);
  print(
    `1. A bucket of OCI VCN flow logs, made up: ${truth.objects} objects, ${truth.records} records, ${(truth.storedBytes / 1e6).toFixed(1)} MB.`,
  );
  print(`   Its everyday traffic hides ${truth.incidents.length} incidents: ${truth.incidents.map(({ id }) => id).join(", ")}.`);

  const text = configuration(receiver.url);
  printLines("\n2. The configuration:\n");
  for (const line of text.trimEnd().split("\n")) print(`     ${line}`);

  const config = parseConfig(join(folder, "flowferry.yaml"), text, env);
  const composed = await compose(config, { env, log: pino({ level: "silent" }) });
  const started = performance.now();
  const totals = await runComposed(composed, { untilCaughtUp: true }, signal).finally(() => composed.close());
  const seconds = (performance.now() - started) / 1000;
  if (signal.aborted) return EXIT.interrupted;

  const { requests, refused, repeated } = receiver.counts();
  printLines(
    `\n3. Delivered in ${seconds.toFixed(1)} s: ${receiver.records.size} records in ${requests} requests, of which the receiver refused ${refused} with 503;`,
  );
  print(`   they came again. ${truth.records - receiver.records.size} records missing, ${repeated} twice.`);
  if (receiver.records.size !== truth.records || totals.records !== truth.records) {
    throw new FlowferryError(
      "demo-incomplete",
      `the bucket holds ${truth.records} records, the receiver has ${receiver.records.size}`,
    );
  }

  const records = [...receiver.records.values()];
  printLines("\n4. What the receiver can say now that it could not have read in the log:\n");
  for (const line of topTable(records)) print(`     ${line}`);
  const ssh = records.find(({ attributes: a }) => String(a["flow.detections"] ?? "").includes(SSH_RULE));
  if (ssh !== undefined) {
    printLines("\n   and one record, as it arrived:\n");
    for (const [name, value] of Object.entries(ssh.attributes)) print(`     ${name.padEnd(30)} ${String(value)}`);
  }

  printLines(`\n5. Slack got ${receiver.messages.length} messages, for the incidents that were hidden in the traffic:\n`);
  for (const { text } of receiver.messages) print(`     ${text}`);
  const message = receiver.messages.find(({ blocks }) => JSON.stringify(blocks).includes(SSH_RULE));
  if (message !== undefined) {
    printLines("\n   This is what stands in the one about the accepted SSH:\n");
    for (const line of linesOf(message)) print(`     ${line}`);
  }
  printLines(
    "\nNext: write such a configuration for a bucket of your own, and try it with `npm run -s flowferry -- check -c flowferry.yaml`.",
  );
  return EXIT.done;
}

async function makeBucket(folder: string, signal: AbortSignal): Promise<Truth> {
  const generation = generate({ format: "oci", flows: FLOWS, start: Date.now() - SPAN_MS, spanMs: SPAN_MS });
  await writeBucket(generation, join(folder, "bucket"), () => {}, signal);
  mkdirSync(join(folder, "lookups"));
  for (const [name, content] of Object.entries(lookupFiles(generation))) writeFileSync(join(folder, "lookups", name), content);
  return generation.truth();
}

function configuration(endpoint: string): string {
  return `source: { type: directory, path: bucket }
enrich:
  servers: lookups/servers.csv
  networks: lookups/networks.csv
  subnets: lookups/subnets.csv
sinks:
  - { type: otlp, endpoint: "${endpoint}", encoding: json, batch: { records: 1000 } }
ledger: { path: ":memory:" }
run: { retry: { initialMs: 100 } }
alerts:
  minLevel: high
  lateness: 12h
  slack: { webhookUrl: "${endpoint}/slack" }
`;
}

/** The text of a Slack message without its markup. */
function linesOf({ blocks }: SlackMessage): string[] {
  const texts: string[] = [];
  JSON.stringify(blocks, (key, value) => {
    if (key === "text" && typeof value === "string")
      texts.push(value.replaceAll(/[*`]/g, "").replace("\n", ": ").replaceAll("&amp;", "&"));
    return value;
  });
  return texts;
}

/** The largest streams of accepted traffic towards a named service, by server. */
function topTable(records: readonly DemoRecord[]): string[] {
  const streams = new Map<string, { flows: number; bytes: number }>();
  for (const { attributes: a } of records) {
    if (a["flow.action"] !== "accept" || a["flow.destination.service"] === undefined) continue;
    const end = (side: "source" | "destination") => String(a[`flow.${side}.server`] ?? a[`flow.${side}.zone`]);
    const key = [end("source"), end("destination"), a["flow.destination.service"], a["flow.traffic_type"]].join("\t");
    const stream = streams.get(key) ?? { flows: 0, bytes: 0 };
    stream.flows += 1;
    stream.bytes += Number(a["flow.bytes"] ?? 0);
    streams.set(key, stream);
  }
  const top = [...streams].sort(([, a], [, b]) => b.bytes - a.bytes).slice(0, 8);
  const rows = top.map(([key, { flows, bytes }]) => [...key.split("\t"), String(flows), `${(bytes / 1e6).toFixed(1)} MB`]);
  const table = [["from", "to", "service", "traffic", "flows", "bytes"], ...rows];
  const widths = table[0]?.map((_, column) => Math.max(...table.map((row) => (row[column] ?? "").length))) ?? [];
  return table.map((row) =>
    row
      .map((text, column) => text.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
