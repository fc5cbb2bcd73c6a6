import type { Flow } from "../../flow/flow.ts";
import type { Correlation } from "../rule.ts";
import { formatTimespan } from "../timespan.ts";
import { createCounts } from "./counts.ts";
import { createDistinct } from "./distinct.ts";
import type { FollowerOptions } from "./follower.ts";
import { createOrdered } from "./ordered.ts";
import { createSums } from "./sums.ts";
import type { Window } from "./window.ts";

/** What keeps the flows of one group of the correlation, and tells when its condition holds. */
export function createWindow(correlation: Correlation, options: FollowerOptions, dropped: () => void): Window<unknown> {
  const { timespanMs } = correlation;
  const windowOptions = { timespanMs, latenessMs: options.latenessMs, maxItems: options.limits.itemsPerGroup, dropped };
  switch (correlation.type) {
    case "event_count":
      return createCounts(correlation.atLeast, windowOptions) as Window<unknown>;
    case "value_sum":
      return createSums(correlation.atLeast, windowOptions) as Window<unknown>;
    case "value_count":
    case "temporal":
      return createDistinct(correlation.atLeast, windowOptions) as Window<unknown>;
    case "temporal_ordered":
      return createOrdered(correlation.parts.length, windowOptions) as Window<unknown>;
  }
}

export interface Contributions {
  /** What the flow adds to the window; undefined when it lacks the correlation's field. */
  readonly value: (flow: Flow, part: number) => string | number | undefined;
  readonly amount: (flow: Flow) => number;
}

export function contributionsOf(correlation: Correlation): Contributions {
  if (correlation.type === "value_count") {
    const { get } = correlation.field;
    const value = (flow: Flow): string | number | undefined => {
      const found = get(flow);
      return typeof found === "string" || typeof found === "number" || found === undefined ? found : String(found);
    };
    return { value, amount: () => 1 };
  }
  if (correlation.type === "value_sum") {
    const { get } = correlation.field;
    return { value: (flow) => (get(flow) === undefined ? undefined : 0), amount: (flow) => Number(get(flow)) };
  }
  return { value: (_flow, part) => part, amount: () => 1 };
}

/** One line: what was found within which time. */
export function describeCorrelation(correlation: Correlation): string {
  const within = `within ${formatTimespan(correlation.timespanMs)}`;
  switch (correlation.type) {
    case "event_count":
      return `at least ${correlation.atLeast} flows ${within}`;
    case "value_count":
      return `at least ${correlation.atLeast} different values of ${correlation.field.name} ${within}`;
    case "value_sum":
      return `${correlation.field.name} adds up to at least ${correlation.atLeast} ${within}`;
    case "temporal": {
      const all = correlation.atLeast === correlation.parts.length;
      return `${all ? "all" : `at least ${correlation.atLeast}`} of ${titlesOf(correlation).join(", ")}, ${within}`;
    }
    case "temporal_ordered":
      return `${titlesOf(correlation).join(", then ")}, ${within}`;
  }
}

/** In words, within a sentence. */
function titlesOf({ parts }: Correlation): string[] {
  return parts.map(({ rule: { title } }) => `"${title}"`);
}
