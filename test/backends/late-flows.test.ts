import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import type { FieldRef } from "../../src/detect/fields.ts";
import type { Rule } from "../../src/detect/rule.ts";
import { rulerInterval } from "../../src/dialects/alert-labels.ts";
import type { Dialect } from "../../src/dialects/dialect.ts";
import { DEFAULT_LAG_MS } from "../../src/dialects/evaluation.ts";
import { lokiDialect } from "../../src/dialects/loki/dialect.ts";
import { victorialogsDialect } from "../../src/dialects/victorialogs/dialect.ts";
import type { Flow } from "../../src/flow/flow.ts";
import { createEncoder } from "../../src/sinks/otlp/encoder.ts";
import { protobuf } from "../../src/sinks/otlp/protobuf.ts";
import { bucket, MINUTE, type Seen, SPANS, seen } from "../unit/dialects/late.ts";
import { attributes, cases, evaluate, groupFields, otel, rules } from "../unit/dialects/support.ts";
import { available } from "./servers/available.ts";
import { lokiRuler, startLoki } from "./servers/loki.ts";
import type { Ruler } from "./servers/ruler.ts";
import { startVictoriaLogs, vmalert } from "./servers/victorialogs.ts";

/** A backend with its ruler. A tenant sees only its own records. */
interface Rig {
  push(tenant: number, body: Uint8Array<ArrayBuffer>): Promise<void>;
  /** A ruler that evaluates that group of rules. */
  ruler(tenant: number, group: object): Promise<Ruler>;
  /** The label that has a field's value. */
  label(field: FieldRef): string;
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flowferry-rulers-"));
});
afterAll(() => rm(folder, { recursive: true }));
let files = 0;
async function fileOf(group: object): Promise<string> {
  files += 1;
  const file = join(folder, `${files}.yml`);
  await writeFile(file, stringify({ groups: [group] }));
  return file;
}

const attributeName = (field: FieldRef): string => attributes.of(field)?.name ?? "";

function encoded(flows: readonly Flow[]): Uint8Array<ArrayBuffer> {
  const options = { serviceName: "flowferry", version: "1", body: "none", maxBytes: 64 * 1024 * 1024 } as const;
  const [body = new Uint8Array()] = createEncoder(protobuf, otel, options).encode(flows, Date.now()).parts;
  return new Uint8Array(body);
}

/** The group of the built file that holds the rule, with that rule alone; undefined for a rule that the dialect cannot say. */
function groupOf(dialect: Dialect, rule: Rule): object | undefined {
  const printed = dialect.rule(rule);
  if (!rule.alerts || !("query" in printed)) return undefined;
  const alerting = { lagMs: DEFAULT_LAG_MS };
  const text = dialect.files({ rules: [{ rule, query: printed.query }], searches: [], alerting }).get("detections.yml");
  return (parse(text ?? "") as { groups: object[] }).groups[0];
}

/** What tells incidents of a rule apart. */
const fieldsOf = (rule: Rule): readonly FieldRef[] =>
  rule.kind === "correlation" ? groupFields(rule) : rule.dedup === "group" ? [] : rule.dedup;

/** What the stream evaluator finds, with no flow late. */
function incidents(rule: Rule, flows: readonly Flow[]): string[] {
  const found = evaluate(rule, flows);
  if (rule.kind === "correlation") return [...found].sort();
  const marked = flows.filter(({ uid }) => found.has(uid));
  return [
    ...new Set(
      marked.map((flow) =>
        fieldsOf(rule)
          .map((field) => String(field.get(flow) ?? ""))
          .join(" "),
      ),
    ),
  ].sort();
}

let tenants = 0;

/**
 * Plays a bucket: whenever an object becomes visible its records are pushed, and every interval the ruler evaluates the rule, until it finds no
 * record any more. Returns how often each incident's alert began to fire.
 */
async function played(rig: Rig, rule: Rule, group: object, flows: readonly Seen[]): Promise<Record<string, number>> {
  tenants += 1;
  const tenant = tenants;
  const ruler = await rig.ruler(tenant, group);
  const labels = fieldsOf(rule).map(rig.label);
  const intervalMs = rulerInterval(rule);
  const arrivals = [...Map.groupBy(flows, ({ visible }) => visible)].sort(([a], [b]) => a - b);
  const [first = 0] = arrivals[0] ?? [];
  const timespanMs = rule.kind === "correlation" ? rule.correlation.timespanMs : 0;
  const end = Math.max(...flows.map(({ flow }) => flow.time)) + DEFAULT_LAG_MS + timespanMs + 5 * MINUTE;
  const begun: Record<string, number> = {};
  let firing = new Set<string>();
  // Evaluations are on no minute's boundary.
  for (let now = first - (first % intervalMs) + 11_234; now <= end; now += intervalMs) {
    while ((arrivals[0]?.[0] ?? Number.POSITIVE_INFINITY) <= now) {
      const [, objects = []] = arrivals.shift() ?? [];
      await rig.push(tenant, encoded(objects.map(({ flow }) => flow)));
    }
    const found = new Set((await ruler.firingAt(now)).map((alert) => labels.map((label) => alert[label] ?? "").join(" ")));
    for (const incident of found) if (!firing.has(incident)) begun[incident] = (begun[incident] ?? 0) + 1;
    firing = found;
  }
  await ruler.stop();
  return begun;
}

const once = (names: readonly string[]): Record<string, number> => Object.fromEntries(names.map((name) => [name, 1]));

function playThrough(dialect: Dialect, rig: () => Rig): void {
  const spoken = rules.flatMap((rule) => {
    const group = groupOf(dialect, rule);
    return group === undefined ? [] : [{ name: rule.name, rule, group }];
  });

  test.each(spoken.filter(({ name }) => ["ssh_accepted_from_outside", "external_scan", "brute_force"].includes(name)))(
    "$name: an incident in the objects of each of four connectors is told once",
    async ({ rule, group }) => {
      const expected = incidents(
        rule,
        bucket.map(({ flow }) => flow),
      );
      expect(expected).toHaveLength(SPANS.length);
      expect(await played(rig(), rule, group, bucket)).toEqual(once(expected));
    },
  );

  const firing = cases.filter(({ fires }) => fires > 0);
  test.each(
    spoken.flatMap(({ name, rule, group }) =>
      firing
        .filter((item) => item.rule === name)
        .map((item, connector) => ({ ...item, name: `${name}: ${item.name}`, rule, group, connector })),
    ),
  )("$name, is told once", async ({ rule, group, flows, connector }) => {
    const expected = incidents(rule, flows);
    expect(expected.length).toBeGreaterThan(0);
    expect(
      await played(
        rig(),
        rule,
        group,
        flows.map((flow) => seen(flow, connector)),
      ),
    ).toEqual(once(expected));
  });
}

describe("vmalert over VictoriaLogs, whose flows come late", () => {
  const victoriaLogs = available("VictoriaLogs", startVictoriaLogs);
  const binary = available("vmalert", vmalert);
  playThrough(victorialogsDialect(attributes), () => ({
    label: attributeName,
    async push(tenant, body) {
      const headers = { "content-type": "application/x-protobuf", AccountID: String(tenant) };
      const response = await fetch(`${victoriaLogs().endpoint}/v1/logs`, { method: "POST", headers, body });
      if (!response.ok) throw new Error(`VictoriaLogs refused records with HTTP ${response.status}: ${await response.text()}`);
      await victoriaLogs().flush();
    },
    ruler: async (tenant, group) =>
      binary().start(victoriaLogs().address, await fileOf({ ...group, headers: [`AccountID: ${tenant}`] })),
  }));
});

describe("the ruler of Loki, whose flows come late", () => {
  const loki = available("Loki", startLoki);
  const binary = available("Loki's ruler", lokiRuler);
  playThrough(lokiDialect(attributes), () => ({
    label: (field) => attributeName(field).replaceAll(".", "_"),
    push: (tenant, body) => loki().push(String(tenant), body),
    ruler: async (tenant, group) => binary().start(loki().address, String(tenant), await fileOf(group)),
  }));
});
