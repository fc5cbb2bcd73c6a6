import { type Match, sampleOf } from "../match.ts";
import type { Rule } from "../rule.ts";
import type { Episodes } from "./episodes.ts";
import type { Emit } from "./follower.ts";
import { type Grouping, groupValues } from "./keys.ts";
import { SEPARATOR } from "./tuples.ts";

/** Another rule, and the key of its incident that a flow is about. */
export interface Elder {
  readonly episodes: Episodes;
  readonly grouping: Grouping;
}

/**
 * Turns what a rule emits into matches: one per incident and throttle time. `grouping` gives the incident's key; undefined: the key is that
 * of the rule's group. What one of the `elders` has told of the same is not told again.
 */
export function createTeller(
  rule: Rule,
  episodes: Episodes,
  grouping: Grouping | undefined,
  elders: () => readonly Elder[],
  onMatch: (match: Match) => void,
): Emit {
  const { dedup } = rule;
  const fields = dedup === "group" ? [] : dedup;
  const names = fields.map((field) => field.name);
  return (flow, time, groupKey, evidence) => {
    const incident = grouping === undefined ? groupKey : grouping.text(flow);
    const told = () => elders().some((elder) => elder.episodes.covers(elder.grouping.text(flow), time, rule.throttleMs));
    const telling = episodes.offer(incident, flow, time, told);
    if (telling === undefined) return;
    const found = evidence();
    const { firstSeen, lastSeen, count, bytes } = rule.kind === "detection" ? telling : found;
    onMatch({
      rule,
      key: [rule.name, incident.replaceAll(SEPARATOR, "|"), telling.which].join("|"),
      group: { ...found.group, ...groupValues(names, fields, flow) },
      time,
      firstSeen,
      lastSeen,
      count,
      bytes,
      recurrence: telling.recurrence,
      spread: rule.spread && telling.spread && { field: rule.spread.field.name, ...telling.spread },
      reason: found.reason,
      entries: found.entries,
      flows: [...found.samples, sampleOf(flow)],
      flow,
    });
  };
}
