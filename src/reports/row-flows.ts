import { ContextPool } from "../flow/contexts.ts";
import { EMPTY_CONTEXT, Flow, type FlowContext } from "../flow/flow.ts";
import { type Origin, originOf } from "../flow/origin.ts";
import type { Problem } from "../formats/problem.ts";
import { draftContext } from "../formats/record.ts";
import { otelAttributes, RULE_ATTRIBUTES, ruleOf, wrong } from "./own-records.ts";

const UID = "log.record.uid";
const DIGEST_LENGTH = 24;
const NOWHERE = originOf("archive", "", "");

/** Attributes from which a whole flow is made again. */
export function rowAttributes(): readonly string[] {
  return [UID, ...otelAttributes().map(({ name }) => name), ...RULE_ATTRIBUTES];
}

/**
 * Makes flows of rows of the archive whose values are those of these attributes. Equal contexts are one object; where rows say that theirs is
 * the same, by `place`, it is looked at once.
 */
export function rowReader(
  names: readonly string[],
): (read: (column: number) => unknown, time: number, place?: number) => Flow | Problem {
  const places = new Map(names.map((name, column) => [name, column]));
  const attributes = otelAttributes().flatMap((attribute) => {
    const column = places.get(attribute.name);
    return column === undefined ? [] : [{ ...attribute, column }];
  });
  const rules = RULE_ATTRIBUTES.flatMap((name) => {
    const column = places.get(name);
    return column === undefined ? [] : [{ name, column }];
  });
  const uid = places.get(UID);
  const contexts = new ContextPool();
  const known = new Map<number, FlowContext>();
  const own = attributes.filter(({ ofContext }) => ofContext !== true);
  return (read, time, place) => {
    const [origin, record] = uid === undefined ? [NOWHERE, 0] : identityOf(read(uid));
    const flow = new Flow(origin, record, EMPTY_CONTEXT, time);
    const draft = draftContext(undefined);
    const context = place === undefined ? undefined : known.get(place);
    for (const { name, kind, set, column } of context === undefined ? attributes : own) {
      const raw = read(column);
      if (raw === null || raw === undefined) continue;
      const isSafe = typeof raw === "bigint" && raw <= Number.MAX_SAFE_INTEGER && raw >= Number.MIN_SAFE_INTEGER;
      const value = kind.convert(isSafe ? Number(raw) : raw);
      if (value === undefined) return wrong(name, raw, kind);
      set(flow, draft, value as never);
    }
    if (rules.length > 0) {
      const known = rules.map(({ name, column }): [string, unknown] => {
        const value = read(column);
        return [name, typeof value === "bigint" ? Number(value) : (value ?? undefined)];
      });
      flow.rule = ruleOf(Object.fromEntries(known));
    }
    flow.context = context ?? contexts.intern(draft);
    if (place !== undefined && context === undefined) known.set(place, flow.context);
    return flow;
  };
}

/** What the uid says of the object and the record. */
function identityOf(uid: unknown): [Origin, number] {
  if (typeof uid !== "string" || !/^[0-9a-f]{32}$/.test(uid)) return [NOWHERE, 0];
  return [{ ...NOWHERE, digest: uid.slice(0, DIGEST_LENGTH) }, Number.parseInt(uid.slice(DIGEST_LENGTH), 16)];
}
