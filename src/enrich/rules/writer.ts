import type { Rule, RuleSet } from "./rule.ts";

/** What a rule allows, wherever it stands. */
export type RuleBody = Pick<
  Rule,
  "direction" | "action" | "protocols" | "icmp" | "sourcePorts" | "destinationPorts" | "peer" | "local" | "stateless"
>;

/** How people of a cloud write down its rules. */
export interface RuleWriter {
  /** The rule in the words of the provider's console: where to go first, then a line for each field. */
  inConsole(rule: RuleBody, set: Pick<RuleSet, "kind" | "id" | "name">): string[];
}
