import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readCases } from "../../../src/detect/cases/read.ts";
import { runCase } from "../../../src/detect/cases/run.ts";
import { formatRuleError, readRules } from "../../../src/detect/load.ts";
import { asset } from "../../../src/lib/assets.ts";
import { errors as caseErrors, cases } from "../shipped-cases.ts";
import { errors, rules } from "../shipped-rules.ts";

const alerting = rules.filter((rule) => rule.alerts);
const byName = new Map(rules.map((rule) => [rule.name, rule]));

test("every shipped rule and test file is right", () => {
  expect([...errors, ...caseErrors].map(formatRuleError)).toEqual([]);
  expect(alerting.length).toBeGreaterThanOrEqual(30);
});

describe.each(alerting.map((rule) => [rule.name, rule] as const))("%s", (name, rule) => {
  test("says what it is, where it stands and what to do", () => {
    expect(rule.file.endsWith(`/${name}.yml`)).toBe(true);
    expect(rule.id).toMatch(/^[0-9a-f-]{36}$/);
    expect(rule.description.length).toBeGreaterThan(40);
    expect(
      rule.tags.some((tag) => /^attack\.t\d{4}/.test(tag)),
      "a technique",
    ).toBe(true);
    expect(
      rule.tags.some((tag) => /^attack\.[a-z-]+$/.test(tag)),
      "a tactic",
    ).toBe(true);
    expect(rule.falsepositives.length).toBeGreaterThan(0);
    expect(rule.runbook).toBe(name);
  });

  test("has a runbook with what it means, what to check and how to close it", () => {
    const text = readFileSync(asset(`deploy/runbooks/${name}.md`), "utf8");
    expect(text.startsWith(`# ${rule.title}\n`)).toBe(true);
    const headings = [...text.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
    expect(headings).toEqual(["What it means", "Check first", "Close it"]);
  });

  test("has cases in which it fires and in which it does not", () => {
    const own = cases.filter((item) => item.rule === name);
    expect(own.some((item) => item.fires > 0)).toBe(true);
    expect(own.some((item) => item.fires === 0)).toBe(true);
  });
});

test.each(cases.map((item) => [item.rule, item.name, item] as const))("%s: %s", (name, _case, item) => {
  const rule = byName.get(name);
  if (rule === undefined) throw new Error(`there is no rule ${name}`);
  expect(runCase(item, rule).failure).toBeUndefined();
});

test("no runbook and no test file stands without its rule", () => {
  const names = new Set(alerting.map((rule) => rule.name));
  const stray = [
    ...readdirSync(asset("deploy/runbooks")).map((file) => file.replace(/\.md$/, "")),
    ...readdirSync(asset("deploy/detections"))
      .filter((file) => file.endsWith(".test.yml"))
      .map((file) => file.replace(/\.test\.yml$/, "")),
  ].filter((name) => !names.has(name));
  expect(stray).toEqual([]);
});

test("names and ids are unique", () => {
  const ids = rules.flatMap((rule) => (rule.id === undefined ? [] : [rule.id]));
  expect(new Set(ids).size).toBe(ids.length);
  expect(byName.size).toBe(rules.length);
});

test("the examples of the README are right", () => {
  const folder = asset("deploy/detections");
  const blocks = [...readFileSync(`${folder}/README.md`, "utf8").matchAll(/^```yaml\n([\s\S]+?)^```$/gm)].map(
    ([, text = ""]) => text,
  );
  const shipped = readdirSync(folder).filter((file) => file.endsWith(".yml") && !file.endsWith(".test.yml"));
  const files = shipped.map((file) => ({ file, text: readFileSync(`${folder}/${file}`, "utf8") }));
  const examples = blocks
    .filter((text) => text.startsWith("title:"))
    .map((text, index) => ({ file: `README-${index}.yml`, text }));
  expect(examples).toHaveLength(3);
  const set = readRules([...files, ...examples]);
  expect(set.errors.map(formatRuleError)).toEqual([]);
  const [example] = readCases(blocks.find((text) => text.startsWith("rule:")) ?? "", "README.md").cases;
  const rule = set.rules.find(({ name }) => name === example?.rule);
  expect(example && rule && runCase(example, rule).failure).toBeUndefined();
  expect(rule?.name).toBe("many_ports");
});
