import type { Flow } from "../../flow/flow.ts";
import { compileNetworks } from "../../lib/ip/prefix.ts";
import type { Compare, Condition, OneOf, Predicate, Text } from "../condition.ts";
import { enumeration } from "../fields.ts";
import { compilePattern } from "../pattern.ts";

export type Test = (flow: Flow) => boolean;

/** The condition as a function. Throws TypeError on networks and patterns that the loader would have refused. */
export function compileCondition(condition: Condition): Test {
  if ("field" in condition && condition.field.isList) return compileList(condition);
  switch (condition.kind) {
    case "constant": {
      const { value } = condition;
      return () => value;
    }
    case "and":
      return compileAnd(condition.terms.map(compileCondition));
    case "or":
      return compileOr(condition.terms.map(compileCondition));
    case "not": {
      const test = compileCondition(condition.term);
      return (flow) => !test(flow);
    }
    case "one-of":
      return compileOneOf(condition);
    case "compare":
      return compileCompare(condition);
    case "text":
      return compileText(condition);
    case "cidr": {
      const { get } = condition.field;
      const inside = compileNetworks(condition.networks);
      return (flow) => {
        const value = get(flow);
        return typeof value === "string" && inside(value);
      };
    }
    case "re": {
      const { get } = condition.field;
      const found = compilePattern(condition);
      if (typeof found === "string") throw new TypeError(found);
      return (flow) => {
        const value = get(flow);
        return typeof value === "string" && found(value);
      };
    }
    case "exists": {
      const { get } = condition.field;
      return (flow) => get(flow) !== undefined;
    }
    case "fieldref": {
      const { get } = condition.field;
      const { get: getOther } = condition.other;
      return (flow) => {
        const value = get(flow);
        if (value === undefined) return false;
        const other = getOther(flow);
        if (value === other) return true;
        return typeof value === "string" && typeof other === "string" && value.toLowerCase() === other.toLowerCase();
      };
    }
  }
}

function compileList(predicate: Predicate): Test {
  const { get, isList: _, ...field } = predicate.field;
  // The value stands for the flow that it is got from.
  const test = compileCondition({ ...predicate, field: { ...field, get: (value: unknown) => value } });
  return (flow) => (get(flow) as readonly Flow[]).some(test);
}

function compileAnd(tests: readonly Test[]): Test {
  const [first, second, third] = tests;
  if (first === undefined) return () => true;
  if (second === undefined) return first;
  if (third === undefined) return (flow) => first(flow) && second(flow);
  if (tests.length === 3) return (flow) => first(flow) && second(flow) && third(flow);
  const rest = compileAnd(tests.slice(3));
  return (flow) => first(flow) && second(flow) && third(flow) && rest(flow);
}

function compileOr(tests: readonly Test[]): Test {
  const [first, second] = tests;
  if (first === undefined) return () => false;
  if (second === undefined) return first;
  if (tests.length === 2) return (flow) => first(flow) || second(flow);
  const rest = compileOr(tests.slice(1));
  return (flow) => first(flow) || rest(flow);
}

function compileOneOf({ field, values }: OneOf): Test {
  const { get } = field;
  const [only] = values;
  if (field.class !== "text" || enumeration(field) !== undefined) {
    if (values.length === 1) return (flow) => get(flow) === only;
    const exact = new Set<unknown>(values);
    return (flow) => exact.has(get(flow));
  }
  const folded = new Set(values.map((value) => String(value).toLowerCase()));
  return (flow) => {
    const value = get(flow);
    return typeof value === "string" && (folded.has(value) || folded.has(value.toLowerCase()));
  };
}

/** Counters above 2^53 are bigints; JavaScript compares them with numbers exactly. */
function compileCompare({ field, operator, value: limit }: Compare): Test {
  const get = field.get as (flow: Flow) => number | bigint | undefined;
  switch (operator) {
    case "gt":
      return (flow) => (get(flow) ?? Number.NaN) > limit;
    case "gte":
      return (flow) => (get(flow) ?? Number.NaN) >= limit;
    case "lt":
      return (flow) => (get(flow) ?? Number.NaN) < limit;
    case "lte":
      return (flow) => (get(flow) ?? Number.NaN) <= limit;
  }
}

function compileText({ field, operator, value }: Text): Test {
  const get = field.get as (flow: Flow) => string | undefined;
  const part = value.toLowerCase();
  switch (operator) {
    case "contains":
      return (flow) => get(flow)?.toLowerCase().includes(part) === true;
    case "startswith":
      return (flow) => get(flow)?.toLowerCase().startsWith(part) === true;
    case "endswith":
      return (flow) => get(flow)?.toLowerCase().endsWith(part) === true;
  }
}
