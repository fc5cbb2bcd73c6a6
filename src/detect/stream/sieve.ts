import type { Flow } from "../../flow/flow.ts";
import { NONE } from "../../flow/types.ts";
import type { Rule } from "../rule.ts";
import { createDispatch } from "./dispatch.ts";
import { AHEAD_MS, EXPIRE_MS, MINUTE_MS } from "./engine.ts";
import { withParts } from "./network.ts";

/** The half of the rules that needs one flow and nothing else. */
export interface Sieve {
  /** Sets `flow.detections` to the rules that look at this flow alone. Returns whether the other half, wherever that is, has to see it. */
  sift(flow: Flow): boolean;
  /** Names of the rules that mark flows here: those that look at one flow. */
  readonly rules: readonly string[];
}

/**
 * Marks flows, and finds those that an engine of the same rules, which gets nothing else, has to see so that it tells what it would tell if it saw
 * all: those that a rule looks at, those with which its clock goes on, and the first of all.
 */
export function createSieve(rules: readonly Rule[], now: () => number = Date.now): Sieve {
  const ordered = withParts(rules);
  const bases = ordered.filter((rule) => rule.kind !== "correlation");
  const dispatch = createDispatch(bases);
  const marks = bases.map((rule) => (rule.kind === "detection" && rule.alerts ? rule.name : undefined));
  let names: string[] = [];
  let isLookedAt = false;
  let watermark = Number.NEGATIVE_INFINITY;
  let first = Number.POSITIVE_INFINITY;
  const hit = (index: number): void => {
    isLookedAt = true;
    const name = marks[index];
    if (name !== undefined) names.push(name);
  };
  /** As the engine has it: what lies far ahead of now moves nothing on. */
  const isNews = ({ time }: Flow): boolean => {
    const isFirst = time < first;
    if (isFirst) first = time;
    if (time <= watermark || (time > watermark + MINUTE_MS && time > now() + AHEAD_MS)) return isFirst;
    const isNext = Math.floor(time / EXPIRE_MS) !== Math.floor(watermark / EXPIRE_MS);
    watermark = time;
    return isFirst || isNext;
  };
  return {
    rules: marks.filter((name) => name !== undefined),
    sift(flow) {
      isLookedAt = isNews(flow);
      dispatch(flow, hit);
      if (names.length > 0) {
        flow.detections = Object.freeze(names);
        names = [];
      } else if (flow.detections !== NONE) flow.detections = NONE;
      return isLookedAt;
    },
  };
}
