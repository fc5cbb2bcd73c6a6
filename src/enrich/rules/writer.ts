import type { Rule, RuleSet } from "./rule.ts";

/** What a rule allows, wherever it stands. */
export type RuleBody = Pick<
  Rule,
  "direction" | "action" | "protocols" | "icmp" | "sourcePorts" | "destinationPorts" | "peer" | "local" | "stateless"
>;

/** A rule of a document: one that stays as it is, or a new one. */
export interface WrittenRule {
  readonly body: RuleBody;
  /** Place of the rule in its list as it stands, for one that stays; in a security list, among those of its direction. */
  readonly index: number | undefined;
  /** What the rule is for, in words. */
  readonly description: string | undefined;
}

/** How people of a cloud write down its rules. */
export interface RuleWriter {
  /** The rule in the words of the provider's console: where to go first, then a line for each field. */
  inConsole(rule: RuleBody, set: Pick<RuleSet, "kind" | "id" | "name">): string[];
  /** All rules of a list as a document of the provider's API, from which its command line can replace them. */
  json(set: RuleSet, rules: readonly WrittenRule[]): object;
  /** The same in the language of Terraform, to be put into a configuration. */
  terraform(set: RuleSet, rules: readonly WrittenRule[]): string;
}
