import type { Word } from "./types.ts";

/** A rule by its place. */
export interface RulePlace {
  readonly kind: Word<"ruleKind">;
  readonly listId: string;
  readonly listName: string | undefined;
  /** From 0: in the security list's rules of the direction, in the NSG's, security group's or ACL's rules. */
  readonly index: number;
  /** As in `ingress tcp 22 from 0.0.0.0/0`. */
  readonly text: string;
  readonly direction: "ingress" | "egress";
}

/**
 * Which rule covers a flow, by a snapshot of the network's rules. Shared by all flows with the same answer, and never changed.
 * `matched`: the rule covers it. `reply`: the flow answers a connection that the (stateful) rule covers. `unexplained`: no rule does;
 * for a rejected flow that is the reason why it was rejected, for an accepted one a sign that the snapshot is of another time. What is
 * rejected although a rule covers it was so for another reason, or at another time: it carries the rule all the same.
 */
export interface FlowRule {
  readonly status: Word<"ruleStatus">;
  /** Undefined, as the place of the rule, for `unexplained`. */
  readonly kind: Word<"ruleKind"> | undefined;
  readonly listId: string | undefined;
  readonly listName: string | undefined;
  readonly index: number | undefined;
  readonly text: string | undefined;
  /** The rule's own, so the opposite of the flow's for a reply. */
  readonly direction: "ingress" | "egress" | undefined;
  readonly stateless: boolean | undefined;
  /**
   * Whether more is needed to be sure: flow records carry no ICMP type and code, so rules that ask for them match by protocol and
   * address; and services and groups whose addresses are not known match any public, or any private, address.
   */
  readonly partial: boolean;
  /** 12 hexadecimal digits: hash of the lists and groups that govern the VNIC. */
  readonly version: string;
  /** Further rules that cover the flow. */
  readonly others: readonly RulePlace[];
}
