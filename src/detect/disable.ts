import { UsageError } from "../lib/errors.ts";
import { nearest } from "../lib/nearest.ts";
import type { Rule } from "./rule.ts";

/**
 * The rules without those of these names. One that a correlation looks at still feeds it: it only marks no flow and tells nobody, as a
 * rule that is written for correlations alone. Throws UsageError for a name that no rule that alerts has.
 */
export function disableRules(rules: readonly Rule[], names: readonly string[]): readonly Rule[] {
  if (names.length === 0) return rules;
  const alerting = rules.filter((rule) => rule.alerts).map((rule) => rule.name);
  for (const name of names) {
    if (alerting.includes(name)) continue;
    if (rules.some((rule) => rule.name === name))
      throw new UsageError("unknown-rule", `alerts.disabled: rule ${name} only feeds correlations, and tells nobody by itself`);
    const meant = nearest(name, alerting);
    const advice = meant === undefined ? "`flowferry rules list` names the rules" : `did you mean ${meant}?`;
    throw new UsageError("unknown-rule", `alerts.disabled: there is no rule ${JSON.stringify(name)}: ${advice}`);
  }
  const disabled = new Set(names);
  const quiet = new Map<Rule, Rule>();
  /** Each rule once, since correlations know their parts by identity. */
  const quieten = (rule: Rule): Rule => {
    const before = quiet.get(rule);
    if (before !== undefined) return before;
    const alerts = rule.alerts && !disabled.has(rule.name);
    const after: Rule =
      rule.kind === "correlation"
        ? {
            ...rule,
            alerts,
            correlation: {
              ...rule.correlation,
              parts: rule.correlation.parts.map((part) => ({ ...part, rule: quieten(part.rule) })),
            },
          }
        : { ...rule, alerts };
    quiet.set(rule, after);
    return after;
  };
  return rules.filter((rule) => rule.alerts && !disabled.has(rule.name)).map(quieten);
}
