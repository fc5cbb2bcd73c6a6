import type { Condition } from "../condition.ts";
import { hint } from "../hint.ts";
import { parseCondition } from "./condition-parser.ts";
import {
  type CorrelationDocument,
  correlationDocument,
  type DetectionDocument,
  detectionDocument,
  type FilterDocument,
  filterDocument,
} from "./schema.ts";
import { readSearches } from "./selection.ts";
import { validate } from "./validate.ts";
import type { Path, Report, YamlDocument } from "./yaml-file.ts";

/** A document that is right by itself; what it refers to has not been looked up yet. */
export type Draft = DetectionDraft | CorrelationDraft | FilterDraft;

export interface DetectionDraft {
  readonly kind: "detection";
  readonly document: YamlDocument;
  readonly content: DetectionDocument;
  readonly condition: Condition;
}
export interface CorrelationDraft {
  readonly kind: "correlation";
  readonly document: YamlDocument;
  readonly content: CorrelationDocument;
}
export interface FilterDraft {
  readonly kind: "filter";
  readonly document: YamlDocument;
  readonly content: FilterDocument;
  readonly condition: Condition;
}

const KINDS = ["detection", "correlation", "filter"] as const;

/** The draft of a document, or undefined after every mistake has been reported with its line. */
export function readDraft(document: YamlDocument, report: Report): Draft | undefined {
  const { value } = document;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    report(document.line, "a rule is a map with title, name, and detection, correlation or filter");
    return undefined;
  }
  const kinds = KINDS.filter((kind) => Object.hasOwn(value, kind));
  const [kind] = kinds;
  if (kind === undefined) {
    const near = Object.keys(value).map((key) => [key, hint(key, KINDS)] as const);
    const [key, meant] = near.find(([, text]) => text.includes("did you mean")) ?? [undefined, ""];
    const line = key === undefined ? document.line : document.lineOf([key]);
    report(
      line,
      `the document has none of detection, correlation, filter${key === undefined ? "" : `; '${key}'${meant.slice(1)}`}`,
    );
    return undefined;
  }
  if (kinds.length > 1) {
    report(document.line, `the document has ${kinds.join(" and ")}: write one of them, and the other in a document of its own`);
    return undefined;
  }
  return read(kind, document, report);
}

function read(kind: Draft["kind"], document: YamlDocument, report: Report): Draft | undefined {
  let failed = false;
  const note: Report = (line, message) => {
    failed = true;
    report(line, message);
  };
  if (kind === "correlation") {
    const content = validate(correlationDocument, document, note);
    return content === undefined ? undefined : { kind, document, content };
  }
  if (kind === "detection") {
    const content = validate(detectionDocument, document, note);
    const searches = readSearches(document, ["detection"], ["condition"], note);
    if (content === undefined || failed) return undefined;
    const condition = readConditions(content.detection.condition, ["detection", "condition"], document, searches, note);
    return condition === undefined ? undefined : { kind, document, content, condition };
  }
  const content = validate(filterDocument, document, note);
  const searches = readSearches(document, ["filter"], ["condition", "rules"], note);
  if (content === undefined || failed) return undefined;
  const condition = readConditions(content.filter.condition, ["filter", "condition"], document, searches, note);
  return condition === undefined ? undefined : { kind, document, content, condition };
}

/** A list of conditions is a disjunction; every search must be used by one of them. */
export function readConditions(
  text: string | readonly string[],
  path: Path,
  document: YamlDocument,
  searches: ReadonlyMap<string, Condition>,
  report: Report,
): Condition | undefined {
  if (searches.size === 0) {
    report(document.lineOf(path.slice(0, -1)), `${path[0]} has no search beside its condition`);
    return undefined;
  }
  const whole = typeof text === "string" ? text : text.map((part) => `(${part})`).join(" or ");
  const condition = parseCondition(whole, searches);
  if (typeof condition === "string") {
    report(document.lineOf(path), `condition ${condition}`);
    return undefined;
  }
  if (condition.kind === "constant") {
    report(document.lineOf(path), `condition '${whole}' is always ${condition.value}`);
    return undefined;
  }
  return condition;
}
