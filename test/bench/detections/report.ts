import { loadRules } from "../../../src/detect/load.ts";
import { asset } from "../../../src/lib/assets.ts";
import type { Table } from "../table.ts";
import { type Evaluation, evaluate } from "./evaluation.ts";

/** What the shipped rules find of each technique, and what they raise falsely, in one day of an estate of so many hosts. */
export async function detections(hosts: number, seed: string, say: (line: string) => void): Promise<Table[]> {
  const { rules, errors } = await loadRules(asset("deploy/detections"));
  if (errors.length > 0) throw new Error(`${errors.length} rules are wrong`);
  const options = { rules, hosts, seed, tables: "full", family: 4 } as const;
  const live = await evaluate({ ...options, order: "live" });
  say(`detections: ${live.flows} flows of ${live.hosts} hosts in a day, ${live.attacks.length} attacks`);
  const shuffled = await evaluate({ ...options, order: "shuffled" });
  for (const { attack, findings } of live.attacks)
    if (findings.length === 0) say(`  not found: ${attack.technique}: ${attack.variant}`);
  const ipv6 = await evaluate({ ...options, order: "live", family: 6 });
  const bare = await evaluate({ ...options, order: "live", tables: "bare" });
  const none = await evaluate({ ...options, order: "live", tables: "none" });
  const learned = await evaluate({ ...options, order: "live", tables: "none", learned: true });
  const others = { live, ipv6, bare, none, learned };
  return [recall(live), falseAlerts(live), sameAnswers(live, shuffled, say), estates(others, say)];
}

function recall({ attacks }: Evaluation): Table {
  const techniques = Map.groupBy(attacks, ({ attack }) => attack.technique);
  const row = (name: string, of: Evaluation["attacks"]) => {
    const found = of.filter(({ findings }) => findings.length > 0).length;
    return [
      name,
      `${found}`,
      `${of.length}`,
      (found / of.length).toFixed(2),
      `${of.reduce((sum, { findings }) => sum + findings.length, 0)}`,
    ];
  };
  const rows = [...techniques].map(([technique, of]) => row(technique, of));
  return {
    title: "Found at level medium and above",
    header: ["technique", "found", "played", "recall", "alerts"],
    rows: [...rows, row("all", attacks)],
  };
}

function falseAlerts({ falseFindings, hosts }: Evaluation): Table {
  const perThousand = (count: number) => ((count * 1000) / hosts).toFixed(1);
  const byRule = [...Map.groupBy(falseFindings, ({ rule }) => rule)].sort(([, a], [, b]) => b.length - a.length);
  const rows = byRule.map(([rule, findings]) => [rule, `${findings.length}`, perThousand(findings.length)]);
  return {
    title: "False alerts at level medium and above, in a day",
    header: ["rule", "alerts", "a day and 1,000 hosts"],
    rows: [...rows, ["all", `${falseFindings.length}`, perThousand(falseFindings.length)]],
  };
}

/** The same attacks and behaviours in estates that differ in what they speak and in what is written down of them. */
function estates(
  { live, ipv6, bare, none, learned }: Record<"live" | "ipv6" | "bare" | "none" | "learned", Evaluation>,
  say: (line: string) => void,
): Table {
  const row = (name: string, { attacks, falseFindings, hosts }: Evaluation) => {
    const found = attacks.filter(({ findings }) => findings.length > 0).length;
    for (const { rule, source, destination, port } of falseFindings.slice(0, 40))
      say(`  false, ${name}: ${rule}: ${source} to ${destination} ${port}`);
    return [name, (found / attacks.length).toFixed(3), ((falseFindings.length * 1000) / hosts).toFixed(1)];
  };
  return {
    title: "Other estates",
    header: ["estate", "recall", "false alerts a day and 1,000 hosts"],
    rows: [
      row("names, roles and networks are in the tables", live),
      row("the same, IPv6 alone", ipv6),
      row("the tables have subnets and nothing else", bare),
      row("there are no tables", none),
      row("there are no tables, and a day went before", learned),
    ],
  };
}

/** The incidents told must not depend on the order in which objects arrive. */
function sameAnswers(live: Evaluation, shuffled: Evaluation, say: (line: string) => void): Table {
  const keys = (of: Evaluation) =>
    new Set([...of.falseFindings, ...of.attacks.flatMap(({ findings }) => findings)].map(({ key }) => key));
  const [a, b] = [keys(live), keys(shuffled)];
  for (const key of a.symmetricDifference(b)) say(`  in one order alone: ${key}`);
  const rows = [
    ["in both", `${a.intersection(b).size}`],
    ["live alone", `${a.difference(b).size}`],
    ["shuffled alone", `${b.difference(a).size}`],
  ];
  return { title: "The same day, objects read as they come and shuffled within 70 minutes", header: ["alerts", "number"], rows };
}
