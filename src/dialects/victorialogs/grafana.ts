import type { Search } from "../../searches/search.ts";
import type { StoredAttributes } from "../dialect.ts";
import { type Asked, arrange, type Backend, convert, isTime, keyColumns, legend, NONE } from "../grafana/backend.ts";
import { withDetections } from "../grafana/detections-field.ts";
import { logsqlWords } from "./conditions.ts";
import { printSearch } from "./searches.ts";

/** Rows that are asked for where a search has no limit. */
const MOST_ROWS = 10_000;

/** Panels over VictoriaLogs: its datasource's `instant` gives what a query gives, `stats` and `statsRange` numbers. */
export function victorialogsBackend(attributes: StoredAttributes): Backend {
  const words = logsqlWords(withDetections(attributes));
  const scope = '{"service.name"="$service"}';
  const print = (search: Search): string => printSearch(search, words, { scope, missing: NONE });

  function ask(expr: string, queryType: "instant" | "stats" | "statsRange", more: object = {}): Asked {
    return { target: { expr, queryType, editorMode: "code", ...more }, transformations: [] };
  }

  return {
    name: "victorialogs",
    title: "VictoriaLogs",
    datasource: "victoriametrics-logs-datasource",
    rows(search) {
      const { measures, by, time, limit } = search;
      const interval = time?.kind === "interval";
      // The datasource makes a column `Time` of its own, of `_time` if there is one.
      const expr = interval ? `${print(search)} | rename Time as _time` : print(search);
      return {
        ...ask(expr, "instant", { maxLines: limit ?? MOST_ROWS }),
        transformations: [
          { id: "extractFields", options: { source: "labels", format: "json", replace: true, keepTime: interval } },
          arrange([...keyColumns(search), ...measures.map(({ label }) => label)]),
          // Every value comes as text.
          ...convert([
            ...(time?.kind === "hour-of-week" ? ["Weekday", "Hour"] : []).map((targetField) => ({
              targetField,
              destinationType: "number" as const,
            })),
            ...by.map(({ label }) => ({ targetField: label, destinationType: "string" as const })),
            ...measures.map((measure) => ({
              targetField: measure.label,
              destinationType: isTime(measure) ? ("time" as const) : ("number" as const),
            })),
          ]),
        ],
      };
    },
    number: (search) => ask(print(search), "stats", { legendFormat: legend(search, [], "__name__") }),
    series(search) {
      const whole = { ...search, time: undefined, sort: undefined, limit: undefined };
      const labels = whole.by.map(({ label }) => label);
      return ask(print(whole), "statsRange", { legendFormat: legend(whole, labels, "__name__") });
    },
    records: (condition, most) =>
      ask(`${scope} ${words.filter(condition)} | sort by (_time desc) | limit ${most}`, "instant", { maxLines: most }),
  };
}
