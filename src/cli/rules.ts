import { relative } from "node:path";
import { Command } from "commander";
import { type CaseResult, loadCases, runCase } from "../detect/cases/run.ts";
import { constructsOf } from "../detect/constructs.ts";
import { formatRuleError, loadRules, type RuleError, type RuleSet } from "../detect/load.ts";
import type { Rule } from "../detect/rule.ts";
import { formatTimespan } from "../detect/timespan.ts";
import { asset } from "../lib/assets.ts";
import { FlowferryError, UsageError } from "../lib/errors.ts";

/** What the commands need of the program. */
export interface RulesContext {
  /** One line of result to stdout. */
  print(line: string): void;
}

/** `flowferry rules list`, `rules check` and `rules test`. The folder is by default that of the rules which ship with the program. */
export function rulesCommand(context: RulesContext): Command {
  const folder = ["[folder]", "folder with rule files (default: the rules that ship with flowferry)"] as const;
  const list = new Command("list")
    .description("Show the rules that alert: level, name, kind, ATT&CK techniques, title.")
    .argument(...folder)
    .option("--json", "print one JSON document", false)
    .action(async (path: string | undefined, options: { json: boolean }) => listRules(context, path, options.json));
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
    .description("List, check and test the detection rules.")
    .addCommand(list)
    .addCommand(check)
    .addCommand(test);
}

async function listRules({ print }: RulesContext, path: string | undefined, json: boolean): Promise<void> {
  const set = await load(path);
  const rules = set.rules.filter((rule) => rule.alerts);
  if (json) print(JSON.stringify({ rules: rules.map(summary), errors: set.errors }));
  else {
    const rows = rules.map((rule) => [rule.level, rule.name, kindOf(rule), techniques(rule).join(" "), rule.title]);
    for (const line of table(["level", "name", "kind", "ATT&CK", "title"], rows)) print(line);
  }
  refuseIfBad(set.errors);
}

async function checkRules({ print }: RulesContext, path: string | undefined): Promise<void> {
  const { rules, errors } = await load(path);
  for (const error of errors) print(formatRuleError(error));
  const alerting = rules.filter((rule) => rule.alerts).length;
  print(`${alerting} rules that alert, ${rules.length - alerting} that only feed correlations, ${errors.length} mistakes`);
  refuseIfBad(errors);
}

async function testRules({ print }: RulesContext, path: string | undefined, json: boolean): Promise<void> {
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
