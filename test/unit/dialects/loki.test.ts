import { parser } from "@grafana/lezer-logql";
import fc from "fast-check";
import { expect, test } from "vitest";
import { lokiDialect } from "../../../src/dialects/loki/dialect.ts";
import { asset } from "../../../src/lib/assets.ts";
import { isNative, loadSearches } from "../../../src/searches/load.ts";
import { runs } from "../../runs.ts";
import { oddSearch } from "../searches/odd.ts";
import { oddCondition, ruleOf } from "./odd.ts";
import { attributes, rules } from "./support.ts";

const dialect = lokiDialect(attributes);

/** The text around the first place that Grafana's grammar of LogQL does not know. */
function faultIn(query: string): string | undefined {
  let fault: string | undefined;
  parser.parse(query).iterate({
    enter: (node) => {
      if (node.type.isError) fault ??= query.slice(Math.max(0, node.from - 40), node.to + 40);
    },
  });
  return fault;
}

test("the grammar tells right from wrong", () => {
  expect(faultIn('{service_name="flowferry"} | flow_action="accept"')).toBeUndefined();
  expect(faultIn('{service_name="flowferry"} | flow_action="accept')).toBeDefined();
});

test("every rule that is printed is LogQL", () => {
  for (const rule of rules) {
    const printed = dialect.rule(rule);
    if ("query" in printed) expect(faultIn(printed.query), printed.query).toBeUndefined();
  }
});

test("any condition over odd texts is LogQL", () => {
  fc.assert(
    fc.property(oddCondition({ rare: false }), (condition) => {
      const printed = dialect.rule(ruleOf(condition));
      if ("query" in printed) expect(faultIn(printed.query), printed.query).toBeUndefined();
      else expect(printed.refused).toBe("fieldref");
    }),
    { numRuns: runs(300) },
  );
});

test("every search that is printed is LogQL", () => {
  const { searches } = loadSearches(asset("deploy/searches"));
  for (const search of searches) {
    const printed = isNative(search) ? undefined : dialect.search(search);
    if (printed !== undefined && "query" in printed) expect(faultIn(printed.query), printed.query).toBeUndefined();
  }
});

test("any search over odd flows is LogQL", () => {
  fc.assert(
    fc.property(oddSearch, (search) => {
      const printed = dialect.search(search);
      if ("query" in printed) expect(faultIn(printed.query), printed.query).toBeUndefined();
      else expect(printed.refused).toBe("fieldref");
    }),
    { numRuns: runs(200) },
  );
});
