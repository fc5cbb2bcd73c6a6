import { ruleText } from "../../enrich/rules/rule.ts";
import type { RuleWriter, WrittenRule } from "../../enrich/rules/writer.ts";
import { compileNetworks } from "../../lib/ip/prefix.ts";
import { listName } from "../explain/rules.ts";
import { type Cell, csvLines, tableLines } from "../table.ts";
import { type Advice, changes, type ProposedRule, proposedRules, type RuleAdvice, type SetAdvice } from "./advise.ts";
import { ADMINISTRATION } from "./narrow.ts";

const COLUMNS = ["list", "rule", "text", "finding", "why", "flows", "last used", "advice"];

/** The whole answer for people. */
export function adviceLines(advice: Advice): string[] {
  const { days, sets, proof } = advice;
  const lines = [
    `${proof.accepted} accepted and ${proof.rejected} rejected flows that rules cover, of ${days.toFixed(1)} days`,
    "",
  ];
  for (const set of sets) {
    const subnets = set.subnets.length === 0 ? "" : `, of ${set.subnets.join(", ")}`;
    lines.push(`${listName(set.set)}${subnets}`);
    lines.push(...set.insufficient.map((reason) => `  insufficient evidence: ${reason}`));
    if (set.rules.length > 0)
      lines.push(
        ...tableLines(
          COLUMNS.slice(1),
          rowsOf(set).map((row) => row.slice(1)),
        ).map((line) => `  ${line}`),
      );
    lines.push("");
  }
  const proposing = sets.filter(changes).length;
  lines.push(
    `proof: of ${proof.accepted} accepted flows the proposals drop ${proof.dropped}; of ${proof.rejected} rejected ones they allow ${proof.opened}`,
  );
  if (proof.unexplained > 0)
    lines.push(`${proof.unexplained} accepted flows are covered by no rule as it is, and by none of the proposals`);
  const risky = sets.flatMap(riskyRules);
  if (risky.length > 0) {
    lines.push("what was accepted need not be wanted: look at these, which let somebody outside in at ports of administration:");
    lines.push(...risky.map((line) => `  ${line}`));
  }
  lines.push(`${proposing} of ${sets.length} lists have a proposal. Nothing was applied`);
  return lines;
}

/** New rules that let public hosts in where administrators go. */
function riskyRules(advice: SetAdvice): string[] {
  return proposedRules(advice).flatMap(({ body, kept, of }) => {
    const { direction, peer, destinationPorts } = body;
    if (kept !== undefined || direction !== "ingress" || peer.kind !== "network" || isPrivate(peer.cidr)) return [];
    const isAdministration = ADMINISTRATION.some(
      (port) => destinationPorts === undefined || (destinationPorts.from <= port && port <= destinationPorts.to),
    );
    return isAdministration && body.icmp === undefined ? [`${listName(advice.set)}: ${textOf({ body, kept, of })}`] : [];
  });
}

const isPrivateAddress = compileNetworks(["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"]);
const isPrivate = (cidr: string): boolean => isPrivateAddress(cidr.replace(/\/.*/, ""));

/** What a page has of an advice. */
export interface ShortAdvice {
  readonly days: number;
  /** Why there are no proposals for some lists, each reason once. */
  readonly insufficient: readonly string[];
  readonly rules: readonly ShortRule[];
  readonly accepted: number;
  readonly unexplained: number;
}

interface ShortRule {
  readonly list: string;
  readonly text: string;
  readonly finding: string;
  readonly why: string;
  readonly flows: number;
  readonly advice: string;
  /** It is needed as it is. */
  readonly isFine: boolean;
}

export function shortAdvice({ days, sets, proof }: Advice): ShortAdvice {
  const rules = sets.flatMap((set) =>
    set.rules.map((advised): ShortRule => {
      const { rule, findings, use } = advised;
      return {
        ...{ list: listName(set.set), text: rule.text, flows: use?.flows ?? 0, advice: adviceOf(set, advised) },
        ...{ finding: findings.map(({ label }) => label).join(", "), why: findings.map(({ why }) => why).join("; ") },
        isFine: findings.every(({ label }) => label === "used" || label === "kept"),
      };
    }),
  );
  const insufficient = [...new Set(sets.flatMap((set) => set.insufficient))];
  return { days, insufficient, rules, accepted: proof.accepted, unexplained: proof.unexplained };
}

/** The same as CSV. */
export const adviceCsv = ({ sets }: Advice): string[] => csvLines(COLUMNS, sets.flatMap(rowsOf));

/** The same as one JSON document. */
export function adviceJson({ days, sets, proof }: Advice): object {
  return {
    days,
    proof,
    lists: sets.map((one) => ({
      ...{ id: one.set.id, name: one.set.name ?? null, kind: one.set.kind, subnets: one.subnets },
      insufficient: one.insufficient,
      rules: one.rules.map((advised) => ({
        ...{ index: advised.rule.index, direction: advised.rule.direction, text: advised.rule.text },
        findings: advised.findings,
        flows: advised.use?.flows ?? 0,
        lastUsed: lastUsed(advised),
        replacement: advised.replacement?.map((body) => textOf({ body, kept: undefined, of: advised.rule })) ?? null,
      })),
    })),
  };
}

function rowsOf(set: SetAdvice): Cell[][] {
  return set.rules.map((advised) => {
    const { rule, findings, use } = advised;
    return [
      ...[set.set.name ?? set.set.id, `${rule.direction} ${rule.index + 1}`, rule.text],
      ...[findings.map(({ label }) => label).join(", "), findings.map(({ why }) => why).join("; ")],
      ...[use?.flows ?? 0, lastUsed(advised) ?? "never", adviceOf(set, advised)],
    ];
  });
}

function adviceOf({ insufficient }: SetAdvice, { replacement }: RuleAdvice): string {
  if (insufficient.length > 0) return "none";
  if (replacement === undefined) return "keep";
  return replacement.length === 0 ? "remove" : `replace by ${replacement.length}`;
}

function lastUsed({ use }: RuleAdvice): string | null {
  return use === undefined || !Number.isFinite(use.last) ? null : new Date(use.last).toISOString();
}

function textOf({ body, kept, of }: ProposedRule): string {
  return kept?.text ?? ruleText({ ...of, ...body });
}

/** Lists as they are and as proposed, as a unified diff with all their rules; empty where nothing changes. */
export function adviceDiff({ sets }: Advice): string {
  return sets
    .filter(changes)
    .map((advice) => {
      const { set, rules } = advice;
      const name = listName(set);
      const lines = rules.flatMap(({ rule, replacement }) => {
        const lineOf = (text: string, stateless: boolean) =>
          stateless && set.kind !== "network-acl" ? `${text} (stateless)` : text;
        const own = lineOf(rule.text, rule.stateless);
        if (replacement === undefined) return [` ${own}`];
        const fresh = replacement.map((body) => `+${lineOf(textOf({ body, kept: undefined, of: rule }), body.stateless)}`);
        return [`-${own}`, ...fresh];
      });
      const [before, after] = [rules.length, proposedRules(advice).length];
      const span = (count: number) => (count === 0 ? "0,0" : `1,${count}`);
      return [`--- ${name}`, `+++ ${name}, proposed`, `@@ -${span(before)} +${span(after)} @@`, ...lines, ""].join("\n");
    })
    .join("");
}

/** The files of an advice by name: table, diff, and for each list with a proposal its rules as proposed and as they are. */
export function adviceFiles(advice: Advice, writers: ReadonlyMap<string, RuleWriter>): [name: string, content: string][] {
  const files: [string, string][] = [
    ["advice.txt", `${adviceLines(advice).join("\n")}\n`],
    ["advice.csv", `${adviceCsv(advice).join("\n")}\n`],
    ["advice.json", json(adviceJson(advice))],
    ["advice.diff", adviceDiff(advice)],
  ];
  const taken = new Set<string>();
  for (const one of advice.sets.filter(changes)) {
    const writer = writers.get(one.provider);
    if (writer === undefined) continue;
    const name = fileName(one, taken);
    const proposed = proposedRules(one).map(({ body, kept, of }): WrittenRule => {
      if (kept !== undefined) return { body, index: kept.index, description: undefined };
      return { body, index: undefined, description: `narrowed from: ${of.text}` };
    });
    const standing = one.set.rules.map((rule): WrittenRule => ({ body: rule, index: rule.index, description: undefined }));
    files.push([`${name}.proposed.json`, json(writer.json(one.set, proposed))]);
    files.push([`${name}.proposed.tf`, writer.terraform(one.set, proposed)]);
    files.push([`${name}.rollback.json`, json(writer.json(one.set, standing))]);
    files.push([`${name}.rollback.tf`, writer.terraform(one.set, standing)]);
  }
  return files;
}

function json(value: object): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

function fileName({ set }: SetAdvice, taken: Set<string>): string {
  const safe = (text: string) =>
    text
      .replaceAll(/[^A-Za-z0-9._-]+/g, "_")
      .replace(/^\.+/, "_")
      .slice(0, 150);
  const base = safe(set.name ?? set.id);
  let name = base;
  for (let n = 2; taken.has(name) || name === "advice"; n++) name = `${base}_${n}`;
  taken.add(name);
  return name;
}
