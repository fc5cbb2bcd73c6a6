import { parser } from "@grafana/lezer-logql";
import { beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { dialectFiles } from "../../../src/dialects/content.ts";
import { receiversOf } from "../../../src/dialects/receivers.ts";
import { DIALECTS } from "../../../src/registry.ts";
import { rules } from "./support.ts";

const MINUTE = 60_000;
/** An hour's lag, and somebody to tell in each dialect that has receivers. */
const RECEIVERS = [
  "loki=#flows",
  "victorialogs=#vl",
  "grafana=#panels",
  "elastic=4d2b",
  "splunk=#soc",
  "datadog=@slack-acme-flows",
  "ibm-cloud-logs=7",
  "log-analytics=ocid1.onstopic.oc1.phx.t",
];
let files: ReadonlyMap<string, string>;
beforeAll(async () => {
  const built = await dialectFiles(
    DIALECTS.map((make) => make()),
    { lagMs: 60 * MINUTE, receivers: receiversOf(RECEIVERS) },
  );
  files = built.files;
});
const json = <T>(name: string): T => JSON.parse(files.get(name) ?? "") as T;

const timespanOf = (title: string): number | undefined => {
  const rule = rules.find((one) => one.title === title || one.name === title);
  return rule?.kind === "correlation" ? rule.correlation.timespanMs : undefined;
};

interface Groups {
  readonly groups: readonly {
    readonly interval: string;
    readonly rules: readonly {
      readonly alert: string;
      readonly expr: string;
      readonly keep_firing_for?: string;
      readonly labels: { readonly source: string };
    }[];
  }[];
}

/** What a ruler's file asks, with the interval in ms. */
const alertsIn = (name: string) =>
  (parse(files.get(name) ?? "") as Groups).groups.flatMap(({ interval, rules }) =>
    rules.map((rule) => ({ ...rule, intervalMs: { "1m": MINUTE, "15s": 15_000 }[interval] ?? Number.NaN })),
  );
const written = (ms: number): string => {
  if (ms % (60 * MINUTE) === 0) return `${ms / (60 * MINUTE)}h`;
  return ms % MINUTE === 0 ? `${ms / MINUTE}m` : `${ms / 1_000}s`;
};

const msOf = (text: string): number =>
  Number.parseInt(text, 10) * ({ h: 60 * MINUTE, m: MINUTE, s: 1_000 }[text.at(-1) ?? ""] ?? Number.NaN);

describe.each([
  ["loki", (range: string, delayed: boolean) => `[${range}]${delayed ? " offset 1h" : ""}`, "#flows"],
  ["victorialogs", (range: string, delayed: boolean) => `_time:${range}${delayed ? " offset 1h" : ""} `, "#vl"],
] as const)("%s", (name, window, channel) => {
  test("asks for the interval and the lag, or for complete windows an hour later", () => {
    const alerts = alertsIn(`${name}/detections.yml`);
    expect(alerts.length).toBeGreaterThan(40);
    for (const { alert, expr, intervalMs } of alerts) {
      const timespanMs = timespanOf(alert);
      const range = written(intervalMs + (timespanMs ?? 60 * MINUTE));
      expect(expr, alert).toContain(window(range, timespanMs !== undefined));
      // Grafana's grammar lacks what Loki's has: an offset behind the range of an unwrapped pipeline.
      const known = expr.replaceAll(/(\| unwrap \w+ \[\w+\]) offset 1h/g, "$1");
      if (name === "loki") parser.parse(known).iterate({ enter: ({ type }) => expect(type.isError, expr).toBe(false) });
    }
  });

  test("goes on for the throttle of the rule, so that nothing is told twice within it", () => {
    const alerts = alertsIn(`${name}/detections.yml`);
    for (const { alert, keep_firing_for, intervalMs } of alerts) {
      const rangeMs = intervalMs + (timespanOf(alert) ?? 60 * MINUTE);
      const throttleMs = rules.find((rule) => rule.name === alert)?.throttleMs ?? 0;
      expect(keep_firing_for, alert).toBe(throttleMs > rangeMs ? written(throttleMs - rangeMs) : undefined);
    }
    expect(alerts.some(({ keep_firing_for }) => keep_firing_for !== undefined)).toBe(true);
  });

  test("tells a Slack channel through an Alertmanager that finds its alerts by a label", () => {
    const { route, receivers } = parse(files.get(`${name}/alertmanager.yml`) ?? "") as {
      route: { routes: { receiver: string; matchers: string[] }[] };
      receivers: { name: string; slack_configs: { channel: string; api_url_file: string }[] }[];
    };
    expect(route.routes).toMatchObject([{ receiver: receivers[0]?.name, matchers: ['source="flowferry"'] }]);
    expect(receivers).toMatchObject([{ slack_configs: [{ channel, api_url_file: expect.stringMatching(/^\//) }] }]);
    for (const { labels } of alertsIn(`${name}/detections.yml`)) expect(labels.source).toBe("flowferry");
  });
});

interface GrafanaRules {
  readonly apiVersion: number;
  readonly groups: readonly {
    readonly interval: string;
    readonly rules: readonly {
      readonly uid: string;
      readonly title: string;
      readonly condition: string;
      readonly keepFiringFor?: string;
      readonly missing_series_evals_to_resolve?: number;
      readonly labels: Readonly<Record<string, string>>;
      readonly data: readonly {
        readonly refId: string;
        readonly datasourceUid: string;
        readonly relativeTimeRange?: { readonly from: number; readonly to: number };
        readonly model: Readonly<Record<string, unknown>> & { readonly expr?: string };
      }[];
    }[];
  }[];
}

/** Grafana puts variables of its environment where a single dollar stands. */
const asGrafanaReads = (text: string): string => {
  const left = text.replaceAll("$$", "").replaceAll("$SLACK_WEBHOOK_URL", "");
  expect(left).not.toContain("$");
  return text.replaceAll("$$", "\u0000").replaceAll("$SLACK_WEBHOOK_URL", "https://hooks.example/x").replaceAll("\u0000", "$");
};

test.each([
  ["loki", "instant"],
  ["victorialogs", "stats"],
] as const)("Grafana over %s: asks what the ruler asks, over a time that holds all of it, and is above 0", (name, queryType) => {
  const asked = new Map(
    alertsIn(`${name}/detections.yml`).map(({ alert, expr, intervalMs, keep_firing_for }) => [
      alert,
      { expr, intervalMs, keep_firing_for },
    ]),
  );
  const { apiVersion, groups } = parse(asGrafanaReads(files.get(`${name}/grafana-alerts.yml`) ?? "")) as GrafanaRules;
  expect(apiVersion).toBe(1);
  const rules = groups.flatMap(({ interval, rules: some }) => some.map((rule) => ({ ...rule, interval })));
  expect(rules.map(({ labels }) => labels.rule).sort()).toEqual([...asked.keys()].sort());
  expect(new Set(rules.map(({ uid }) => uid)).size).toBe(rules.length);
  for (const { uid, condition, data, labels, interval, ...rule } of rules) {
    const { expr, intervalMs = 0, keep_firing_for } = asked.get(labels.rule ?? "") ?? {};
    // Grafana ends an alert whose group is missing while others are there after so many evaluations, whatever else holds it.
    expect([rule.keepFiringFor, rule.missing_series_evals_to_resolve], labels.rule).toEqual(
      keep_firing_for === undefined ? [undefined, undefined] : [keep_firing_for, msOf(keep_firing_for) / intervalMs],
    );
    expect(uid).toMatch(/^[\w-]{1,40}$/);
    expect({ "1m": MINUTE, "15s": 15_000 }[interval]).toBe(intervalMs);
    const timespanMs = timespanOf(labels.rule ?? "");
    const backMs = intervalMs + 60 * MINUTE + (timespanMs ?? 0);
    expect(data).toMatchObject([
      { refId: "A", datasourceUid: name, relativeTimeRange: { from: backMs / 1_000, to: 0 }, model: { expr, queryType } },
      { refId: "B", datasourceUid: "__expr__", model: { type: "reduce", expression: "A", reducer: "last" } },
      { refId: "C", datasourceUid: "__expr__", model: { type: "threshold", expression: "B" } },
    ]);
    expect(condition).toBe("C");
    expect(data[2]?.model.conditions).toEqual([{ evaluator: { type: "gt", params: [0] } }]);
    expect(labels.source).toBe("flowferry");
  }
});

test("Grafana: a contact point for a Slack channel, and a policy that leads to it by the label of the rules", () => {
  const { contactPoints, policies } = parse(asGrafanaReads(files.get("grafana/notifications.yml") ?? "")) as {
    contactPoints: { name: string }[];
    policies: { receiver: string }[];
  };
  const settings = { url: "https://hooks.example/x", recipient: "#panels", title: expect.any(String), text: expect.any(String) };
  expect(contactPoints).toMatchObject([{ receivers: [{ type: "slack", settings }] }]);
  const receiver = contactPoints[0]?.name;
  expect(policies).toMatchObject([
    { receiver, routes: [{ receiver, object_matchers: [["source", "=", "flowferry"]], repeat_interval: "24h" }] },
  ]);
});

test("Elastic: enabled, suppressed by one to three fields where an alert has some, with a connector", () => {
  const lines = (files.get("elastic/detections.ndjson") ?? "").trimEnd().split("\n");
  interface KibanaRule {
    readonly name: string;
    readonly query: string;
    readonly enabled: boolean;
    readonly from: string;
    readonly to: string;
    readonly interval: string;
    readonly exceptions_list: readonly object[];
    readonly actions: readonly object[];
    readonly alert_suppression?: {
      readonly group_by: readonly string[];
      readonly duration: { readonly value: number; readonly unit: string };
      readonly missing_fields_strategy: string;
    };
  }
  for (const line of lines) {
    const rule = JSON.parse(line) as KibanaRule;
    const timespanMs = timespanOf(rule.name);
    const intervalMs = Number(/^(\d+)s$/.exec(rule.interval)?.[1]) * 1_000;
    expect([rule.from, rule.to], rule.name).toEqual(
      timespanMs === undefined
        ? [`now-${(intervalMs + 60 * MINUTE) / 1_000}s`, "now"]
        : [`now-${(timespanMs + intervalMs + 60 * MINUTE) / 1_000}s`, "now-3600s"],
    );
    expect([rule.enabled, rule.exceptions_list]).toEqual([true, []]);
    expect(rule.actions).toMatchObject([{ id: "4d2b", action_type_id: ".slack", group: "default" }]);
    // Groups of STATS have no ids by which the next evaluation would know them.
    if (!/ METADATA _id, _index, _version /.test(rule.query)) {
      expect(rule.alert_suppression, rule.name).toMatchObject({ duration: { unit: "m" }, missing_fields_strategy: "suppress" });
      expect((rule.alert_suppression?.duration.value ?? 0) * MINUTE).toBeGreaterThanOrEqual((timespanMs ?? 0) + intervalMs);
    }
    if (rule.alert_suppression !== undefined) expect([1, 2, 3]).toContain(rule.alert_suppression.group_by.length);
  }
});

test("Splunk: single flows by the time of indexing, counts over complete windows, missed runs caught up with, fields that suppress", () => {
  const stanzas = (files.get("splunk/detections/savedsearches.conf") ?? "").split(/^(?=\[flowferry: )/m).slice(1);
  expect(stanzas.length).toBeGreaterThan(40);
  for (const text of stanzas) {
    const settings = new Map([...text.matchAll(/^([\w.]+) = (.*)$/gm)].map(([, key = "", value = ""]) => [key, value]));
    const name = /^\[flowferry: (\w+)\]/.exec(text)?.[1] ?? "";
    const timespanMs = timespanOf(name);
    const get = (key: string) => settings.get(key);
    expect(get("realtime_schedule")).toBe("0");
    if (timespanMs === undefined) {
      expect([get("cron_schedule"), get("dispatch.index_earliest"), get("dispatch.index_latest")]).toEqual([
        "*/5 * * * *",
        "-10m@5m",
        "-5m@5m",
      ]);
      expect([get("dispatch.earliest_time"), get("dispatch.latest_time")]).toEqual(["-24h", "+15m"]);
    } else {
      const intervalMs = get("cron_schedule") === "* * * * *" ? MINUTE : 5 * MINUTE;
      expect([get("dispatch.earliest_time"), get("dispatch.latest_time")], name).toEqual([
        `-${(timespanMs + intervalMs + 60 * MINUTE) / 1_000}s`,
        "-3600s",
      ]);
    }
    // alert.suppress without digest needs fields.
    if (get("alert.suppress") === "1") expect(get("alert.suppress.fields"), name).toMatch(/\w/);
    expect([get("action.slack"), get("action.slack.param.channel")]).toEqual(["1", "#soc"]);
    for (const field of get("alert.suppress.fields")?.split(", ") ?? []) {
      expect(get("action.slack.param.message"), name).toContain(` ${field}=$result.${field}$ `);
    }
  }
});

test("Datadog: counts wait, new groups do not, and the message names who is told", () => {
  const monitors =
    json<{ name: string; query: string; message: string; options: { evaluation_delay: number; new_group_delay: number } }[]>(
      "datadog/detections.json",
    );
  for (const { name, query, message, options } of monitors) {
    const timespanMs = timespanOf(name.slice("flowferry: ".length));
    expect(options).toMatchObject({ evaluation_delay: timespanMs === undefined ? 0 : 3_600, new_group_delay: 0 });
    const longest = 2 * 1_440 * MINUTE;
    // An alert on single flows goes on for the rule's throttle: the monitor looks back so long.
    const throttleMs = rules.find(({ title }) => name === `flowferry: ${title}`)?.throttleMs ?? 0;
    const rangeMs = timespanMs === undefined ? Math.max(61 * MINUTE, throttleMs) : MINUTE + timespanMs;
    expect(query, name).toContain(`.last("${written(Math.min(longest, rangeMs))}")`);
    expect(message.endsWith("\n\n{{#is_alert}}@slack-acme-flows{{/is_alert}}")).toBe(true);
    expect(options).toMatchObject({ include_tags: true });
  }
});

test("IBM Cloud Logs: thresholds with a window and a delay, two keys at most, and a webhook", () => {
  const WINDOW = /^(minutes_5_or_unspecified|minutes_(10|15|20|30)|hour_1|hours_(2|4|6|12|24|36))$/;
  interface Definition {
    readonly name: string;
    readonly description: string;
    readonly type: string;
    readonly group_by_keys: readonly string[];
    readonly notification_group: { readonly group_by_keys: readonly string[]; readonly webhooks: readonly object[] };
    readonly logs_threshold: {
      readonly logs_filter: { readonly simple_filter: { readonly label_filters: object } };
      readonly evaluation_delay_ms: number;
      readonly rules: readonly {
        readonly condition: {
          readonly threshold: number;
          readonly time_window: { readonly logs_time_window_specific_value: string };
        };
      }[];
    };
  }
  const definitions = json<Definition[]>("ibm-cloud-logs/detections.json");
  expect(definitions.length).toBeGreaterThan(20);
  for (const { name, description, type, group_by_keys, notification_group, logs_threshold } of definitions) {
    expect([type, name + description]).toEqual(["logs_threshold", expect.not.stringContaining("\n")]);
    expect(group_by_keys.length).toBeLessThanOrEqual(2);
    expect(notification_group.group_by_keys).toEqual(group_by_keys);
    expect(notification_group.webhooks).toMatchObject([{ integration: { integration_id: 7 } }]);
    expect(logs_threshold.evaluation_delay_ms).toBe(60 * MINUTE);
    const [rule] = logs_threshold.rules;
    expect(rule?.condition.time_window.logs_time_window_specific_value).toMatch(WINDOW);
    if (timespanOf(name.slice("flowferry: ".length)) === undefined) expect(rule?.condition.threshold).toBe(0);
    expect(logs_threshold.logs_filter.simple_filter.label_filters).toEqual({
      application_name: [],
      subsystem_name: [],
      severities: [],
    });
  }
  // login_rejected: at least ten rejected flows are more than nine.
  const counted = definitions.filter(({ name }) => timespanOf(name.slice("flowferry: ".length)) !== undefined);
  const rule = rules.find(({ title }) => counted[0]?.name === `flowferry: ${title}`);
  if (rule?.kind !== "correlation" || rule.correlation.type !== "event_count") throw new Error("there is no count");
  expect(counted[0]?.logs_threshold.rules[0]?.condition.threshold).toBe(rule.correlation.atLeast - 1);
});

test("IBM Cloud Logs: the questions of the security list are views, and gauges on a dashboard", () => {
  const views =
    json<{ name: string; search_query: { query: string; syntax_type: string }; time_selection: object }[]>(
      "ibm-cloud-logs/views.json",
    );
  const names = views.map(({ name }) => name);
  for (const title of ["Bad actors", "Cannot SSH", "SSH accepted from outside", "Rejected traffic by destination"]) {
    expect(names).toContain(`flowferry: ${title}`);
  }
  const egress = views.find(({ name }) => name === "flowferry: Egress of private hosts")?.search_query;
  expect(egress).toEqual({
    query: expect.stringContaining("NOT attributes.destination.port.numeric:(53 OR 67 OR 123)"),
    syntax_type: "lucene",
  });
  const dashboards =
    json<{ name: string; layout: { sections: { rows: { widgets: { title: string }[] }[] }[] } }[]>(
      "ibm-cloud-logs/searches.json",
    );
  const widgets = dashboards.find(({ name }) => name === "flowferry: questions")?.layout.sections[0]?.rows[0]?.widgets ?? [];
  expect(widgets.map(({ title }) => `flowferry: ${title}`)).toEqual(names);
});

test("Log Analytics: scheduled queries use nothing that those are refused with, and their aggregates have names", () => {
  const chains =
    json<{ savedSearch: { queryString: string }; scheduledTask: { displayName: string; schedules: object[] } }[]>(
      "log-analytics/detections.json",
    );
  expect(chains.length).toBeGreaterThan(30);
  for (const { savedSearch, scheduledTask } of chains) {
    const { queryString } = savedSearch;
    const outsideOfTexts = queryString.replaceAll(/'[^']*'/g, "''");
    expect(outsideOfTexts).not.toMatch(/\| *(cluster|map|linkdetails|nlp|timecompare)\b|\b(countif|regexextract|case) *\(/);
    for (const [, functions = ""] of outsideOfTexts.matchAll(/\| stats ([^|]*?)(?: by [^|]*)?(?=\||$)/g)) {
      for (const one of functions.split(/, (?=\w+(?:\(| as ))/)) expect(one, queryString).toMatch(/ as (''|\w+)$/);
    }
    expect(scheduledTask.displayName).toMatch(/^[A-Za-z0-9][\w -]*$/);
    expect(scheduledTask.schedules).toHaveLength(1);
  }
});

test("Log Analytics: alarms tell the topic, and of whom they are", () => {
  /** Intervals that Monitoring's query language has. */
  const minutesOf = (query: string): number => {
    const [, count = "", unit = ""] = /\[(\d+)([mhd])\]/.exec(query) ?? [];
    expect(Number(count)).toBeLessThanOrEqual({ m: 60, h: 24, d: 1 }[unit] ?? 0);
    return Number(count) * ({ m: 1, h: 60, d: 1_440 }[unit] ?? Number.NaN);
  };
  interface Collection {
    readonly dimensions: readonly { readonly dimensionName: string }[];
  }
  const chains =
    json<
      {
        rule: string;
        alarm: { destinations: string[]; body: string; query: string };
        scheduledTask: {
          schedules: { recurringInterval: string }[];
          action: { metricExtraction: { metricCollections: Collection[] } };
        };
      }[]
    >("log-analytics/detections.json");
  for (const { rule, alarm, scheduledTask } of chains) {
    // What is found again within the throttle is no second alert, up to the day that is the longest interval.
    const throttle = (rules.find(({ name }) => name === rule)?.throttleMs ?? 0) / MINUTE;
    const looksBack = minutesOf(alarm.query);
    expect(looksBack, rule).toBeGreaterThanOrEqual(Math.min(1_440, throttle));
    const [, minutes = "0", days = "0"] = /^P(?:T(\d+)M|(\d+)D)$/.exec(scheduledTask.schedules[0]?.recurringInterval ?? "") ?? [];
    expect(looksBack, rule).toBeGreaterThanOrEqual(Math.min(1_440, 2 * (Number(minutes) + 1_440 * Number(days))));
    expect(alarm.destinations).toEqual(["ocid1.onstopic.oc1.phx.t"]);
    const [collection] = scheduledTask.action.metricExtraction.metricCollections;
    const named = collection?.dimensions.map(({ dimensionName }) => dimensionName) ?? [];
    expect([...alarm.body.matchAll(/(\w+)=\{\{dimensions\.(\w+)\}\}/g)].map(([, label, name]) => [label, name])).toEqual(
      named.map((name) => [name, name]),
    );
  }
});

test.each([
  ["splunk", /write dialect=receiver, with one of the dialects loki, /],
  ["duckdb=#x", /write dialect=receiver/],
  ["datadog=#flows", /a receiver of datadog looks like @slack-acme-flow-alerts/],
  ["ibm-cloud-logs=seven", /external_id/],
])("--receiver %s is refused with what it should be", (text, reason) => {
  expect(() => receiversOf([text])).toThrow(reason);
});
