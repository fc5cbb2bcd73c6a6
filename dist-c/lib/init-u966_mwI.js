import { n as Option, t as Command } from "./commander-BVTyMRTV.js";
import { t as asset } from "./assets-DQb4Ncv_.js";
import { r as UsageError } from "./errors-C4nvsd9u.js";
import { t as require_dist } from "./dist-DdlZeFD1.js";
import { dirname, join, relative, resolve } from "node:path";
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
// src/cli/questions.ts
/** Asks what is not answered, one question after the other, again where an answer is none. Throws UsageError at the end of the input. */
async function ask(questions, answers, { stdin, stderr, signal }) {
	const reader = createInterface({
		input: stdin,
		terminal: false
	});
	const close = () => reader.close();
	signal.addEventListener("abort", close, { once: true });
	const lines = reader[Symbol.asyncIterator]();
	try {
		for (const question of questions) while (answers[question.name] === void 0 && question.isAsked(answers)) {
			stderr.write(promptOf(question));
			const { value, done } = await lines.next();
			if (done) throw new UsageError("bad-arguments", `no answer to: ${question.text} (${question.flag})`);
			answers[question.name] = meaningOf(question, value.trim());
		}
	} finally {
		signal.removeEventListener("abort", close);
		close();
	}
}
function promptOf({ text, choices, otherwise }) {
	const listed = Object.entries(choices ?? {}).filter(([, meaning]) => meaning !== "");
	const lines = listed.map(([word, meaning]) => `  ${word.padEnd(16)}${meaning}\n`).join("");
	return `${text}${listed.length > 0 || choices === void 0 ? "" : ` (${Object.keys(choices).join(" or ")})`}\n${lines}>${typeof otherwise === "string" ? ` [${otherwise}]` : otherwise === false ? " [no]" : ""} `;
}
/** Undefined for what is no answer. */
function meaningOf({ choices, otherwise }, said) {
	if (said === "") return otherwise;
	if (choices === void 0) return said;
	const [meant, ...others] = Object.keys(choices).filter((word) => word.startsWith(said.toLowerCase()));
	if (meant === void 0 || others.length > 0) return void 0;
	return meant === "yes" ? true : meant === "no" ? false : meant;
}
// src/cli/starting-configuration.ts
var import_dist = require_dist();
const SOURCES = {
	oci: "OCI VCN flow logs in Object Storage",
	ibm: "IBM Flow Logs for VPC in Cloud Object Storage",
	aws: "AWS VPC flow logs in S3",
	directory: "a folder of this machine"
};
const SINKS = {
	otlp: "any OTLP receiver",
	"log-analytics": "OCI Log Analytics",
	"ibm-cloud-logs": "IBM Cloud Logs",
	ndjson: "a file, a JSON object a line"
};
/** The text of a configuration, with comments. */
function configurationOf(answers) {
	const { slack } = answers;
	return `# What flowferry reads, what it adds to each flow, and where flows go.
# Try it with \`flowferry check\`, run it with \`flowferry run\`. Every option: \`flowferry schema --markdown\`.
# Paths start at the folder of this file. \${NAME} is a variable of the environment, \${file:/path} what is in a file.
# yaml-language-server: $schema=node_modules/flowferry/src/config/schema.json

${sourceOf(answers)}
# What addresses and networks are called. Write your own into these tables: a change is taken up within seconds.
enrich:
  servers: lookups/servers.csv
  networks: lookups/networks.csv
  subnets: lookups/subnets.csv
  approvedDestinations: lookups/approved-destinations.csv

${sinkOf(answers)}
# Rules look at every flow, and somebody is told of what they find. \`flowferry rules list\` shows them, \`flowferry alerts test\` tries the way.
${slack ? `alerts:
  slack: { webhookUrl: "\${SLACK_WEBHOOK_URL}" }
  minLevel: medium
  # Flows older than this tell nobody, so that a backfill is no news.
  lateness: 1h
` : `# alerts:
#   slack: { webhookUrl: "\${SLACK_WEBHOOK_URL}" }
#   minLevel: medium
`}
# The worker's memory: how far each sink is, and what was set aside.
ledger: { path: flowferry.db }

# Metrics, health and the status page, for this machine alone.
# telemetry: { listen: 127.0.0.1:9464 }
`;
}
/** Variables of the environment that the configuration needs. */
function variablesOf(answers) {
	const needed = [...configurationOf(answers).matchAll(/^[^#\n]*\$\{([A-Z_]+)\}/gm)].map(([, name = ""]) => name);
	return [...new Set(needed)];
}
/** A value as YAML has it within a line. */
const word = (text) => (0, import_dist.stringify)(text ?? "", { lineWidth: 0 }).trimEnd();
function sourceOf({ source, bucket, namespace, region }) {
	if (source === "oci") return `source:
  type: oci-object-storage
  namespace: ${word(namespace)}
  bucket: ${word(bucket)}
  # Or instance-principal, session-token, resource-principal, oke-workload-identity.
  auth: { type: config-file }
`;
	if (source === "ibm") return `source:
  type: s3
  bucket: ${word(bucket)}
  # The public endpoint; within IBM Cloud the direct one costs nothing: https://s3.direct.<region>.cloud-object-storage.appdomain.cloud
  endpoint: ${word(`https://s3.${region}.cloud-object-storage.appdomain.cloud`)}
  region: ${word(region)}
  # A key whose service ID has the roles Object Reader and Content Reader on the bucket.
  auth: { type: ibm-iam, apiKey: "\${IBMCLOUD_API_KEY}" }
`;
	if (source === "aws") return `# Credentials are what the AWS SDK finds: environment, profile, role. They need s3:ListBucket and s3:GetObject.
source:
  type: s3
  bucket: ${word(bucket)}
  region: ${word(region)}
`;
	return `source:
  type: directory
  path: ${word(bucket)}
`;
}
function sinkOf({ sink, to, namespace, logGroup }) {
	if (sink === "log-analytics") return `sinks:
  - type: log-analytics
    namespace: ${word(namespace)}
    logGroupId: ${word(logGroup)}
    auth: { type: config-file }
`;
	if (sink === "ibm-cloud-logs") return `sinks:
  - type: ibm-cloud-logs
    endpoint: ${word(to)}
    # A key whose service ID has the role Sender on the instance.
    auth: { type: ibm-iam, apiKey: "\${IBMCLOUD_API_KEY}" }
`;
	if (sink === "ndjson") return `sinks:
  - type: ndjson
    path: ${word(to)}
`;
	return `sinks:
  - type: otlp
    endpoint: ${word(to)}
    # headers: { authorization: "Bearer \${OTLP_TOKEN}" }
`;
}
// src/cli/init.ts
/** The tables that operators keep; `ports.csv` ships with the program. */
const TABLES = [
	"servers.csv",
	"networks.csv",
	"subnets.csv",
	"approved-destinations.csv"
];
function initCommand(context) {
	return new Command("init").description("Write a configuration with comments and the lookup tables to start from. Asks for what no option says.").addOption(new Option("--source <cloud>", "whose flow logs are read").choices(Object.keys(SOURCES))).option("--bucket <name>", "the bucket; with --source directory its folder").option("--namespace <name>", "oci: the tenancy's namespace, as `oci os ns get` prints it").option("--region <name>", "ibm, aws: the bucket's region, as in us-south or eu-west-1").addOption(new Option("--sink <type>", "where flows go").choices(Object.keys(SINKS))).option("--to <where>", "otlp: the receiver's base URL; ibm-cloud-logs: the instance's ingress URL; ndjson: a file").option("--log-group <ocid>", "log-analytics: OCID of the log group").option("--slack", "rules look at each flow, and Slack is told of what they find").option("--no-slack", "… or not").option("--out <file>", "the configuration; tables go into the folder lookups beside it", "flowferry.yaml").option("--force", "replace a configuration that is there; tables that are there always stay", false).option("--json", "one JSON line that names what was written", false).action(async (flags) => init(context, flags));
}
async function init(context, { out, force, json, ...flags }) {
	const file = resolve(out);
	if (existsSync(file) && !force) throw new UsageError("config-exists", `${out} is there already: name another file by --out, or replace it by --force`);
	const answers = await answersOf(context, flags);
	const folder = join(dirname(file), "lookups");
	mkdirSync(folder, { recursive: true });
	const fresh = TABLES.filter((name) => !existsSync(join(folder, name)));
	for (const name of fresh) copyFileSync(asset(`lookups/${name}`), join(folder, name));
	writeFileSync(file, configurationOf(answers));
	const tables = fresh.map((name) => relative(process.cwd(), join(folder, name)));
	const set = variablesOf(answers);
	if (json) {
		context.print(JSON.stringify({
			configuration: file,
			tables: fresh.map((name) => join(folder, name)),
			variables: set
		}));
		return;
	}
	context.print(`written: ${[out, ...tables].join(", ")}`);
	if (set.length > 0) context.print(`set in the environment: ${set.join(", ")}`);
	const named = out === "flowferry.yaml" ? "" : ` -c ${out}`;
	context.print(`next: \`flowferry check${named}\` tries it, \`flowferry run${named}\` runs it`);
}
/** What the flags say, and of the rest what a person at a terminal does. */
async function answersOf({ stdin, stderr, signal }, flags) {
	const answers = { ...flags };
	const isNeeded = (question) => answers[question.name] === void 0 && question.isAsked(answers);
	if (stdin.isTTY) await ask(QUESTIONS, answers, {
		stdin,
		stderr,
		signal
	});
	const missing = QUESTIONS.filter((question) => isNeeded(question) && question.otherwise === void 0);
	if (missing.length > 0) {
		const options = missing.map(({ flag }) => flag).join(", ");
		throw new UsageError("bad-arguments", `say ${options} (or start it at a terminal, where it asks)`);
	}
	for (const question of QUESTIONS) if (isNeeded(question)) answers[question.name] = question.otherwise;
	return answers;
}
const QUESTIONS = [
	{
		name: "source",
		flag: "--source",
		text: "Whose flow logs?",
		choices: SOURCES,
		isAsked: () => true
	},
	{
		name: "namespace",
		flag: "--namespace",
		text: "The tenancy's namespace (oci os ns get)?",
		isAsked: ({ source }) => source === "oci"
	},
	{
		name: "bucket",
		flag: "--bucket",
		text: "The bucket (of a directory, its path)?",
		isAsked: () => true
	},
	{
		name: "region",
		flag: "--region",
		text: "The bucket's region?",
		isAsked: ({ source }) => source === "ibm" || source === "aws"
	},
	{
		name: "sink",
		flag: "--sink",
		text: "Where do flows go?",
		choices: SINKS,
		isAsked: () => true
	},
	{
		name: "namespace",
		flag: "--namespace",
		text: "The namespace of Log Analytics (oci os ns get)?",
		isAsked: ({ sink }) => sink === "log-analytics"
	},
	{
		name: "logGroup",
		flag: "--log-group",
		text: "OCID of the log group?",
		isAsked: ({ sink }) => sink === "log-analytics"
	},
	{
		name: "to",
		flag: "--to",
		text: "Its URL?",
		isAsked: ({ sink }) => sink === "ibm-cloud-logs"
	},
	{
		name: "to",
		flag: "--to",
		text: "Its URL?",
		otherwise: "http://localhost:4318",
		isAsked: ({ sink }) => sink === "otlp"
	},
	{
		name: "to",
		flag: "--to",
		text: "The file?",
		otherwise: "flows.ndjson",
		isAsked: ({ sink }) => sink === "ndjson"
	},
	{
		name: "slack",
		flag: "--slack",
		text: "Shall Slack be told of what the rules find?",
		choices: {
			no: "",
			yes: ""
		},
		otherwise: false,
		isAsked: () => true
	}
];
export { initCommand };
