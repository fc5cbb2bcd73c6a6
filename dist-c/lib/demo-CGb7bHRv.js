import { t as Command } from "./commander-BVTyMRTV.js";
import { n as parseConfig } from "./load-C45dlczT.js";
import { n as lookupFiles, r as generate, t as writeBucket } from "./write-LYKOKyhT.js";
import { n as FlowferryError } from "./errors-C4nvsd9u.js";
import { t as compose } from "./compose-CbHgHWNM.js";
import { n as runComposed } from "./run-eVXQPNPQ.js";
import { t as EXIT } from "./context-BVD8iu4e.js";
import { gunzipSync } from "node:zlib";
import { join } from "node:path";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import pino from "pino";
import { createServer } from "node:http";
// src/cli/demo-receiver.ts
/**
* A receiver of OTLP/HTTP JSON, gzipped, on loopback that keeps what it gets in memory, and refuses the first `refusals` requests with
* 503. Under `/slack` it takes what would go to a channel.
*/
async function startDemoReceiver(refusals) {
	const records = /* @__PURE__ */ new Map();
	const messages = [];
	let [requests, refused, repeated] = [
		0,
		0,
		0
	];
	const server = createServer(async (request, response) => {
		const chunks = [];
		for await (const chunk of request) chunks.push(chunk);
		if (request.url === "/slack") {
			messages.push(JSON.parse(Buffer.concat(chunks).toString("utf8")));
			response.end("ok");
			return;
		}
		requests += 1;
		if (requests <= refusals) {
			refused += 1;
			response.writeHead(503, { "content-type": "application/json" }).end(JSON.stringify({ message: "the demo refuses this one on purpose" }));
			return;
		}
		for (const record of recordsOf(JSON.parse(gunzipSync(Buffer.concat(chunks)).toString("utf8")))) {
			const uid = String(record.attributes["log.record.uid"]);
			if (records.has(uid)) repeated += 1;
			records.set(uid, record);
		}
		response.writeHead(200, { "content-type": "application/json" }).end("{}");
	});
	await new Promise((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
	return {
		url: `http://127.0.0.1:${server.address().port}`,
		records,
		messages,
		counts: () => ({
			requests,
			refused,
			repeated
		}),
		close: () => {
			server.close();
			server.closeAllConnections();
		}
	};
}
function* recordsOf({ resourceLogs = [] }) {
	for (const { scopeLogs = [] } of resourceLogs) for (const { logRecords = [] } of scopeLogs) for (const { severityText = "", attributes = [] } of logRecords) yield {
		severityText,
		attributes: Object.fromEntries(attributes.map(({ key, value }) => [key, plain(value)]))
	};
}
function plain({ stringValue, intValue, doubleValue, boolValue, arrayValue }) {
	if (arrayValue !== void 0) return arrayValue.values?.map(plain) ?? [];
	return intValue === void 0 ? stringValue ?? doubleValue ?? boolValue : Number(intValue);
}
// src/cli/demo.ts
const SSH_RULE = "ssh_accepted_from_outside";
const FLOWS = 2e4;
const REFUSALS = 3;
const SPAN_MS = 216e5;
function demoCommand(context, finish) {
	return new Command("demo").description("Show the whole journey on built-in parts: make up a bucket, tail it, enrich, deliver to a local OTLP receiver.").action(async () => {
		const folder = mkdtempSync(join(tmpdir(), "flowferry-demo-"));
		const receiver = await startDemoReceiver(REFUSALS);
		try {
			finish(await demo(context, folder, receiver));
		} finally {
			receiver.close();
			rmSync(folder, {
				recursive: true,
				force: true
			});
		}
	});
}
async function demo(context, folder, receiver) {
	const { print, env, signal } = context;
	const printLines = (text) => text.split("\n").forEach(print);
	const truth = await makeBucket(folder, signal);
	print(`1. A bucket of OCI VCN flow logs, made up: ${truth.objects} objects, ${truth.records} records, ${(truth.storedBytes / 1e6).toFixed(1)} MB.`);
	print(`   Its everyday traffic hides ${truth.incidents.length} incidents: ${truth.incidents.map(({ id }) => id).join(", ")}.`);
	const text = configuration(receiver.url);
	printLines("\n2. The configuration:\n");
	for (const line of text.trimEnd().split("\n")) print(`     ${line}`);
	const config = parseConfig(join(folder, "flowferry.yaml"), text, env);
	const composed = await compose(config, {
		env,
		log: pino({ level: "silent" })
	});
	const started = performance.now();
	const totals = await runComposed(composed, { untilCaughtUp: true }, signal).finally(() => composed.close());
	const seconds = (performance.now() - started) / 1e3;
	if (signal.aborted) return EXIT.interrupted;
	const { requests, refused, repeated } = receiver.counts();
	printLines(`\n3. Delivered in ${seconds.toFixed(1)} s: ${receiver.records.size} records in ${requests} requests, of which the receiver refused ${refused} with 503;`);
	print(`   they came again. ${truth.records - receiver.records.size} records missing, ${repeated} twice.`);
	if (receiver.records.size !== truth.records || totals.records !== truth.records) throw new FlowferryError("demo-incomplete", `the bucket holds ${truth.records} records, the receiver has ${receiver.records.size}`);
	const records = [...receiver.records.values()];
	printLines("\n4. What the receiver can say now that it could not have read in the log:\n");
	for (const line of topTable(records)) print(`     ${line}`);
	const ssh = records.find(({ attributes: a }) => String(a["flow.detections"] ?? "").includes(SSH_RULE));
	if (ssh !== void 0) {
		printLines("\n   and one record, as it arrived:\n");
		for (const [name, value] of Object.entries(ssh.attributes)) print(`     ${name.padEnd(30)} ${String(value)}`);
	}
	printLines(`\n5. Slack got ${receiver.messages.length} messages, for the incidents that were hidden in the traffic:\n`);
	for (const { text } of receiver.messages) print(`     ${text}`);
	const message = receiver.messages.find(({ blocks }) => JSON.stringify(blocks).includes(SSH_RULE));
	if (message !== void 0) {
		printLines("\n   This is what stands in the one about the accepted SSH:\n");
		for (const line of linesOf(message)) print(`     ${line}`);
	}
	printLines("\nNext: write such a configuration for a bucket of your own, and try it with `npm run -s flowferry -- check -c flowferry.yaml`.");
	return EXIT.done;
}
async function makeBucket(folder, signal) {
	const generation = generate({
		format: "oci",
		flows: FLOWS,
		start: Date.now() - SPAN_MS,
		spanMs: SPAN_MS
	});
	await writeBucket(generation, join(folder, "bucket"), () => {}, signal);
	mkdirSync(join(folder, "lookups"));
	for (const [name, content] of Object.entries(lookupFiles(generation))) writeFileSync(join(folder, "lookups", name), content);
	return generation.truth();
}
function configuration(endpoint) {
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
function linesOf({ blocks }) {
	const texts = [];
	JSON.stringify(blocks, (key, value) => {
		if (key === "text" && typeof value === "string") texts.push(value.replaceAll(/[*`]/g, "").replace("\n", ": ").replaceAll("&amp;", "&"));
		return value;
	});
	return texts;
}
/** The largest streams of accepted traffic towards a named service, by server. */
function topTable(records) {
	const streams = /* @__PURE__ */ new Map();
	for (const { attributes: a } of records) {
		if (a["flow.action"] !== "accept" || a["flow.destination.service"] === void 0) continue;
		const end = (side) => String(a[`flow.${side}.server`] ?? a[`flow.${side}.zone`]);
		const key = [
			end("source"),
			end("destination"),
			a["flow.destination.service"],
			a["flow.traffic_type"]
		].join("	");
		const stream = streams.get(key) ?? {
			flows: 0,
			bytes: 0
		};
		stream.flows += 1;
		stream.bytes += Number(a["flow.bytes"] ?? 0);
		streams.set(key, stream);
	}
	const table = [[
		"from",
		"to",
		"service",
		"traffic",
		"flows",
		"bytes"
	], ...[...streams].sort(([, a], [, b]) => b.bytes - a.bytes).slice(0, 8).map(([key, { flows, bytes }]) => [
		...key.split("	"),
		String(flows),
		`${(bytes / 1e6).toFixed(1)} MB`
	])];
	const widths = table[0]?.map((_, column) => Math.max(...table.map((row) => (row[column] ?? "").length))) ?? [];
	return table.map((row) => row.map((text, column) => text.padEnd(widths[column] ?? 0)).join("  ").trimEnd());
}
export { demoCommand };
