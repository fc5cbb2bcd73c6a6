import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fieldsOf } from "../../../src/detect/constructs.ts";
import type { FieldRef } from "../../../src/detect/fields.ts";
import type { Rule } from "../../../src/detect/rule.ts";
import { rulerInterval } from "../../../src/dialects/alert-labels.ts";
import { duckdbDialect, flowsView } from "../../../src/dialects/duckdb/dialect.ts";
import { DEFAULT_LAG_MS, type Evaluation, evaluationOf } from "../../../src/dialects/evaluation.ts";
import { scheduleOf } from "../../../src/dialects/log-analytics/schedule.ts";
import type { Database } from "../../../src/query/duckdb.ts";
import { linePrinter } from "../../../src/schemas/line.ts";
import { bucket, MINUTE, SPANS, START } from "../../unit/dialects/late.ts";
import { attributes, groupFields, otel, rules } from "../../unit/dialects/support.ts";
import { memoryDatabase } from "../../unit/query/database.ts";

const RULES = ["ssh_accepted_from_outside", "external_scan", "brute_force"].map((name) => {
  const rule = rules.find((one) => one.name === name);
  if (rule === undefined) throw new Error(`there is no rule ${name}`);
  return rule;
});

const at = (minutes: number): number => START + minutes * MINUTE;

let folder: string;
let connection: DuckDBConnection;
let database: Database;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flowferry-late-"));
  const print = linePrinter(otel, "flowferry");
  const file = join(folder, "flows.ndjson");
  await writeFile(file, bucket.map(({ flow }) => `${print(flow, flow.time)}\n`).join(""));
  database = await memoryDatabase();
  ({ connection } = database);
  await connection.run(`SET VARIABLE flows = '${file}'`);
  await connection.run(
    flowsView(
      attributes,
      RULES.flatMap((rule) => [...fieldsOf(rule).values()]),
    ),
  );
  const visible = bucket.map(({ flow, visible }) => `('${flow.uid}', ${visible})`).join(", ");
  await connection.run(`CREATE TABLE visibility AS SELECT * FROM (VALUES ${visible}) AS v(uid, visible)`);
  await connection.run(`CREATE TABLE stored AS SELECT f.*, visible FROM flows f JOIN visibility ON uid = "log.record.uid"`);
  await connection.run(`CREATE OR REPLACE VIEW flows AS SELECT * EXCLUDE visible FROM stored
    WHERE visible <= getvariable('now') AND epoch_ms(time) > getvariable('since') AND epoch_ms(time) <= getvariable('until')`);
});
afterAll(async () => {
  database.close();
  await rm(folder, { recursive: true });
});

/** Asked once for the same flows: what a rule finds hangs on nothing else. */
const asked = new Map<string, Promise<Set<string>>>();
function groups(rule: Rule, now: number, since: number, until: number): Promise<Set<string>> {
  const flows = bucket.filter(({ flow, visible }) => visible <= now && flow.time > since && flow.time <= until);
  const question = JSON.stringify([rule.name, timespanOf(rule), flows.map(({ flow }) => flow.uid)]);
  const answer = asked.get(question) ?? queried(rule, now, since, until);
  asked.set(question, answer);
  return answer;
}
const timespanOf = (rule: Rule): number => (rule.kind === "correlation" ? rule.correlation.timespanMs : 0);

/** The groups that the rule holds for over the flows of that time that are visible by then. */
async function queried(rule: Rule, now: number, since: number, until: number): Promise<Set<string>> {
  for (const [name, value] of Object.entries({ now, since, until })) await connection.run(`SET VARIABLE ${name} = ${value}`);
  const printed = duckdbDialect(attributes).rule(rule);
  if (!("query" in printed)) throw new Error(printed.reason);
  const fields: readonly FieldRef[] = rule.kind === "correlation" ? groupFields(rule) : rule.dedup === "group" ? [] : rule.dedup;
  const names = fields.map((field) => `"${attributes.of(field)?.name}"`).join(", ");
  const rows = (await connection.runAndReadAll(`SELECT DISTINCT ${names} FROM (${printed.query})`)).getRows();
  return new Set(rows.map((row) => row.join(" ")));
}

/**
 * How often each group's alert begins when a backend evaluates the rule like that, as an alert goes on from one evaluation to the next. What a
 * backend counts is all of the evaluation's range, whatever the timespan.
 */
async function played(rule: Rule, { intervalMs, rangeMs, delayMs }: Evaluation): Promise<Record<string, number>> {
  const counted: Rule =
    rule.kind === "correlation" ? { ...rule, correlation: { ...rule.correlation, timespanMs: rangeMs } } : rule;
  const begun: Record<string, number> = {};
  let firing = new Set<string>();
  for (let now = at(60); now <= at(300); now += intervalMs) {
    const found = await groups(counted, now, now - delayMs - rangeMs, now - delayMs);
    for (const group of found) if (!firing.has(group)) begun[group] = (begun[group] ?? 0) + 1;
    firing = found;
  }
  return begun;
}

describe.each(RULES.map((rule) => ({ name: rule.name, rule })))("$name over a bucket whose flows come late", ({ rule }) => {
  /** Over all flows, looking at every window. */
  const expected = async (): Promise<Record<string, number>> =>
    Object.fromEntries([...(await groups(rule, at(10_000), 0, at(10_000)))].map((group) => [group, 1]));

  test("a ruler alerts of each incident once", async () => {
    const wanted = await expected();
    expect(Object.keys(wanted)).toHaveLength(SPANS.length);
    expect(await played(rule, evaluationOf(rule, rulerInterval(rule), DEFAULT_LAG_MS))).toEqual(wanted);
  });

  test("a scheduled task of Log Analytics does", async () => {
    const schedule = scheduleOf(rule, DEFAULT_LAG_MS);
    if (schedule === undefined) throw new Error("there is none");
    const { intervalMs, rangeMs, offsetMs: delayMs } = schedule;
    expect(await played(rule, { intervalMs, rangeMs, delayMs })).toEqual(await expected());
  });

  test("windows that do not wait for late flows miss some", async () => {
    const timespanMs = rule.kind === "correlation" ? rule.correlation.timespanMs : MINUTE;
    // From where the flows of the shortest object are hardly visible.
    const begun = await played(rule, { intervalMs: MINUTE, rangeMs: Math.min(timespanMs, 5 * MINUTE), delayMs: 0 });
    expect(Object.keys(begun).length).toBeLessThan(SPANS.length);
  });
});

test("no task looks back further than the service's table lets it", () => {
  const MINUTES: readonly (readonly [number, number])[] = [
    [30, 60],
    [60, 720],
    [1_440, 1_440],
    [10_079, 10_080],
    [20_160, 20_160],
    [30_240, 43_200],
  ];
  for (const rule of rules) {
    const schedule = scheduleOf(rule, DEFAULT_LAG_MS);
    if (schedule === undefined) throw new Error(rule.name);
    const longest = MINUTES.find(([interval]) => schedule.intervalMs <= interval * MINUTE)?.[1] ?? 0;
    expect(schedule.rangeMs, rule.name).toBeLessThanOrEqual(longest * MINUTE);
    const timespanMs = timespanOf(rule);
    expect(schedule.rangeMs, rule.name).toBeGreaterThanOrEqual(timespanMs);
    // The last evaluation that sees a flow comes when it can be seen.
    expect(schedule.offsetMs + schedule.rangeMs - schedule.intervalMs, rule.name).toBeGreaterThanOrEqual(
      rule.kind === "correlation" ? 0 : DEFAULT_LAG_MS,
    );
  }
});
