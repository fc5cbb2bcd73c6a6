import type { ContextDraft } from "../flow/contexts.ts";
import { EMPTY_CONTEXT, type Flow, type FlowContext } from "../flow/flow.ts";
import { memberOf, parseExactly, valueAt } from "./json.ts";
import type { FieldRule, Rules } from "./mapping.ts";
import type { ContextType } from "./mapping-schema.ts";
import { type Problem, show } from "./problem.ts";

/** Sets one field of a flow from the log's value; null and empty text are no value, which only `lenient` or the rule allows. */
export function setField(rule: FieldRule, flow: Flow, raw: unknown, lenient: boolean): Problem | undefined {
  if (raw === undefined || raw === null || raw === "") return lenient || rule.optional ? undefined : missing(rule.name);
  const value = rule.kind.convert(raw);
  if (value === undefined) return wrong(rule, raw);
  rule.target.set(flow, value);
  return undefined;
}

export function missing(name: string): Problem {
  return { code: "missing-field", reason: `${name} is missing` };
}

function wrong({ name, kind }: FieldRule, raw: unknown): Problem {
  return { code: kind.code, reason: `${name}: ${show(raw)} is not ${kind.expected}` };
}

/**
 * Sets the fields of a flow from a JSON record, whose text is read again where a number in it is too large to be exact.
 * `within` leads from the text's value to the record.
 */
export function setFields(
  rules: readonly FieldRule[],
  flow: Flow,
  record: unknown,
  lenient: boolean,
  text: string,
  within: readonly string[],
): Problem | undefined {
  let exact: unknown;
  let parent: readonly string[] | undefined;
  let members: unknown;
  for (const rule of rules) {
    if (rule.parent !== parent) {
      parent = rule.parent;
      members = valueAt(record, parent);
    }
    let raw = memberOf(members, rule.member);
    if (typeof raw === "number" && rule.target.type === "counter" && Math.abs(raw) > Number.MAX_SAFE_INTEGER) {
      exact ??= valueAt(parseExactly(text), within);
      raw = memberOf(valueAt(exact, parent), rule.member);
    }
    const problem = setField(rule, flow, raw, lenient);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** Settles when a flow without a start happened: at its end, else at the first time that one of the sources states. */
export function setTime(flow: Flow, rules: readonly FieldRule[], source: unknown): Problem | undefined {
  if (flow.start !== undefined || flow.end !== undefined) {
    flow.time = flow.start ?? flow.end ?? 0;
    return undefined;
  }
  for (const rule of rules) {
    const raw = memberOf(valueAt(source, rule.parent), rule.member);
    if (raw === undefined || raw === null || raw === "") continue;
    return setField(rule, flow, raw, false);
  }
  if (flow.connectionStart === undefined) return missing(["start", ...rules.map(({ name }) => name)].join(", "));
  flow.time = flow.connectionStart;
  return undefined;
}

/** A context that says nothing but the provider. */
export function draftContext(provider: string | undefined): ContextDraft {
  const draft: FlowContext = { ...EMPTY_CONTEXT, provider };
  return draft;
}

/** Fills what the draft does not yet say. */
export function setContext({ contexts }: Rules, draft: ContextDraft, source: unknown): Problem | undefined {
  let parent: readonly string[] | undefined;
  let members: unknown;
  for (const rule of contexts) {
    if (draft[rule.field] !== undefined) continue;
    if (rule.parent !== parent) {
      parent = rule.parent;
      members = valueAt(source, parent);
    }
    const raw = memberOf(members, rule.member);
    if (raw === undefined || raw === null || raw === "") continue;
    if (typeof rule.type !== "string") {
      draft[rule.field] = rule.type.convert(raw === "true" ? true : raw === "false" ? false : raw) as never;
      continue;
    }
    if (typeof raw !== "string") return { code: "bad-string", reason: `${rule.name}: ${show(raw)} is not text` };
    draft[rule.field] = EXTRACT[rule.type](raw) as never;
  }
  return undefined;
}

const notEmpty = (text: string | undefined): string | undefined => (text === "" ? undefined : text);

const EXTRACT: Readonly<Record<ContextType, (text: string) => string | undefined>> = {
  string: (text) => text,
  // ocid1.<type>.<realm>.<region>.<unique>
  "ocid-region": (text) => (text.startsWith("ocid1.") ? notEmpty(text.split(".", 4)[3]) : undefined),
  // crn:v1:<cloud>:<kind>:<service>:<region>:a/<account>:<service instance>:<type>:<resource>
  "crn-region": (text) => (text.startsWith("crn:") ? notEmpty(text.split(":")[5]) : undefined),
  "crn-account": (text) => (text.startsWith("crn:") ? notEmpty(/^a\/(.+)$/.exec(text.split(":")[6] ?? "")?.[1]) : undefined),
};
