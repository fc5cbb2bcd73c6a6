import { randomUUID } from "node:crypto";
import type { Reply } from "./iam.ts";

type Members = Readonly<Record<string, unknown>>;
/** Something that the instance keeps, with its id. */
type Kept = Members & { readonly name: string };

const TYPES = new Set([
  "logs_immediate_or_unspecified",
  "logs_threshold",
  "logs_anomaly",
  "logs_ratio_threshold",
  "logs_new_value",
  "logs_unique_count",
  "logs_time_relative_threshold",
  "metric_threshold",
  "metric_anomaly",
  "flow",
]);
const PRIORITIES = new Set(["p1", "p2", "p3", "p4", "p5_or_unspecified"]);
const THRESHOLD_WINDOWS = new Set([
  "minutes_5_or_unspecified",
  "minutes_10",
  "minutes_15",
  "minutes_20",
  "minutes_30",
  "hour_1",
  "hours_2",
  "hours_4",
  "hours_6",
  "hours_12",
  "hours_24",
  "hours_36",
]);
const SEVERITIES = new Set(["verbose_unspecified", "debug", "info", "warning", "error", "critical"]);
const LABEL_FILTERS = ["application_name", "subsystem_name", "severities"];
const LONGEST_DELAY_MS = 3 * 3_600_000;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** What one instance of IBM Cloud Logs keeps beside logs, with its management API. It refuses what the service is documented to refuse. */
export class CloudLogsContent {
  readonly views = new Map<string, Kept>();
  readonly dashboards = new Map<string, Kept>();
  readonly alertDefinitions = new Map<string, Kept>();
  readonly outgoingWebhooks = new Map<string, Kept>();
  /** Method and path of each call, in order. */
  readonly calls: string[] = [];
  #views = 0;

  addWebhook(external_id: number, name: string): void {
    this.outgoingWebhooks.set(randomUUID(), { external_id, name, type: "ibm_event_notifications" });
  }

  answer(method: string, path: string, body: string): Reply {
    this.calls.push(`${method} ${path}`);
    const [, collection = "", id] = /^\/v1\/(\w+)(?:\/([^/]+))?$/.exec(path) ?? [];
    const kept = this.#collections[collection];
    if (kept === undefined) return refusal(404, `no such path: ${path}`);
    if (method === "GET" && id === undefined) {
      if (collection === "dashboards") return refusal(405, "method not allowed");
      return { status: 200, body: { [collection]: [...kept].map(([key, one]) => shown(collection, key, one)) } };
    }
    const found = id === undefined ? undefined : kept.get(decodeURIComponent(id));
    if (id !== undefined && found === undefined) return refusal(404, `${collection} ${id} does not exist`);
    if (method === "GET" && found !== undefined) return { status: 200, body: shown(collection, id ?? "", found) };
    if (method === "DELETE" && found !== undefined) {
      kept.delete(id ?? "");
      return { status: 204, body: undefined };
    }
    if ((method === "POST") !== (id === undefined) || !["POST", "PUT"].includes(method))
      return refusal(405, "method not allowed");
    let sent: unknown;
    try {
      sent = JSON.parse(body);
    } catch {
      return refusal(400, "body is no JSON");
    }
    if (!isMembers(sent)) return refusal(400, "body is no object");
    const fault = this.#faultOf(collection, sent);
    if (fault !== undefined) return refusal(400, fault);
    const key = id ?? this.#newId(collection, sent);
    kept.set(key, sent as Kept);
    return { status: method === "POST" ? 201 : 200, body: shown(collection, key, sent as Kept) };
  }

  get #collections(): Readonly<Record<string, Map<string, Kept>>> {
    return {
      views: this.views,
      dashboards: this.dashboards,
      alert_definitions: this.alertDefinitions,
      outgoing_webhooks: this.outgoingWebhooks,
    };
  }

  #newId(collection: string, { id }: Members): string {
    if (collection === "views") return String(++this.#views);
    if (collection !== "dashboards") return randomUUID();
    return typeof id === "string" ? id : randomUUID().replaceAll("-", "").slice(0, 21);
  }

  #faultOf(collection: string, sent: Members): string | undefined {
    if (typeof sent.name !== "string" || sent.name === "") return "name is missing";
    if (/[\r\n]/.test(sent.name) || /[\r\n]/.test(String(sent.description ?? "")))
      return "name and description have no line breaks";
    if (collection === "views") return viewFault(sent);
    if (collection === "dashboards") return dashboardFault(sent);
    return this.#alertFault(sent);
  }

  #alertFault(sent: Members): string | undefined {
    const type = String(sent.type);
    if (!TYPES.has(type)) return `type ${type} is unknown`;
    if (!PRIORITIES.has(String(sent.priority))) return `priority ${sent.priority} is unknown`;
    const keys = sent.group_by_keys ?? [];
    if (!Array.isArray(keys) || keys.length > 2) return "group_by_keys: 2 at most";
    if (type === "logs_immediate_or_unspecified") {
      if (keys.length > 0) return "an immediate alert has no group_by_keys";
      if (members(sent.logs_immediate).evaluation_delay_ms !== undefined) return "an immediate alert has no evaluation_delay_ms";
    }
    const webhooks = members(sent.notification_group).webhooks ?? [];
    if (!Array.isArray(webhooks)) return "webhooks is no list";
    const known = [...this.outgoingWebhooks.values()].map(({ external_id }) => external_id);
    for (const webhook of webhooks) {
      const id = members(members(webhook).integration).integration_id;
      if (!known.includes(id)) return `integration_id ${JSON.stringify(id)} is no external_id of an outgoing webhook`;
    }
    return type === "logs_threshold" ? thresholdFault(members(sent.logs_threshold)) : undefined;
  }
}

function thresholdFault({ logs_filter, condition_type, evaluation_delay_ms, rules }: Members): string | undefined {
  const filter = members(members(logs_filter).simple_filter);
  if (typeof filter.lucene_query !== "string") return "lucene_query is missing";
  const labels = members(filter.label_filters);
  for (const name of LABEL_FILTERS) if (!Array.isArray(labels[name])) return `label_filters: ${name} is missing`;
  if ((labels.severities as unknown[]).some((one) => !SEVERITIES.has(String(one)))) return "severities: unknown";
  if (condition_type !== "more_than_or_unspecified" && condition_type !== "less_than") return "condition_type is unknown";
  const delay = evaluation_delay_ms ?? 0;
  if (typeof delay !== "number" || delay < 0 || delay > LONGEST_DELAY_MS) return "evaluation_delay_ms: 3 hours at most";
  if (!Array.isArray(rules) || rules.length === 0 || rules.length > 5) return "rules: 1 to 5";
  for (const rule of rules) {
    const { threshold, time_window } = members(members(rule).condition);
    if (typeof threshold !== "number") return "threshold is no number";
    const window = members(time_window).logs_time_window_specific_value;
    if (!THRESHOLD_WINDOWS.has(String(window))) return `time window ${window} is unknown`;
  }
  return undefined;
}

function viewFault({ search_query, time_selection, filters }: Members): string | undefined {
  const { query, syntax_type } = members(search_query);
  if (typeof query !== "string" || query.length > 4_096) return "search_query.query: 4096 characters at most";
  if (syntax_type !== "lucene" && syntax_type !== "dataprime") return `syntax_type ${syntax_type} is unknown`;
  const { caption, seconds } = members(members(time_selection).quick_selection);
  if (typeof caption !== "string" || !Number.isInteger(seconds)) return "time_selection has neither caption nor seconds";
  return Array.isArray(members(filters ?? { filters: [] }).filters) ? undefined : "filters has no filters";
}

/**
 * The vendor's SDK (its integration tests make, replace and delete dashboards) sends an `id` of its choosing or none, finds the one that counts
 * in the answer's `id`, and has no listing; `href` is a member of the schema that those tests leave out.
 */
function dashboardFault({ id, href, description, layout, relative_time_frame }: Members): string | undefined {
  for (const [name, value] of Object.entries({ id, href }))
    if (value !== undefined && !/^[A-Za-z0-9]{21}$/.test(String(value))) return `${name}: 21 letters and digits`;
  if (String(description ?? "").length > 200) return "description: 200 characters at most";
  if (!/^\d+s$/.test(String(relative_time_frame))) return "relative_time_frame: seconds, as in 900s";
  const list = (value: unknown): Members[] => (Array.isArray(value) ? value.map(members) : []);
  const sections = list(members(layout).sections);
  if (sections.length === 0) return "layout has no sections";
  for (const section of sections) {
    const rows = list(section.rows);
    const widgets = rows.flatMap((row) => list(row.widgets));
    for (const one of [section, ...rows, ...widgets]) {
      if (!UUID.test(String(members(one.id).value))) return `id ${JSON.stringify(one.id)} is no UUID`;
    }
    const scopes = [...JSON.stringify(widgets).matchAll(/"scope":"([^"]*)"/g)].map(([, scope = ""]) => scope);
    const wrong = scopes.find((scope) => !["user_data", "label", "metadata"].includes(scope));
    if (wrong !== undefined) return `scope ${wrong} is unknown`;
  }
  return undefined;
}

/** As the service answers: with the id, and members of its own. */
function shown(collection: string, key: string, one: Kept): Members {
  if (collection === "views") return { ...one, id: Number(key) };
  if (collection === "dashboards") return { ...one, id: key };
  return { id: key, ...one, created_time: "2026-01-01T00:00:00.000Z" };
}

const isMembers = (value: unknown): value is Members => typeof value === "object" && value !== null && !Array.isArray(value);
const members = (value: unknown): Members => (isMembers(value) ? value : {});

function refusal(status: number, message: string): Reply {
  const errors = [{ code: "bad_request_or_unspecified", message }];
  return { status, body: { errors, trace: randomUUID(), status_code: status } };
}
