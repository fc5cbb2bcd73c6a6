import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { createDetector } from "../evaluate.ts";
import type { RuleError } from "../load.ts";
import type { Rule } from "../rule.ts";
import { type RuleCase, readCases } from "./read.ts";

export interface CaseResult {
  readonly case: RuleCase;
  /** One line when the rule did something else than the case says. */
  readonly failure: string | undefined;
}

/** Runs a case through a detector that holds nothing but the case's rule and its parts. */
export function runCase(item: RuleCase, rule: Rule): CaseResult {
  let fires = 0;
  const detector = createDetector([rule]);
  detector.onMatch((match) => {
    if (match.rule.name === item.rule) fires++;
  });
  const marked: number[] = [];
  for (const [index, flow] of item.flows.entries()) {
    detector.inspect(flow);
    if (flow.detections.includes(item.rule)) marked.push(index + 1);
  }
  detector.settle();
  const failures: string[] = [];
  if (fires !== item.fires)
    failures.push(`expected ${item.fires} matches, got ${fires}${marked.length > 0 ? ` (flows ${list(marked)})` : ""}`);
  if (item.marks !== undefined && item.marks.join() !== marked.join()) {
    failures.push(`expected it on flows ${list(item.marks)}, got ${list(marked)}`);
  }
  return { case: item, failure: failures.length === 0 ? undefined : failures.join("; ") };
}

/** The cases of every `*.test.yml` in a folder and the folders within it. */
export async function loadCases(folder: string): Promise<{ readonly cases: RuleCase[]; readonly errors: RuleError[] }> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const names = entries
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter((name) => /\.test\.ya?ml$/.test(name))
    .sort();
  const cases: RuleCase[] = [];
  const errors: RuleError[] = [];
  for (const name of names) {
    const file = join(folder, name);
    const read = readCases(await readFile(file, "utf8"), file);
    cases.push(...read.cases);
    errors.push(...read.errors);
  }
  return { cases, errors };
}

function list(numbers: readonly number[]): string {
  if (numbers.length === 0) return "none";
  return numbers.length > 12 ? `${numbers.slice(0, 12).join(", ")}, … (${numbers.length})` : numbers.join(", ");
}
