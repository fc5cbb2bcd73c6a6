import { type Match, sampleOf } from "../match.ts";
import type { Rule } from "../rule.ts";
import type { Episodes } from "./episodes.ts";
import type { Emit } from "./follower.ts";
import { type Grouping, groupValues } from "./keys.ts";
import { SEPARATOR } from "./tuples.ts";

/** Turns what a rule emits into matches: one per incident and throttle time. `grouping` gives the incident's key; undefined: the key is that of the rule's group. */
export function createTeller(
  rule: Rule,
  episodes: Episodes,
  grouping: Grouping | undefined,
  onMatch: (match: Match) => void,
): Emit {
  const { dedup } = rule;
  const fields = dedup === "group" ? [] : dedup;
  const names = fields.map((field) => field.name);
  return (flow, time, groupKey, evidence) => {
    const incident = grouping === undefined ? groupKey : grouping.text(flow);
    const telling = episodes.offer(incident, flow, time);
    if (telling === undefined) return;
    const found = evidence();
    const { firstSeen, lastSeen, count, bytes } = rule.kind === "detection" ? telling : found;
    onMatch({
      rule,
      key: [rule.name, incident.replaceAll(SEPARATOR, "|"), Math.floor(time / rule.throttleMs)].join("|"),
      group: { ...found.group, ...groupValues(names, fields, flow) },
      time,
      firstSeen,
      lastSeen,
      count,
      bytes,
      recurrence: telling.recurrence,
      reason: found.reason,
      entries: found.entries,
      flows: [...found.samples, sampleOf(flow)],
      flow,
    });
  };
}
