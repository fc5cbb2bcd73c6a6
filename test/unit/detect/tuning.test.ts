import { describe, expect, test } from "vitest";
import { createDetector } from "../../../src/detect/evaluate.ts";
import { formatRuleError, readRules } from "../../../src/detect/load.ts";
import type { Rule } from "../../../src/detect/rule.ts";
import { NO_TUNING, type Tuning } from "../../../src/detect/tuning.ts";
import { originOf } from "../../../src/flow/origin.ts";
import { flowAt } from "./support.ts";

const LOGSOURCE = "logsource: { category: network_connection, product: flowferry }";
const RULES = `title: Port 22
name: ssh
${LOGSOURCE}
detection: { selection: { destinationPort: 22 }, condition: selection }
level: low
---
title: Port 23
name: telnet
${LOGSOURCE}
detection: { selection: { destinationPort: 23 }, condition: selection }
level: low
flow: { throttle: 1h }
---
title: Many
name: many
correlation: { type: event_count, rules: [ssh], group-by: [sourceAddress], timespan: 1h, condition: { gte: 3 }, generate: true }
level: medium
---
title: Regular
name: regular
${LOGSOURCE}
detection: { selection: { destinationPort: 443 }, condition: selection }
level: medium
flow: { detector: { type: beacon, group-by: [sourceAddress] } }
`;

function read(tuning: Partial<Tuning>): { rules: readonly Rule[]; errors: string[]; find: (name: string) => Rule } {
  const { rules, errors } = readRules([{ file: "r.yml", text: RULES }], { ...NO_TUNING, ...tuning });
  const find = (name: string): Rule => {
    const rule = rules.find((each) => each.name === name);
    if (rule === undefined) throw new Error(`there is no rule ${name}`);
    return rule;
  };
  return { rules, errors: errors.map(formatRuleError), find };
}

/** Names of the rules that fire on flows to these ports, a minute apart. */
function fired(rules: readonly Rule[], flows: readonly { port: number; source?: string }[]): string[] {
  const names: string[] = [];
  const detector = createDetector(rules);
  detector.onMatch(({ rule }) => names.push(rule.name));
  const origin = originOf("test://bucket", "a", "1");
  for (const [index, { port, source = "10.0.0.1" }] of flows.entries())
    detector.inspect(flowAt(origin, index + 1, index * 60, { destinationPort: port, sourceAddress: source }));
  return names.sort();
}

describe("tune", () => {
  test("changes level, throttle and threshold of a rule, and nothing of others", () => {
    const { find, errors } = read({ tune: { many: { gte: 2, level: "high", timespan: "30m" }, telnet: { throttle: "6h" } } });
    expect(errors).toEqual([]);
    expect(find("many")).toMatchObject({ level: "high", correlation: { atLeast: 2, timespanMs: 1_800_000 } });
    expect(find("telnet")).toMatchObject({ level: "low", throttleMs: 21_600_000 });
    expect(find("ssh")).toMatchObject({ level: "low", throttleMs: 3_600_000 });
    expect(fired(read({ tune: { many: { gte: 2 } } }).rules, [{ port: 22 }, { port: 22 }])).toEqual(["many", "ssh"]);
    expect(fired(read({}).rules, [{ port: 22 }, { port: 22 }])).toEqual(["ssh"]);
  });

  test("changes a detector's options, also those that the rule leaves out", () => {
    const { find, errors } = read({ tune: { regular: { level: "low" } } });
    expect(errors).toEqual([]);
    expect(find("regular")).toMatchObject({ level: "low", detector: { connections: 20 } });
    expect(read({ tune: { regular: { connections: 9, score: 0.9 } } }).find("regular")).toMatchObject({
      detector: { connections: 9, score: 0.9 },
    });
  });

  test.each<readonly [Tuning["tune"], string]>([
    [{ manny: { gte: 2 } }, "alerts.tune.manny: there is no such rule; did you mean 'many'?"],
    [{ ssh: { gte: 2 } }, "alerts.tune.ssh.gte: this rule has no such option; known: level, throttle, dedup"],
    [{ many: { gt: 2 } }, "alerts.tune.many.gt: this rule has no such option; did you mean 'gte'?"],
    [{ regular: { conections: 9 } }, "alerts.tune.regular.conections: this rule has no such option; did you mean 'connections'?"],
  ])("%j is refused", (tune, message) => {
    expect(read({ tune }).errors).toEqual([message]);
  });

  test("a wrong value is refused as in the rule itself", () => {
    const { errors } = read({ tune: { telnet: { throttle: "soon" } } });
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatch(/^r\.yml:12: flow\.throttle/);
  });
});

describe("except", () => {
  const when = { "sourceAddress|cidr": "10.0.0.0/24" };

  test("leaves alone what it describes, for the rules it names", () => {
    const { rules, errors } = read({ exceptions: [{ rules: ["ssh"], when }] });
    expect(errors).toEqual([]);
    expect(fired(rules, [{ port: 22 }, { port: 23 }, { port: 22, source: "10.0.9.9" }])).toEqual(["ssh", "telnet"]);
    expect(fired(rules, [{ port: 22 }, { port: 23 }])).toEqual(["telnet"]);
  });

  test("of a correlation is for the rules that it is made of", () => {
    const { rules } = read({ exceptions: [{ rules: ["many"], when }] });
    expect(fired(rules, [{ port: 22 }, { port: 22 }, { port: 22 }, { port: 23 }])).toEqual(["telnet"]);
  });

  test("without rules is for all", () => {
    const { rules } = read({ exceptions: [{ when }] });
    expect(fired(rules, [{ port: 22 }, { port: 23 }])).toEqual([]);
  });

  test.each([
    [
      { when: { sourceAdress: "10.0.0.1" } },
      /^alerts\.except\.0: .*unknown field 'sourceAdress'; did you mean 'sourceAddress'\?/,
    ],
    [{ rules: ["shh"], when }, /^alerts\.except\.0: unknown rule 'shh'; did you mean 'ssh'\?/],
  ])("%j is refused by its place in the configuration", (exception, message) => {
    const { errors } = read({ exceptions: [exception] });
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatch(message);
  });
});
