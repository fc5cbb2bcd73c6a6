import { copyFileSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { Command, Option } from "commander";
import { asset } from "../lib/assets.ts";
import { UsageError } from "../lib/errors.ts";
import type { CliContext } from "./context.ts";
import { ask, type Question } from "./questions.ts";
import { type Answers, configurationOf, SINKS, SOURCES, variablesOf } from "./starting-configuration.ts";

/** The tables that operators keep; `ports.csv` ships with the program. */
const TABLES = ["servers.csv", "networks.csv", "subnets.csv", "approved-destinations.csv"];

interface Flags extends Partial<Answers> {
  readonly out: string;
  readonly force: boolean;
  readonly json: boolean;
}

export function initCommand(context: CliContext): Command {
  return new Command("init")
    .description("Write a configuration with comments and the lookup tables to start from. Asks for what no option says.")
    .addOption(new Option("--source <cloud>", "whose flow logs are read").choices(Object.keys(SOURCES)))
    .option("--bucket <name>", "the bucket; with --source directory its folder")
    .option("--namespace <name>", "oci: the tenancy's namespace, as `oci os ns get` prints it")
    .option("--region <name>", "ibm, aws: the bucket's region, as in us-south or eu-west-1")
    .addOption(new Option("--sink <type>", "where flows go").choices(Object.keys(SINKS)))
    .option("--to <where>", "otlp: the receiver's base URL; ibm-cloud-logs: the instance's ingress URL; ndjson: a file")
    .option("--log-group <ocid>", "log-analytics: OCID of the log group")
    .option("--slack", "rules look at each flow, and Slack is told of what they find")
    .option("--no-slack", "… or not")
    .option("--out <file>", "the configuration; tables go into the folder lookups beside it", "flowferry.yaml")
    .option("--force", "replace a configuration that is there; tables that are there always stay", false)
    .option("--json", "one JSON line that names what was written", false)
    .action(async (flags: Flags) => init(context, flags));
}

async function init(context: CliContext, { out, force, json, ...flags }: Flags): Promise<void> {
  const file = resolve(out);
  if (existsSync(file) && !force) {
    throw new UsageError("config-exists", `${out} is there already: name another file by --out, or replace it by --force`);
  }
  const answers = await answersOf(context, flags);
  const folder = join(dirname(file), "lookups");
  mkdirSync(folder, { recursive: true });
  const fresh = TABLES.filter((name) => !existsSync(join(folder, name)));
  for (const name of fresh) copyFileSync(asset(`lookups/${name}`), join(folder, name));
  writeFileSync(file, configurationOf(answers));
  const tables = fresh.map((name) => relative(process.cwd(), join(folder, name)));
  const set = variablesOf(answers);
  if (json) {
    context.print(JSON.stringify({ configuration: file, tables: fresh.map((name) => join(folder, name)), variables: set }));
    return;
  }
  context.print(`written: ${[out, ...tables].join(", ")}`);
  if (set.length > 0) context.print(`set in the environment: ${set.join(", ")}`);
  const named = out === "flowferry.yaml" ? "" : ` -c ${out}`;
  context.print(`next: \`flowferry check${named}\` tries it, \`flowferry run${named}\` runs it`);
}

/** What the flags say, and of the rest what a person at a terminal does. */
async function answersOf({ stdin, stderr, signal }: CliContext, flags: Partial<Answers>): Promise<Answers> {
  const answers: Record<string, unknown> = { ...flags };
  const isNeeded = (question: Question) => answers[question.name] === undefined && question.isAsked(answers);
  if (stdin.isTTY) await ask(QUESTIONS, answers, { stdin, stderr, signal });
  const missing = QUESTIONS.filter((question) => isNeeded(question) && question.otherwise === undefined);
  if (missing.length > 0) {
    const options = missing.map(({ flag }) => flag).join(", ");
    throw new UsageError("bad-arguments", `say ${options} (or start it at a terminal, where it asks)`);
  }
  for (const question of QUESTIONS) if (isNeeded(question)) answers[question.name] = question.otherwise;
  return answers as unknown as Answers;
}

const QUESTIONS: readonly Question[] = [
  { name: "source", flag: "--source", text: "Whose flow logs?", choices: SOURCES, isAsked: () => true },
  {
    name: "namespace",
    flag: "--namespace",
    text: "The tenancy's namespace (oci os ns get)?",
    isAsked: ({ source }) => source === "oci",
  },
  { name: "bucket", flag: "--bucket", text: "The bucket (of a directory, its path)?", isAsked: () => true },
  {
    name: "region",
    flag: "--region",
    text: "The bucket's region?",
    isAsked: ({ source }) => source === "ibm" || source === "aws",
  },
  { name: "sink", flag: "--sink", text: "Where do flows go?", choices: SINKS, isAsked: () => true },
  {
    name: "namespace",
    flag: "--namespace",
    text: "The namespace of Log Analytics (oci os ns get)?",
    isAsked: ({ sink }) => sink === "log-analytics",
  },
  { name: "logGroup", flag: "--log-group", text: "OCID of the log group?", isAsked: ({ sink }) => sink === "log-analytics" },
  { name: "to", flag: "--to", text: "Its URL?", isAsked: ({ sink }) => sink === "ibm-cloud-logs" },
  { name: "to", flag: "--to", text: "Its URL?", otherwise: "http://localhost:4318", isAsked: ({ sink }) => sink === "otlp" },
  { name: "to", flag: "--to", text: "The file?", otherwise: "flows.ndjson", isAsked: ({ sink }) => sink === "ndjson" },
  {
    name: "slack",
    flag: "--slack",
    text: "Shall Slack be told of what the rules find?",
    choices: { no: "", yes: "" },
    otherwise: false,
    isAsked: () => true,
  },
];
