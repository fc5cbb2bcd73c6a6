import { flowOf, readFields } from "../../../src/detect/cases/flow.ts";
import { createDetector } from "../../../src/detect/evaluate.ts";
import { formatRuleError, readRules } from "../../../src/detect/load.ts";
import type { Match } from "../../../src/detect/match.ts";
import type { Rule } from "../../../src/detect/rule.ts";
import type { DetectorOptions } from "../../../src/detect/stream/options.ts";
import type { Flow } from "../../../src/flow/flow.ts";
import { type Origin, originOf } from "../../../src/flow/origin.ts";

export const START = Date.UTC(2026, 0, 5);

/** The rules of one file that must be right. */
export function rulesOf(text: string): readonly Rule[] {
  const { rules, errors } = readRules([{ file: "rules.yml", text }]);
  if (errors.length > 0) throw new Error(errors.map(formatRuleError).join("\n"));
  return rules;
}

/** What is wrong with one file, one line a mistake. */
export function errorsOf(text: string): string[] {
  return readRules([{ file: "rules.yml", text }]).errors.map(formatRuleError);
}

/** A detection with the given searches and condition, each indented by four spaces. */
export function detection(body: string, name = "probe"): string {
  return `title: A rule
name: ${name}
level: low
logsource:
  category: network_connection
  product: flowferry
detection:
${body}
`;
}

export type Fields = Readonly<Record<string, unknown>>;

/** A stream of one object: flows with ascending record numbers. Times are seconds after the start. */
export function flowMaker(origin: Origin = originOf("test://bucket", "object", "1")): (seconds: number, fields?: Fields) => Flow {
  let record = 0;
  return (seconds, fields = {}) => flowAt(origin, ++record, seconds, fields);
}

export function flowAt(origin: Origin, record: number, seconds: number, fields: Fields = {}): Flow {
  const read = readFields(fields);
  if (typeof read === "string") throw new Error(read);
  return flowOf(origin, record, read, START + seconds * 1_000, undefined);
}

/** Runs flows through a new detector. */
export function detect(rules: readonly Rule[], flows: readonly Flow[], options: DetectorOptions = {}) {
  const detector = createDetector(rules, options);
  const matches: Match[] = [];
  detector.onMatch((match) => matches.push(match));
  for (const flow of flows) detector.inspect(flow);
  return { detector, matches, marks: flows.map((flow) => flow.detections) };
}
