import type { Totals } from "../delivery/account.ts";

/** States, of which the last one counts; all other numbers are sums. */
const STATES = new Set(["parked", "waiting"]);

/** What two runs have done together, one after the other. What only one of them has is kept. */
export function sumOf<Done extends Totals>(before: Done, after: Done | Totals): Done {
  return added(before, after) as Done;
}

function added(before: unknown, after: unknown, name = ""): unknown {
  if (after === undefined) return before;
  if (typeof before === "number" && typeof after === "number") return STATES.has(name) ? after : before + after;
  if (!isRecord(before) || !isRecord(after)) return after;
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return Object.fromEntries([...names].map((key) => [key, added(before[key], after[key], key)]));
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === "object" && value !== null;
