import type { Search } from "../../searches/search.ts";
import type { StoredAttributes } from "../dialect.ts";
import { type Asked, arrange, type Backend, convert, isTime, keyColumns, legend, NONE, timeColumns } from "../grafana/backend.ts";
import { withDetections } from "../grafana/detections-field.ts";
import { logqlWords, quote } from "./conditions.ts";
import { groupLabel, printSearch } from "./searches.ts";

/** Which measure a sample is of. */
const MEASURE = "measure";

/** Panels over Loki. */
export function lokiBackend(attributes: StoredAttributes): Backend {
  const words = logqlWords(withDetections(attributes), '{service_name="$service"}');
  const labelsOf = ({ by }: Search): string[] => by.map((key) => groupLabel(key, words).name);

  /** Loki has no label for a value that is missing. */
  const complete = (expr: string, search: Search): string =>
    labelsOf(search).reduce(
      (text, label) => `label_replace(${text}, ${quote(label)}, ${quote(NONE)}, ${quote(label)}, "")`,
      expr,
    );

  function ask(expr: string, queryType: "instant" | "range", more: object = {}): Asked {
    return { target: { expr, queryType, editorMode: "code", ...more }, transformations: [] };
  }

  return {
    name: "loki",
    title: "Loki",
    datasource: "loki",
    rows(search) {
      const { measures, limit, sort } = search;
      // A table puts its rows in order by itself.
      const printed = printSearch({ ...search, sort: limit === undefined ? undefined : sort }, words, "$__range");
      const [only] = measures;
      const named =
        measures.length === 1 ? `label_replace(${printed}, "${MEASURE}", ${quote(only?.label ?? "")}, "", "")` : printed;
      const headings = [...keyColumns(search), ...measures.map(({ label }) => label)];
      const names = new Map(search.by.map(({ label }, index) => [label, labelsOf(search)[index] ?? ""]));
      return {
        ...ask(complete(named, search), "instant"),
        transformations: [
          // The time of the question, which is the same for all samples.
          { id: "filterFieldsByName", options: { exclude: { names: ["Time"] } } },
          { id: "labelsToFields", options: { mode: "columns", valueLabel: MEASURE } },
          { id: "merge", options: {} },
          arrange(headings, names),
          ...convert([
            ...timeColumns(search).map((targetField) =>
              targetField === "Time"
                ? { targetField, destinationType: "time" as const, dateFormat: "X" }
                : { targetField, destinationType: "number" as const },
            ),
            ...measures.filter(isTime).map(({ label }) => ({ targetField: label, destinationType: "time" as const })),
          ]),
        ],
      };
    },
    number: (search) =>
      ask(printSearch(search, words, "$__range"), "instant", { legendFormat: legend(search, labelsOf(search), MEASURE) }),
    series(search) {
      const whole = { ...search, time: undefined, sort: undefined, limit: undefined };
      return ask(complete(printSearch(whole, words, "$__auto"), whole), "range", {
        legendFormat: legend(whole, labelsOf(whole), MEASURE),
      });
    },
    records: (condition, most) => ask(words.select(condition), "range", { maxLines: most }),
  };
}
