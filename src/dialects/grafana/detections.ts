import { and, type Condition } from "../../detect/condition.ts";
import { resolveField } from "../../detect/fields.ts";
import { defaultLabel } from "../../searches/labels.ts";
import type { GroupKey, Search } from "../../searches/search.ts";
import type { Backend } from "./backend.ts";
import { DETECTIONS } from "./detections-field.ts";
import { type Panel, panel, searchPanel } from "./panels.ts";

const FOUND: Condition = { kind: "exists", field: DETECTIONS };
const RULE: GroupKey = { field: DETECTIONS, names: undefined, label: "Detection" };
const MOST_RECORDS = 200;

/** What the rules found, as far as the stream evaluated them. */
export function detectionPanels(backend: Backend): readonly Panel[] {
  const { title, description } = LATEST;
  return [
    ...SEARCHES.map((search) => searchPanel(search, backend)),
    panel({ title, description }, backend.records(FOUND, MOST_RECORDS), {
      type: "logs",
      fieldConfig: { defaults: {}, overrides: [] },
      options: {
        showTime: true,
        wrapLogMessage: true,
        enableLogDetails: true,
        sortOrder: "Descending",
        dedupStrategy: "none",
      },
    }),
  ];
}

const LATEST = { title: "Latest flows that a rule found", description: "Newest first." } as const;

const DEFAULTS = {
  periodMs: 6 * 3_600_000,
  file: import.meta.filename,
  line: 1,
  condition: FOUND,
  time: undefined,
  by: [],
  measures: [{ kind: "count", label: "Flows", where: undefined }],
  outliers: undefined,
  sort: undefined,
  limit: undefined,
} as const satisfies Partial<Search>;

const BY_FLOWS = { sort: DEFAULTS.measures[0], limit: 50 } as const;

const SEARCHES: readonly Search[] = [
  {
    ...DEFAULTS,
    id: "detections_over_time",
    title: "Detections",
    description: "Flows by the rules that found them.",
    visualisation: "area",
    time: { kind: "interval", ms: 900_000 },
    by: [RULE],
  },
  {
    ...DEFAULTS,
    ...BY_FLOWS,
    id: "detections_by_pair",
    title: "Detections by pair",
    description: "What each rule found between whom.",
    visualisation: "table",
    by: [RULE, ...keys("sourceAddress", "destinationAddress", "destinationServer")],
  },
  {
    ...DEFAULTS,
    ...BY_FLOWS,
    id: "beacon_suspects",
    title: "Beacon suspects",
    description: "Pairs whose connections the rule beacon found to come at regular times.",
    visualisation: "table",
    condition: and([FOUND, { kind: "text", field: DETECTIONS, operator: "contains", value: '"beacon"' }]),
    by: keys("sourceAddress", "sourceServer", "destinationAddress", "destinationServer", "destinationPort"),
    measures: [...DEFAULTS.measures, { kind: "earliest", label: "First Seen" }, { kind: "latest", label: "Last Seen" }],
  },
  {
    ...DEFAULTS,
    id: "flows_found",
    title: "Flows that a rule found",
    description: "Flows that carry the name of at least one detection rule.",
    visualisation: "number",
  },
];

function keys(...names: readonly string[]): readonly GroupKey[] {
  return names.map((name) => {
    const field = resolveField(name);
    if (typeof field === "string") throw new Error(field);
    return { field, names: undefined, label: defaultLabel(field) };
  });
}
