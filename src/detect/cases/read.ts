import { z } from "zod";
import type { Flow } from "../../flow/flow.ts";
import { originOf } from "../../flow/origin.ts";
import { validate } from "../language/validate.ts";
import { readYaml, type YamlDocument } from "../language/yaml-file.ts";
import type { RuleError } from "../load.ts";
import { describeBadTimespan, parseTimespan } from "../timespan.ts";
import { type CaseFields, flowOf, readFields } from "./flow.ts";
import { fill, isTemplate } from "./template.ts";

/** One situation, and what the rule makes of it. */
export interface RuleCase {
  readonly rule: string;
  readonly name: string;
  /** In the order in which they arrive. */
  readonly flows: readonly Flow[];
  /** How many matches are told. */
  readonly fires: number;
  /** Numbers (from 1) of the flows that carry the rule's name, where the case says so. */
  readonly marks: readonly number[] | undefined;
  readonly file: string;
  readonly line: number;
}

/** Times of a case count from here: a Monday, 00:00 UTC. */
export const CASE_START_MS = Date.UTC(2026, 0, 5);

const MAX_FLOWS = 100_000;
const offset = z.union([z.literal("0s"), z.string()]);

const casesDocument = z.strictObject({
  rule: z.string(),
  cases: z
    .array(
      z.strictObject({
        name: z.string().min(1),
        flows: z
          .array(
            z.looseObject({
              at: offset.optional(),
              repeat: z.number().int().min(1).max(MAX_FLOWS).optional(),
              every: z.union([offset, z.array(offset).min(1)]).optional(),
              connectionAge: z.string().optional(),
            }),
          )
          .min(1),
        fires: z.number().int().min(0),
        marks: z.array(z.number().int().min(1)).optional(),
      }),
    )
    .min(1),
});

type FlowTemplate = z.infer<typeof casesDocument>["cases"][number]["flows"][number];

/** The test cases of a file. Mistakes are errors with their line; a file with one yields no case. */
export function readCases(text: string, file: string): { readonly cases: RuleCase[]; readonly errors: RuleError[] } {
  const errors: RuleError[] = [];
  const report = (line: number, message: string): void => void errors.push({ file, line, message });
  const cases: RuleCase[] = [];
  for (const document of readYaml(text, file, report)) {
    const content = validate(casesDocument, document, report);
    for (const [index, item] of (content?.cases ?? []).entries()) {
      const flows = readFlows(item.flows, index, document, report);
      const marks = item.marks;
      const line = document.lineOf(["cases", index]);
      if (marks?.some((mark) => mark > flows.length)) report(line, `marks: there are only ${flows.length} flows`);
      cases.push({ rule: content?.rule ?? "", name: item.name, flows, fires: item.fires, marks, file, line });
    }
  }
  return { cases: errors.length === 0 ? cases : [], errors };
}

function readFlows(
  templates: readonly FlowTemplate[],
  index: number,
  document: YamlDocument,
  report: (line: number, message: string) => void,
): Flow[] {
  const flows: Flow[] = [];
  const origin = originOf("test://cases", `${document.file}#${index}`, "1");
  let latest = 0;
  for (const [position, template] of templates.entries()) {
    const line = document.lineOf(["cases", index, "flows", position]);
    const { at, repeat = 1, every = "1s", connectionAge, ...fields } = template;
    const first = at === undefined ? latest : milliseconds(at);
    const steps = (typeof every === "string" ? [every] : every).map(milliseconds);
    const age = connectionAge === undefined ? undefined : milliseconds(connectionAge);
    const bad = [first, age, ...steps].find((value) => typeof value === "string");
    if (bad !== undefined) {
      report(line, String(bad));
      continue;
    }
    const varies = Object.values(fields).some((value) => typeof value === "string" && isTemplate(value));
    let read: CaseFields | string | undefined;
    let elapsed = Number(first);
    for (let n = 0; n < repeat && flows.length < MAX_FLOWS; n++) {
      if (varies || read === undefined) read = readFields(filled(fields, n));
      if (typeof read === "string") {
        report(line, read);
        break;
      }
      flows.push(flowOf(origin, flows.length + 1, read, CASE_START_MS + elapsed, age as number | undefined));
      latest = elapsed;
      elapsed += Number(steps[n % steps.length]);
    }
  }
  return flows;
}

function filled(fields: Readonly<Record<string, unknown>>, n: number): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [key, typeof value === "string" ? fill(value, n) : value]),
  );
}

function milliseconds(text: string): number | string {
  return text === "0s" ? 0 : (parseTimespan(text) ?? describeBadTimespan(text));
}
