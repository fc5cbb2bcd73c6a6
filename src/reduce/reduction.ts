import type { Reduction } from "../contracts/reduction.ts";
import { copyOf } from "../flow/copy.ts";
import type { Flow } from "../flow/flow.ts";
import { summing } from "./aggregate.ts";
import type { ReductionOptions } from "./options.ts";
import { redactor } from "./redact.ts";
import { sampler } from "./sample.ts";

/** Which flows a sink's filter lets through, and the block that says so. */
export interface SinkFilter {
  readonly test: (flow: Flow) => boolean;
  readonly block: unknown;
}

/**
 * What the options of a sink come to, in this order: filter, sample, redact, aggregate. So what a sink may not know decides nothing about
 * what is summed. Undefined for a sink that gets everything as it is.
 */
export function reductionOf({ redact, sample, aggregate }: ReductionOptions, filter?: SinkFilter): Reduction | undefined {
  if (redact === undefined && sample === undefined && aggregate === undefined && filter === undefined) return undefined;
  const isSampled = sample && sampler(sample.oneIn);
  const redacted = redact && redactor(redact);
  return {
    heldBack(flow) {
      if (filter !== undefined && !filter.test(flow)) return "filtered";
      return isSampled === undefined || !isFlow(flow) || isSampled(flow) ? undefined : "sampled";
    },
    reduced(flow) {
      if (redacted === undefined && sample === undefined) return flow;
      const own = redacted === undefined ? copyOf(flow) : redacted(flow);
      own.samplingRate = isFlow(flow) ? sample?.oneIn : undefined;
      return own;
    },
    sums: aggregate && summing(aggregate, [filter?.block, sample, withoutKey(redact)]),
  };
}

/** A record that says that there was no data, or that flows were lost, is none. */
function isFlow({ status }: Flow): boolean {
  return status === "OK";
}

/** Identities are made of nothing secret. */
function withoutKey(redact: ReductionOptions["redact"]): unknown {
  return redact?.hash === undefined ? redact : { ...redact, hash: redact.hash.fields };
}
