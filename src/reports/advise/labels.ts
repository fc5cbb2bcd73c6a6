import type { Governors } from "../../enrich/rules/governance.ts";
import type { Rule, RuleSet } from "../../enrich/rules/rule.ts";
import type { RuleBody } from "../../enrich/rules/writer.ts";
import { includes, letsAnswer } from "./match.ts";
import type { Use } from "./uses.ts";

export type Label = "used" | "unused" | "redundant" | "shadowed" | "over-broad" | "stateless-without-reverse" | "kept";

/** What is found of a rule, apart from what stands in its place. */
export interface Finding {
  readonly label: Label;
  /** Which other rule it is about, or how much of the rule is used. */
  readonly why: string;
}

/**
 * What the other rules make of a rule, everywhere where its list is in use. `redundant`: another one allows all of it. `shadowed`: another one
 * is asked before and covers all of it, so that it never decides. An answer to a stateless rule needs a rule of its own.
 */
export function amongOthers(rule: Rule, set: RuleSet, places: readonly Governors[]): Finding[] {
  const findings: Finding[] = [];
  const everywhere = (test: (governors: Governors) => Rule | undefined): Rule | undefined => {
    let found: Rule | undefined;
    for (const place of places) {
      const one = test(place);
      if (one === undefined) return undefined;
      found ??= one;
    }
    return found;
  };
  if (set.kind === "network-acl") {
    const before = set.rules.find((other) => other.index < rule.index && includes(other, rule));
    if (before !== undefined) findings.push({ label: "shadowed", why: `by rule ${before.index + 1}, ${before.text}` });
  } else {
    const other = everywhere(({ allowing }) =>
      allowing.flatMap(({ rules }) => rules).find((one) => one !== rule && includes(one, rule) && yields(rule, one)),
    );
    if (other !== undefined) {
      const label = other.stateless && !rule.stateless ? "shadowed" : "redundant";
      findings.push({ label, why: `by ${placeOf(other, rule)}, ${other.text}` });
    }
  }
  if (rule.stateless && rule.action === "allow") {
    const reverse = everywhere(({ allowing, acl }) =>
      (set.kind === "network-acl" ? (acl?.rules ?? []) : allowing.flatMap(({ rules }) => rules)).find(
        (one) => one.action === "allow" && letsAnswer(rule, one),
      ),
    );
    if (reverse === undefined) findings.push({ label: "stateless-without-reverse", why: "no rule lets its answers pass" });
  }
  return findings;
}

/** Which of two rules gives way: the one that tracks connections is not the same as one that does not; of equal ones the later. */
function yields(rule: Rule, other: Rule): boolean {
  if (rule.stateless && !other.stateless) return false;
  if (!includes(rule, other) || rule.stateless !== other.stateless) return true;
  if (rule.listId !== other.listId) return rule.listId > other.listId;
  return rule.index > other.index;
}

function placeOf(other: Rule, rule: Rule): string {
  const own = `rule ${other.index + 1}`;
  return other.listId === rule.listId ? own : `${own} of ${other.listName ?? other.listId}`;
}

/** How much of what a rule allows was seen, as `3 of 65536 addresses, 1 of 65536 ports`. */
export function observedShare(rule: RuleBody, use: Use): string {
  const cells = [...use.cells.values()];
  const hosts = new Set(cells.flatMap(({ peers }) => [...peers.keys()]));
  const more = cells.some(({ many }) => many) ? " or more" : "";
  const parts: string[] = [];
  if (rule.peer.kind === "network") {
    const { address, length } = rule.peer.prefix;
    const bits = (address.family === 4 ? 32 : 128) - length;
    parts.push(`${hosts.size}${more} of ${bits > 40 ? `2^${bits}` : 2 ** bits} addresses`);
  } else parts.push(`${hosts.size}${more} addresses`);
  const ports = new Set(
    cells.filter(({ protocol }) => protocol === 6 || protocol === 17).map(({ protocol, port }) => `${protocol} ${port}`),
  );
  if (ports.size > 0) {
    const width = rule.destinationPorts === undefined ? 65_536 : rule.destinationPorts.to - rule.destinationPorts.from + 1;
    const protocols = rule.protocols === undefined ? 2 : rule.protocols.filter((one) => one === 6 || one === 17).length;
    parts.push(`${ports.size} of ${width * protocols} ports`);
  }
  return parts.join(", ");
}
