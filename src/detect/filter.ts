import type { Flow } from "../flow/flow.ts";
import type { Condition } from "./condition.ts";
import { DETECTIONS } from "./fields.ts";
import { readConditions } from "./language/draft.ts";
import { readSearches } from "./language/selection.ts";
import type { Report, YamlDocument } from "./language/yaml-file.ts";
import { compileCondition } from "./stream/compile.ts";

/** Which flows somebody wants: searches and a condition, as in the `detection` of a rule, and `detections` beside the fields of rules. */
export interface FlowFilter {
  /** Of a flow that is enriched, and was looked at by the rules. */
  readonly test: (flow: Flow) => boolean;
  /** Whether it asks for what the rules found. */
  readonly asksDetections: boolean;
  /** Names of rules that it asks for by their whole names. */
  readonly rules: readonly string[];
}

/** The block `filter` of the document, or undefined after every mistake has been reported with its line. */
export function readFilter(document: YamlDocument, report: Report): FlowFilter | undefined {
  let failed = false;
  const note: Report = (line, message) => {
    failed = true;
    report(line, message);
  };
  const { condition: text } = (document.value as { readonly filter: { readonly condition?: unknown } }).filter;
  const searches = readSearches(document, ["filter"], ["condition"], note, [DETECTIONS]);
  const isList = Array.isArray(text) && text.length > 0 && text.every((one) => typeof one === "string");
  if (typeof text !== "string" && !isList) {
    note(document.lineOf(["filter"]), "condition is missing, which joins the searches by their names: `condition: selection`");
  }
  if (failed) return undefined;
  const condition = readConditions(text as string | string[], ["filter", "condition"], document, searches, note);
  if (condition === undefined) return undefined;
  const asked = [...predicatesOf(condition)].filter((predicate) => "field" in predicate && predicate.field === DETECTIONS);
  const rules = asked.flatMap((predicate) => (predicate.kind === "one-of" ? predicate.values.map(String) : []));
  return { test: compileCondition(condition), asksDetections: asked.length > 0, rules };
}

function* predicatesOf(condition: Condition): Generator<Condition> {
  if (condition.kind === "and" || condition.kind === "or") for (const term of condition.terms) yield* predicatesOf(term);
  else if (condition.kind === "not") yield* predicatesOf(condition.term);
  else yield condition;
}
