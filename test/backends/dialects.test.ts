import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { victorialogsDialect } from "../../src/dialects/victorialogs/dialect.ts";
import type { Flow } from "../../src/flow/flow.ts";
import { createEncoder } from "../../src/sinks/otlp/encoder.ts";
import { protobuf } from "../../src/sinks/otlp/protobuf.ts";
import { oddCondition, oddFlows, ruleOf } from "../unit/dialects/odd.ts";
import { attributes, cases, evaluate, groupFields, otel, rules } from "../unit/dialects/support.ts";
import { available } from "./servers/available.ts";
import { startVictoriaLogs } from "./servers/victorialogs.ts";

const victoriaLogs = available("VictoriaLogs", startVictoriaLogs);
const dialect = victorialogsDialect(attributes);

/** Each case is a service of its own. */
async function post(service: string, flows: readonly Flow[]): Promise<void> {
  const encoder = createEncoder(protobuf, otel, { serviceName: service, version: "1", body: "none", maxBytes: 64 * 1024 * 1024 });
  const [body = new Uint8Array()] = encoder.encode(flows, Date.now()).parts;
  const response = await fetch(`${victoriaLogs().endpoint}/v1/logs`, {
    method: "POST",
    headers: { "content-type": "application/x-protobuf" },
    body,
  });
  expect(response.ok).toBe(true);
  await victoriaLogs().flush();
}

async function select(path: string, service: string, form: Record<string, string>): Promise<Response> {
  const body = new URLSearchParams({ ...form, extra_filters: JSON.stringify({ "service.name": service }) });
  const response = await fetch(new URL(`/select/logsql/${path}`, victoriaLogs().endpoint), { method: "POST", body });
  if (!response.ok) throw new Error(`${form.query}: ${await response.text()}`);
  return response;
}

interface Series {
  readonly metric: Record<string, string>;
}

/** As vmalert asks, at the time of each flow: the window ends right after it. */
async function groupsAt(service: string, query: string, time: number): Promise<Series[]> {
  const response = await select("stats_query", service, { query, time: new Date(time + 1).toISOString() });
  return ((await response.json()) as { data: { result: Series[] } }).data.result;
}

async function uids(service: string, query: string): Promise<string[]> {
  const text = await (await select("query", service, { query })).text();
  const rows = text.split("\n").filter((line) => line !== "");
  return rows.map((row) => JSON.parse(row)["log.record.uid"]);
}

const spoken = rules.flatMap((rule) => {
  const printed = dialect.rule(rule);
  return rule.alerts && "query" in printed ? [{ name: rule.name, rule, query: printed.query }] : [];
});

describe.each(spoken)("$name finds in VictoriaLogs what it finds in the stream", ({ name, rule, query }) => {
  test.each(cases.filter((item) => item.rule === name).map((item, index) => ({ ...item, service: `${name}-${index}` })))(
    "$name",
    async ({ flows, fires, service }) => {
      const expected = evaluate(rule, flows);
      expect(expected.size > 0).toBe(fires > 0);
      await post(service, flows);
      const found = new Set<string>();
      if (rule.kind === "detection") {
        for (const uid of await uids(service, query)) found.add(uid);
      } else {
        const names = groupFields(rule).map((field) => attributes.of(field)?.name ?? "");
        for (const time of new Set(flows.map((flow) => flow.time))) {
          for (const { metric } of await groupsAt(service, query, time))
            found.add(names.map((one) => metric[one] ?? "").join(" "));
        }
      }
      expect(found).toEqual(expected);
    },
  );
});

test("any condition over odd texts means in LogsQL what it means in the stream", async () => {
  await post("odd", oddFlows);
  await fc.assert(
    fc.asyncProperty(oddCondition({ rare: false }), async (condition) => {
      const rule = ruleOf(condition);
      const printed = dialect.rule(rule);
      if (!("query" in printed)) throw new Error(printed.reason);
      expect(new Set(await uids("odd", printed.query)), printed.query).toEqual(evaluate(rule, oddFlows));
    }),
    { numRuns: 200 },
  );
});
