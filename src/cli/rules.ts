import { relative } from "node:path";
import { Command } from "commander";
import { type CaseResult, loadCases, runCase } from "../detect/cases/run.ts";
import { constructsOf } from "../detect/constructs.ts";
import { formatRuleError, loadRules, type RuleError, type RuleSet } from "../detect/load.ts";
import type { Correlation, Rule } from "../detect/rule.ts";
import { formatTimespan } from "../detect/timespan.ts";
import { asset } from "../lib/assets.ts";
import { FlowferryError, UsageError } from "../lib/errors.ts";
import { nearest } from "../lib/nearest.ts";
import type { CliContext } from "./context.ts";

/** `flowferry rules …`. The folder is by default that of the rules which ship with the program. */
export function rulesCommand(context: CliContext): Command {
  const folder = ["[folder]", "folder with rule files (default: the rules that ship with flowferry)"] as const;
  const ofConfig = [
    "-c, --config <file>",
    "the rules as this configuration has them: its folders, what it tunes, excepts and switches off",
  ] as const;
  const list = new Command("list")
    .description("Show the rules that alert: level, name, kind, ATT&CK techniques, title.")
    .argument(...folder)
    .option(...ofConfig)
    .option("--json", "print one JSON document", false)
    .action(async (path: string | undefined, options: ListOptions) => listRules(context, path, options));
  const show = new Command("show")
    .description("Show one rule: what it means, when it fires, who is left alone, how to react.")
    .argument("<name>", "name of the rule, as in brute_force")
    .option(...ofConfig)
    .option("--json", "print one JSON document", false)
    .action(async (name: string, options: ListOptions) => showRule(context, name, options));
  const check = new Command("check")
    .description("Validate rule files and name every mistake with file and line.")
    .argument(...folder)
    .action(async (path: string | undefined) => checkRules(context, path));
  const test = new Command("test")
    .description("Run the test cases (*.test.yml) that stand beside the rules.")
    .argument(...folder)
    .option("--json", "print one JSON document", false)
    .action(async (path: string | undefined, options: { json: boolean }) => testRules(context, path, options.json));
  return new Command("rules")
    .description("List, show, check and test the detection rules.")
    .addCommand(list)
    .addCommand(show)
    .addCommand(check)
    .addCommand(test);
}

interface ListOptions {
  readonly config?: string;
  readonly json: boolean;
}

async function listRules(context: CliContext, path: string | undefined, { config, json }: ListOptions): Promise<void> {
  if (path !== undefined && config !== undefined)
    throw new UsageError("bad-arguments", "name a folder or a configuration, not both");
  const { print } = context;
  const set = config === undefined ? await load(path) : await loadOf(context, config);
  const rules = set.rules.filter((rule) => rule.alerts);
  if (json) print(JSON.stringify({ rules: rules.map(summary), errors: set.errors }));
  else {
    const rows = rules.map((rule) => [rule.level, rule.name, kindOf(rule), techniques(rule).join(" "), rule.title]);
    for (const line of table(["level", "name", "kind", "ATT&CK", "title"], rows)) print(line);
  }
  refuseIfBad(set.errors);
}

async function showRule(context: CliContext, name: string, { config, json }: ListOptions): Promise<void> {
  const { print } = context;
  const { rules } = config === undefined ? await load(undefined) : await loadOf(context, config);
  const rule = rules.find((each) => each.name === name);
  if (rule === undefined) {
    const meant = nearest(
      name,
      rules.map((each) => each.name),
    );
    throw new UsageError(
      "unknown-rule",
      `there is no rule ${JSON.stringify(name)}${meant === undefined ? "" : `: did you mean ${meant}?`}`,
    );
  }
  if (json) {
    print(JSON.stringify({ ...summary(rule), when: conditionsOf(rule), exceptions: filtersOf(rule) }));
    return;
  }
  print(`${rule.name} (${rule.level}): ${rule.title}`);
  if (rule.description !== "") print(rule.description);
  for (const line of conditionsOf(rule)) print(`when: ${line}`);
  for (const title of filtersOf(rule)) print(`but not: ${title}`);
  const by = rule.dedup === "group" ? "group" : rule.dedup.map((field) => field.name).join(", ");
  print(`told: once in ${formatTimespan(rule.throttleMs)} for each ${by}`);
  for (const reason of rule.falsepositives) print(`may be: ${reason}`);
  if (rule.runbook !== undefined)
    print(`runbook: ${rule.runbook.startsWith("https:") ? rule.runbook : `deploy/runbooks/${rule.runbook}.md`}`);
  print(`written in: ${nameOf(rule.file)}:${rule.line}`);
}

/** When the rule fires, a line for each rule that it is made of. */
function conditionsOf(rule: Rule): string[] {
  if (rule.kind === "detection") return [`a flow is as the selection of ${rule.name} says`];
  if (rule.kind === "detector") return [`the flows of ${rule.name} are what its detector ${rule.detector.type} looks for`];
  const { correlation } = rule;
  const names = correlation.parts.map((part) => part.rule.name).join(", ");
  const within = `within ${formatTimespan(correlation.timespanMs)}, by ${correlation.groupBy.join(", ") || "nothing"}`;
  const parts = correlation.parts.flatMap((part) => (part.rule.kind === "correlation" ? conditionsOf(part.rule) : []));
  return [`${rule.name}: ${countOf(correlation, names)} ${within}`, ...parts];
}

function countOf(correlation: Correlation, names: string): string {
  switch (correlation.type) {
    case "event_count":
      return `at least ${correlation.atLeast} flows of ${names}`;
    case "value_count":
      return `at least ${correlation.atLeast} different values of ${correlation.field.name} in flows of ${names}`;
    case "value_sum":
      return `${correlation.field.name} of flows of ${names} adds up to at least ${correlation.atLeast}`;
    case "temporal":
      return `at least ${correlation.atLeast} of ${names}`;
    case "temporal_ordered":
      return `${names}, in this order,`;
  }
}

/** Titles of the exceptions, each once. */
function filtersOf(rule: Rule): string[] {
  const all = rule.kind === "correlation" ? rule.correlation.parts.flatMap((part) => filtersOf(part.rule)) : rule.filters;
  return [...new Set(all)];
}

async function checkRules({ print }: CliContext, path: string | undefined): Promise<void> {
  const { rules, errors } = await load(path);
  for (const error of errors) print(formatRuleError(error));
  const alerting = rules.filter((rule) => rule.alerts).length;
  print(`${alerting} rules that alert, ${rules.length - alerting} that only feed correlations, ${errors.length} mistakes`);
  refuseIfBad(errors);
}

async function testRules({ print }: CliContext, path: string | undefined, json: boolean): Promise<void> {
  const set = await load(path);
  const { cases, errors } = await loadCases(path ?? SHIPPED);
  const byName = new Map(set.rules.map((rule) => [rule.name, rule]));
  const results = cases.map((item): CaseResult => {
    const rule = byName.get(item.rule);
    return rule === undefined ? { case: item, failure: `there is no rule '${item.rule}'` } : runCase(item, rule);
  });
  const failed = results.filter((result) => result.failure !== undefined);
  const broken = [...set.errors, ...errors].map(shorten);
  const tested = new Set(cases.map((item) => item.rule));
  const untested = set.rules.filter((rule) => rule.alerts && !tested.has(rule.name)).map((rule) => rule.name);
  if (json) {
    const lines = results.map(({ case: item, failure }) => ({
      rule: item.rule,
      case: item.name,
      ok: failure === undefined,
      failure,
    }));
    print(JSON.stringify({ results: lines, errors: broken, untested }));
  } else {
    for (const error of broken) print(formatRuleError(error));
    for (const { case: item, failure } of failed) {
      print(`${nameOf(item.file)}:${item.line}: ${item.rule}: ${item.name}: ${failure}`);
    }
    if (untested.length > 0) print(`rules without a test case: ${untested.join(", ")}`);
    print(`${results.length - failed.length} of ${results.length} cases passed for ${tested.size} rules`);
  }
  if (broken.length > 0) throw new UsageError("bad-rules", `${broken.length} mistakes in rules or test cases`);
  if (failed.length > 0) throw new FlowferryError("rule-tests-failed", `${failed.length} of ${results.length} cases failed`);
}

const SHIPPED = asset("deploy/detections");

async function load(path: string | undefined): Promise<RuleSet> {
  const { rules, errors } = await loadRules(path ?? SHIPPED);
  return { rules, errors: errors.map(shorten) };
}

async function loadOf(context: CliContext, file: string): Promise<RuleSet> {
  const { alerts } = await context.loadConfig(file);
  if (alerts === undefined) throw new UsageError("no-alerts", `${file} has no alerts block: no rule runs`);
  const { loadEnabledRules } = await import("../run/rule-set.ts");
  const { rules, errors } = await loadEnabledRules(alerts);
  return { rules, errors: errors.map(shorten) };
}

function refuseIfBad(errors: readonly RuleError[]): void {
  const [first] = errors;
  if (first === undefined) return;
  const more = errors.length === 1 ? "" : ` (and ${errors.length - 1} more)`;
  throw new UsageError("bad-rules", `${formatRuleError(first)}${more}`);
}

function summary(rule: Rule): object {
  const { name, id, title, level, status, description, tags, falsepositives, runbook, file, line } = rule;
  return {
    name,
    id,
    title,
    level,
    status,
    kind: kindOf(rule),
    description,
    tags,
    falsepositives,
    dedup: rule.dedup === "group" ? "group" : rule.dedup.map((field) => field.name),
    throttle: formatTimespan(rule.throttleMs),
    runbook,
    constructs: [...constructsOf(rule)].sort(),
    file: nameOf(file),
    line,
  };
}

function kindOf(rule: Rule): string {
  if (rule.kind === "correlation") return rule.correlation.type;
  return rule.kind === "detector" ? rule.detector.type : "detection";
}

function techniques(rule: Rule): string[] {
  return rule.tags.filter((tag) => /^attack\.t\d/.test(tag)).map((tag) => tag.slice("attack.".length).toUpperCase());
}

function shorten(error: RuleError): RuleError {
  return { ...error, file: nameOf(error.file) };
}

/** The path as the user would write it. */
function nameOf(file: string): string {
  const short = relative(process.cwd(), file);
  return short.startsWith("..") ? file : short;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  return [head, ...rows].map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
