import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { lokiDialect } from "../../src/dialects/loki/dialect.ts";
import type { Flow } from "../../src/flow/flow.ts";
import { asBuffer } from "../../src/lib/bytes.ts";
import { createEncoder, type EncoderOptions } from "../../src/sinks/otlp/encoder.ts";
import { protobuf } from "../../src/sinks/otlp/protobuf.ts";
import { oddCondition, oddFlows, ruleOf } from "../unit/dialects/odd.ts";
import { attributes, cases, evaluate, groupFields, otel, rules } from "../unit/dialects/support.ts";
import { available } from "./servers/available.ts";
import { type Grid, startLoki } from "./servers/loki.ts";

const loki = available("Loki", startLoki);
const dialect = lokiDialect(attributes);

/** Each case is a tenant of its own. */
async function push(tenant: string, flows: readonly Flow[]): Promise<void> {
  const options: EncoderOptions = { serviceName: "flowferry", version: "1", body: "none", maxBytes: 64 * 1024 * 1024 };
  const [request = new Uint8Array()] = createEncoder(protobuf, otel, options).encode(flows, Date.now()).parts;
  await loki().push(tenant, asBuffer(request));
}

async function uids(tenant: string, query: string, flows: readonly Flow[]): Promise<(string | undefined)[]> {
  return (await loki().lines(tenant, query, gridOf(flows))).map((labels) => labels.log_record_uid);
}

/** Every time at which a flow stands. No window that ends between two flows holds more than the one that ends at the earlier of them. */
function gridOf(flows: readonly Flow[]): Grid {
  const times = [...new Set(flows.map(({ time }) => time))].sort((a, b) => a - b);
  const [first = 0, last = 0] = [times[0], times.at(-1)];
  const stepMs = times.reduce((divisor, time) => greatestDivisor(divisor, time - first), 0);
  return { first, last, stepMs: stepMs || 1 };
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}

const spoken = rules.flatMap((rule) => {
  const printed = dialect.rule(rule);
  return rule.alerts && "query" in printed ? [{ name: rule.name, rule, query: printed.query }] : [];
});

describe.each(spoken)("$name finds in Loki what it finds in the stream", ({ name, rule, query }) => {
  test.each(cases.filter((item) => item.rule === name).map((item, index) => ({ ...item, tenant: `${name}-${index}` })))(
    "$name",
    async ({ flows, fires, tenant }) => {
      const expected = evaluate(rule, flows);
      expect(expected.size > 0).toBe(fires > 0);
      await push(tenant, flows);
      const found = new Set<string | undefined>();
      if (rule.kind === "detection") {
        for (const uid of await uids(tenant, query, flows)) found.add(uid);
      } else {
        const names = groupFields(rule).map((field) => attributes.of(field)?.name.replaceAll(".", "_") ?? "");
        for (const metric of await loki().series(tenant, query, gridOf(flows))) {
          found.add(names.map((one) => metric[one] ?? "").join(" "));
        }
      }
      expect(found).toEqual(expected);
    },
  );
});

test("any condition over odd texts means in LogQL what it means in the stream", async () => {
  await push("odd", oddFlows);
  await fc.assert(
    fc.asyncProperty(oddCondition({ rare: false }), async (condition) => {
      const rule = ruleOf(condition);
      const printed = dialect.rule(rule);
      if (!("query" in printed)) {
        expect(printed.refused).toBe("fieldref");
        return;
      }
      expect(new Set(await uids("odd", printed.query, oddFlows)), printed.query).toEqual(evaluate(rule, oddFlows));
    }),
    { numRuns: 200 },
  );
});
