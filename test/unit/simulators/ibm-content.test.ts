import { readFileSync } from "node:fs";
import { beforeEach, expect, test } from "vitest";
import { CloudLogsContent } from "../../simulators/ibm/content.ts";

const built = (name: string): Record<string, unknown>[] =>
  JSON.parse(readFileSync(`deploy/ibm-cloud-logs/${name}.json`, "utf8")) as Record<string, unknown>[];
const [alert = {}] = built("detections");
const [view = {}] = built("views");
const [dashboard = {}] = built("searches");

let content: CloudLogsContent;
beforeEach(() => {
  content = new CloudLogsContent();
  content.addWebhook(7, "soc");
});

/** The value with what stands at the path replaced. */
function with_(value: object, path: string, replaced: unknown): object {
  const copy = structuredClone(value) as Record<string, unknown>;
  const steps = path.split(".");
  const last = steps.pop() ?? "";
  let at: Record<string, unknown> = copy;
  for (const step of steps) at = at[step] as Record<string, unknown>;
  at[last] = replaced;
  return copy;
}
const post = (path: string, body: object) => content.answer("POST", `/v1/${path}`, JSON.stringify(body)).status;

test("what is built is taken", () => {
  for (const one of built("detections")) expect(post("alert_definitions", one), String(one.name)).toBe(201);
  for (const one of built("views")) expect(post("views", one), String(one.name)).toBe(201);
  for (const one of built("searches")) expect(post("dashboards", one), String(one.name)).toBe(201);
});

test.each([
  ["three keys", "group_by_keys", ["a", "b", "c"]],
  ["a line break in the description", "description", "a\nb"],
  ["a line break in the name", "name", "a\nb"],
  ["an unknown type", "type", "standard"],
  ["an immediate alert with keys", "type", "logs_immediate_or_unspecified"],
  ["an unknown priority", "priority", "p0"],
  ["label filters in part", "logs_threshold.logs_filter.simple_filter.label_filters", { severities: [] }],
  ["a delay of more than three hours", "logs_threshold.evaluation_delay_ms", 10_800_001],
  ["six rules", "logs_threshold.rules", Array.from({ length: 6 }, () => ({}))],
  [
    "hours_1, which is of unique counts",
    "logs_threshold.rules.0.condition.time_window.logs_time_window_specific_value",
    "hours_1",
  ],
  ["a webhook that is not there", "notification_group.webhooks", [{ integration: { integration_id: 8 } }]],
  ["a webhook by text", "notification_group.webhooks", [{ integration: { integration_id: "7" } }]],
])("an alert definition with %s is refused", (_, path, replaced) => {
  expect(post("alert_definitions", with_(alert, path, replaced))).toBe(400);
});

test.each([
  ["no query", "search_query.query", undefined],
  ["another syntax", "search_query.syntax_type", "sql"],
  ["no seconds", "time_selection.quick_selection", { caption: "x" }],
])("a view with %s is refused", (_, path, replaced) => {
  expect(post("views", with_(view, path, replaced))).toBe(400);
});

test.each([
  ["a description of 201 characters", "description", "x".repeat(201)],
  ["a time frame that is no seconds", "relative_time_frame", "15m"],
  ["a section without a UUID", "layout.sections.0.id.value", "1"],
  ["an unknown scope", "layout.sections.0.rows.0.widgets.0.definition.scope", "record"],
  ["an id of other characters", "href", "flowferry-questions-1"],
])("a dashboard with %s is refused", (_, path, replaced) => {
  expect(post("dashboards", with_(dashboard, path, replaced))).toBe(400);
});
