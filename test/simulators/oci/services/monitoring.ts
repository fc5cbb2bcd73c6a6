import { randomBytes, randomUUID } from "node:crypto";
import { type Call, type Reply, type Route, type Service, ServiceError } from "../service.ts";
import { RetryTokens } from "./log-analytics/retry-tokens.ts";
import { notFound } from "./log-analytics/state.ts";
import { paged } from "./paging.ts";

const LARGEST_PAGE = 1000;
const REQUIRED = [
  "displayName",
  "compartmentId",
  "metricCompartmentId",
  "namespace",
  "query",
  "severity",
  "destinations",
  "isEnabled",
] as const;
/** Members of an alarm that a list does not show. */
const DETAILS = [
  "body",
  "pendingDuration",
  "resolution",
  "messageFormat",
  "repeatNotificationDuration",
  "metricCompartmentIdInSubtree",
] as const;

export interface Alarm {
  readonly id: string;
  readonly displayName: string;
  readonly compartmentId: string;
  readonly etag: string;
  readonly [key: string]: unknown;
}

type Body = Readonly<Record<string, unknown>>;

/** Alarms of Monitoring (API 20180401). `knowsTopic` says which destinations exist. */
export class Monitoring implements Service {
  readonly alarms = new Map<string, Alarm>();
  readonly routes: readonly Route[];
  /** Most alarms of one page, for lists that are to have several. */
  pageLimit = LARGEST_PAGE;
  readonly #tokens = new RetryTokens(Date.now);
  readonly #knowsTopic: (id: string) => boolean;

  constructor(knowsTopic: (id: string) => boolean) {
    this.#knowsTopic = knowsTopic;
    const base = "/20180401/alarms";
    const route = (kind: string, method: string, path: string, handle: Route["handle"]): Route => ({
      kind,
      method,
      path,
      signed: method === "POST" || method === "PUT" ? "body" : "headers",
      handle,
    });
    this.routes = [
      route("create-alarm", "POST", base, (call) =>
        this.#tokens.once(call, () => this.#keep(ocid(), { freeformTags: {}, ...details(call) })),
      ),
      route("list-alarms", "GET", base, (call) => this.#list(call)),
      route("get-alarm", "GET", `${base}/{id}`, (call) => answer(this.#alarm(call))),
      route("update-alarm", "PUT", `${base}/{id}`, (call) => {
        const { id, etag, ...alarm } = this.#alarm(call);
        checkMatch(call, etag);
        return this.#keep(id, { ...alarm, ...details(call) });
      }),
      route("delete-alarm", "DELETE", `${base}/{id}`, (call) => {
        const { id, etag } = this.#alarm(call);
        checkMatch(call, etag);
        this.alarms.delete(id);
        return { status: 204 };
      }),
    ];
  }

  #alarm({ params }: Call): Alarm {
    const alarm = this.alarms.get(params.id ?? "");
    if (alarm === undefined) throw notFound();
    return alarm;
  }

  #keep(id: string, wanted: Body): Reply {
    this.#check(wanted);
    const alarm = { lifecycleState: "ACTIVE", ...wanted, id, etag: randomUUID() } as unknown as Alarm;
    this.alarms.set(id, alarm);
    return answer(alarm);
  }

  #list(call: Call): Reply {
    const compartmentId = call.query.get("compartmentId");
    checkCompartment("compartmentId", compartmentId);
    const name = call.query.get("displayName");
    const summary = ({ etag: _, ...alarm }: Alarm): Body =>
      Object.fromEntries(Object.entries(alarm).filter(([key]) => !(DETAILS as readonly string[]).includes(key)));
    const items = [...this.alarms.values()].filter(
      (one) => one.compartmentId === compartmentId && (name === null || one.displayName === name),
    );
    call.query.set("limit", String(Math.min(Number(call.query.get("limit") ?? LARGEST_PAGE), this.pageLimit)));
    return paged(call, items.map(summary), LARGEST_PAGE, (page) => page);
  }

  #check(alarm: Body): void {
    const missing = REQUIRED.find((name) => alarm[name] === undefined || alarm[name] === null || alarm[name] === "");
    if (missing !== undefined) throw refuse(`${missing} is required`);
    checkCompartment("compartmentId", alarm.compartmentId);
    checkCompartment("metricCompartmentId", alarm.metricCompartmentId);
    if (!["CRITICAL", "ERROR", "WARNING", "INFO"].includes(String(alarm.severity))) {
      throw refuse(`severity ${alarm.severity} is not valid`);
    }
    if (!["RAW", "PRETTY_JSON", "ONS_OPTIMIZED", undefined].includes(alarm.messageFormat as string | undefined)) {
      throw refuse(`messageFormat ${alarm.messageFormat} is not valid`);
    }
    if (!/^[a-z][a-z0-9_]*$/.test(String(alarm.namespace)) || /^(oci|oracle)_/.test(String(alarm.namespace))) {
      throw refuse(`namespace ${alarm.namespace} is not valid for custom metrics`);
    }
    if (alarm.resourceGroup !== undefined && !/^[A-Za-z][\w.$-]*$/.test(String(alarm.resourceGroup))) {
      throw refuse(`resourceGroup ${alarm.resourceGroup} is not valid`);
    }
    const fault = faultOfQuery(String(alarm.query));
    if (fault !== undefined) throw refuse(`query: ${fault}`);
    const pending = minutesOf(String(alarm.pendingDuration ?? "PT1M"));
    if (pending === undefined || pending < 1 || pending > 60) throw refuse("pendingDuration is not from PT1M to PT1H");
    const slack = minutesOf(String(alarm.evaluationSlackDuration ?? "PT3M"));
    if (slack === undefined || slack < 3 || slack > 120) throw refuse("evaluationSlackDuration is not from PT3M to PT2H");
    if (String(alarm.notificationTitle ?? "").length > 250) throw refuse("notificationTitle has more than 250 characters");
    const destinations = alarm.destinations as unknown;
    if (!Array.isArray(destinations) || destinations.length === 0) throw refuse("destinations is empty");
    for (const id of destinations as unknown[]) {
      if (!/^ocid1\.(onstopic|stream)\./.test(String(id))) throw refuse(`destination ${id} is no OCID of a topic or stream`);
      if (!this.#knowsTopic(String(id))) throw notFound();
    }
    if (new Set(destinations.map((id) => String(id).split(".")[1])).size !== destinations.length) {
      throw refuse("only one destination of each service is allowed");
    }
    if (typeof alarm.isEnabled !== "boolean") throw refuse("isEnabled is no boolean");
  }
}

/**
 * What is wrong with an MQL expression of an alarm: `metric[interval]{dimensions}.grouping().statistic() operator value`, or `.absent()`.
 * https://docs.oracle.com/iaas/Content/Monitoring/Reference/mql.htm. Joins of several metrics are not simulated.
 */
function faultOfQuery(query: string): string | undefined {
  const found =
    /^([A-Za-z][\w.$-]*)\[(\d+)([mhd])\](\{[^{}]*\})?((?:\.\w+\([^()]*\))+)(?:\s*(>=|<=|==|!=|>|<|in|not in)\s*(\S+))?$/.exec(
      query.trim(),
    );
  if (found === null) return `not an expression of MQL: ${query}`;
  const [, , count, unit, dimensions, chain, operator, value] = found;
  const minutes = Number(count) * { m: 1, h: 60, d: 1440 }[unit as "m" | "h" | "d"];
  if (minutes < 1 || minutes > 1440) return `interval ${count}${unit} is not from 1m to 1d`;
  if (
    dimensions !== undefined &&
    !/^\{\s*\w+\s*(=~?|!=)\s*"[^"]*"(\s*(,|&&|\|\|)\s*\w+\s*(=~?|!=)\s*"[^"]*")*\s*\}$/.test(dimensions)
  ) {
    return `dimensions ${dimensions} are not valid`;
  }
  const calls = [...(chain ?? "").matchAll(/\.(\w+)\(([^()]*)\)/g)].map(([, name]) => name ?? "");
  const last = calls.at(-1) ?? "";
  const statistics = ["absent", "avg", "count", "first", "increment", "last", "max", "mean", "min", "percentile", "rate", "sum"];
  const unknown = calls.find((name) => !["grouping", "groupBy", ...statistics].includes(name));
  if (unknown !== undefined) return `there is no function ${unknown}`;
  if (!statistics.includes(last)) return "a statistic is missing";
  if (last === "absent") return operator === undefined ? undefined : "absence is not compared";
  if (operator === undefined) return "a trigger rule is missing";
  return /^-?\d+(\.\d+)?$/.test(value ?? "") ? undefined : `${value} is no number`;
}

function minutesOf(duration: string): number | undefined {
  const found = /^PT(?:(\d+)H)?(?:(\d+)M)?$/.exec(duration);
  return found === null ? undefined : Number(found[1] ?? 0) * 60 + Number(found[2] ?? 0);
}

function details(call: Call): Body {
  try {
    return JSON.parse(call.body.toString()) as Body;
  } catch {
    throw refuse("The body is not valid JSON");
  }
}

function answer(alarm: Alarm): Reply {
  const { etag, ...json } = alarm;
  return { status: 200, headers: { etag }, json };
}

function checkCompartment(name: string, id: unknown): void {
  if (!/^ocid1\.(compartment|tenancy)\./.test(String(id))) throw refuse(`${name} is no OCID`);
}

function checkMatch({ headers }: Call, etag: string): void {
  const wanted = headers["if-match"];
  if (wanted !== undefined && wanted !== etag) throw new ServiceError(412, "NoEtagMatch", "The etag does not match");
}

function ocid(): string {
  return `ocid1.alarm.oc1.phx.${randomBytes(16).toString("hex")}`;
}

function refuse(message: string): ServiceError {
  return new ServiceError(400, "InvalidParameter", message);
}
