import type { Condition } from "../detect/condition.ts";
import { and } from "../detect/condition.ts";
import { resolveField } from "../detect/fields.ts";
import { hint } from "../detect/hint.ts";
import { parseCondition } from "../detect/language/condition-parser.ts";
import { readSearches } from "../detect/language/selection.ts";
import type { Path, Report, YamlDocument } from "../detect/language/yaml-file.ts";
import { defaultLabel, LABEL, LONGEST_LABEL } from "./labels.ts";
import { readMeasure } from "./measures.ts";
import type { SearchDocument } from "./schema.ts";
import type { GroupKey, Measure, Search, SearchMeta } from "./search.ts";

/** The search of a document, or undefined after every mistake has been reported with its line. */
export function buildSearch(
  meta: SearchMeta,
  content: SearchDocument,
  document: YamlDocument,
  report: Report,
): Search | undefined {
  let good = true;
  const wrong = (path: Path, message: string): undefined => {
    good = false;
    report(document.lineOf(path), message);
  };
  const selections = readSearches(document, ["detection"], ["condition"], (line, message) => {
    good = false;
    report(line, message);
  });
  if (!good) return undefined;
  const used = new Set<string>();
  const readCondition = (text: string): Condition | string => parseCondition(text, selections, used);

  const condition = content.detection?.condition === undefined ? and([]) : readCondition(content.detection.condition);
  if (typeof condition === "string") wrong(["detection", "condition"], `condition ${condition}`);
  const labels = new Map<string, string>(timeLabels(content.time).map((label) => [label.toLowerCase(), "time"]));
  const addLabel = (label: string, path: Path): void => {
    const other = labels.get(label.toLowerCase());
    if (!LABEL.test(label) || label.length > LONGEST_LABEL)
      wrong(path, `'${label}' is no label: words of letters and digits, of ${LONGEST_LABEL} characters at most`);
    else if (other !== undefined) wrong(path, `label '${label}' is taken by ${other}`);
    else labels.set(label.toLowerCase(), path.join("."));
  };

  const by = (content.by ?? []).flatMap((item, index) => {
    const key = buildKey(typeof item === "string" ? { field: item } : item, ["by", index], wrong);
    if (key !== undefined) addLabel(key.label, ["by", index]);
    return key ?? [];
  });
  const measures = Object.entries(content.measures).flatMap(([label, text]) => {
    addLabel(label, ["measures", label]);
    const measure = readMeasure(label, text, readCondition);
    return typeof measure === "string" ? (wrong(["measures", label], `measures.${label}: ${measure}`) ?? []) : measure;
  });
  const unused = [...selections.keys()].find((name) => !used.has(name));
  if (unused !== undefined) wrong(["detection", unused], `selection '${unused}' is not used`);

  const measureOf = (label: string, path: Path): Measure | undefined => {
    const names = Object.keys(content.measures);
    if (!names.includes(label)) return wrong(path, `${path.join(".")}: unknown measure '${label}'${hint(label, names)}`);
    return measures.find((measure) => measure.label === label);
  };
  const sort = content.sort === undefined ? undefined : measureOf(content.sort, ["sort"]);
  const judged = content.outliers && measureOf(content.outliers.measure, ["outliers", "measure"]);
  if (judged?.kind === "earliest" || judged?.kind === "latest") wrong(["outliers", "measure"], "times do not stand out");
  if (content.outliers !== undefined && content.time?.kind !== "interval")
    wrong(["outliers"], "outliers are intervals: they need a time such as 1h");
  checkPicture(content, wrong);
  if (!good || typeof condition === "string") return undefined;
  return {
    ...meta,
    condition,
    time: content.time,
    by,
    measures,
    outliers: judged && { measure: judged, deviations: content.outliers?.deviations ?? 0 },
    sort,
    limit: content.limit,
  };
}

type Wrong = (path: Path, message: string) => undefined;

function timeLabels(time: SearchDocument["time"]): string[] {
  if (time === undefined) return [];
  return time.kind === "interval" ? ["Time"] : ["Weekday", "Hour"];
}

function buildKey(
  item: Exclude<NonNullable<SearchDocument["by"]>[number], string>,
  path: Path,
  wrong: Wrong,
): GroupKey | undefined {
  const field = resolveField(item.field);
  if (typeof field === "string") return wrong(path, `by: ${field}`);
  if (field.name === "time") return wrong(path, "by: flows are grouped by their time with the key 'time'");
  const label = item.label ?? defaultLabel(field);
  if (item.names === undefined) {
    if (item.otherwise !== undefined) return wrong([...path, "otherwise"], "otherwise: belongs beside names");
    return { field, label, names: undefined };
  }
  if (field.class === "boolean") return wrong([...path, "names"], `names: ${field.name} is true or false`);
  const cases = new Map<string | number, string>();
  for (const [value, name] of Object.entries(item.names)) {
    if (field.class === "number" && !/^\d{1,15}$/.test(value))
      wrong([...path, "names", value], `names: '${value}' is no value of ${field.name}, which is a whole number`);
    else cases.set(field.class === "number" ? Number(value) : value, name);
  }
  return { field, label, names: { cases, otherwise: item.otherwise ?? "Unknown" } };
}

/** Pictures that need something of their data. */
function checkPicture({ visualisation, time, by = [], measures }: SearchDocument, wrong: Wrong): void {
  const columns = by.length + (time === undefined ? 0 : time.kind === "interval" ? 1 : 2);
  const needs = (message: string): undefined => wrong(["visualisation"], `visualisation: '${visualisation}' ${message}`);
  if (visualisation === "number" && (columns > 0 || Object.keys(measures).length > 1)) needs("shows one measure, of no groups");
  if ((visualisation === "line" || visualisation === "area") && time?.kind !== "interval") needs("needs a time such as 1h");
  if ((visualisation === "sankey" || visualisation === "heatmap" || visualisation === "bubble") && columns < 2)
    needs("needs two columns of groups at least");
  if ((visualisation === "bar" || visualisation === "pie" || visualisation === "treemap") && columns === 0)
    needs("needs groups: by or time");
}
