import { randomBytes } from "node:crypto";
import { type Call, type Route, ServiceError } from "../../service.ts";
import { paged } from "../paging.ts";
import { notFound, type State } from "./state.ts";

const LARGEST_PAGE = 1000;
const DAY = 24 * 60;
/** What tasks look back at most, in minutes, by their interval: typings of the service's package, StreamAction. */
const LONGEST: readonly (readonly [interval: number, duration: number])[] = [
  [30, 60],
  [60, 12 * 60],
  [DAY, DAY],
  [7 * DAY - 1, 7 * DAY],
  [14 * DAY, 14 * DAY],
  [Number.POSITIVE_INFINITY, 30 * DAY],
];

export interface Task {
  readonly id: string;
  readonly displayName: string;
  readonly compartmentId: string;
  readonly taskType: string;
  readonly [key: string]: unknown;
}

interface Details {
  readonly kind?: string;
  readonly taskType?: string;
  readonly compartmentId?: string;
  readonly displayName?: string;
  readonly schedules?: readonly {
    readonly type?: string;
    readonly recurringInterval?: string;
    readonly queryOffsetSecs?: number;
  }[];
  readonly action?: {
    readonly type?: string;
    readonly savedSearchId?: string;
    readonly savedSearchDuration?: string;
    readonly metricExtraction?: MetricExtraction;
  };
}

interface MetricExtraction {
  readonly compartmentId?: string;
  readonly namespace?: string;
  readonly resourceGroup?: string;
  readonly metricCollections?: readonly {
    readonly metricName?: string;
    readonly metricQueryFieldName?: string;
    readonly dimensions?: readonly { readonly queryFieldName?: string; readonly dimensionName?: string }[];
  }[];
}

const base = "/20200601/namespaces/{namespace}/scheduledTasks";

/** Scheduled tasks of kind STANDARD that run saved searches: create, get, list, update, delete. */
export function scheduledTaskRoutes(state: State): Route[] {
  const { tasks } = state;
  const get = ({ params }: Call): Task => {
    const one = tasks.get(params.id ?? "");
    if (one === undefined) throw notFound();
    return one;
  };
  const route = (kind: string, method: string, path: string, handle: Route["handle"]): Route => ({
    kind,
    method,
    path,
    signed: method === "POST" || method === "PUT" ? "body" : "headers",
    handle(call) {
      state.checkNamespace(call);
      return handle(call);
    },
  });
  return [
    route("create-task", "POST", base, (call) =>
      state.tokens.once(call, () => {
        const details = read(call);
        check(details);
        const same = [...tasks.values()].some(
          (one) => one.displayName === details.displayName && one.compartmentId === details.compartmentId,
        );
        if (same) throw new ServiceError(409, "Conflict", `The task ${details.displayName} already exists`);
        const made = {
          ...details,
          id: `ocid1.loganalyticsscheduledtask.oc1.phx.${randomBytes(8).toString("hex")}`,
          lifecycleState: "ACTIVE",
        } as unknown as Task;
        tasks.set(made.id, made);
        return { status: 200, json: made };
      }),
    ),
    route("get-task", "GET", `${base}/{id}`, (call) => ({ status: 200, json: get(call) })),
    route("list-tasks", "GET", base, (call) => {
      const { query } = call;
      const name = query.get("displayName");
      // What is asked for is picked out page by page: a page may hold nothing, and more follow.
      if (name !== null && query.get("page") === null) {
        return { status: 200, headers: { "opc-next-page": "+from=0&" }, json: { items: [] } };
      }
      const items = [...tasks.values()].filter(
        (one) =>
          one.compartmentId === query.get("compartmentId") &&
          one.taskType === query.get("taskType") &&
          (name === null || one.displayName === name),
      );
      // A summary does not show schedules and action.
      const summary = ({ schedules: _, action: __, ...rest }: Task): unknown => rest;
      return paged(call, items.map(summary), LARGEST_PAGE, (page) => ({ items: page }));
    }),
    route("update-task", "PUT", `${base}/{id}`, (call) => {
      const updated = { ...get(call), ...read(call) } as Task;
      check(updated as Details);
      tasks.set(updated.id, updated);
      return { status: 200, json: updated };
    }),
    route("delete-task", "DELETE", `${base}/{id}`, (call) => {
      tasks.delete(get(call).id);
      return { status: 204 };
    }),
  ];
}

const read = (call: Call): Details => JSON.parse(call.body.toString()) as Details;

function check({ kind, taskType, compartmentId, displayName, schedules = [], action }: Details): void {
  if (kind !== "STANDARD") throw refuse(`kind ${kind} is not valid`);
  if (taskType !== "SAVED_SEARCH") throw refuse(`taskType ${taskType} is not valid`);
  if (!/^ocid1\.(compartment|tenancy)\./.test(compartmentId ?? "")) throw refuse("compartmentId is no OCID");
  if (displayName === undefined || !/^[A-Za-z0-9][\w -]{0,254}$/.test(displayName))
    throw refuse("displayName is missing or not valid");
  const [schedule, ...others] = schedules;
  if (schedule === undefined || others.length > 0) throw refuse("there is not exactly one schedule");
  const { type, recurringInterval, queryOffsetSecs = 0 } = schedule;
  if (type !== "FIXED_FREQUENCY") throw refuse(`schedule type ${type} is not simulated`);
  const minutes = minutesOf(recurringInterval);
  if (minutes < 5 || minutes > 21 * DAY) throw refuse(`recurringInterval ${recurringInterval} is not from PT5M to P21D`);
  const [, longest] = LONGEST.find(([interval]) => minutes <= interval) ?? [0, 0];
  if (minutesOf(action?.savedSearchDuration) > longest) {
    throw refuse(
      `savedSearchDuration ${action?.savedSearchDuration} is longer than ${longest} minutes, for interval ${recurringInterval}`,
    );
  }
  if (!Number.isSafeInteger(queryOffsetSecs) || queryOffsetSecs < 0) throw refuse("queryOffsetSecs is not valid");
  if (action?.type !== "STREAM") throw refuse("action is no STREAM");
  if (!/^ocid1\.managementsavedsearch\./.test(action.savedSearchId ?? "")) throw refuse("savedSearchId is no OCID");
  checkMetrics(action.metricExtraction ?? {});
}

function checkMetrics({ namespace = "", resourceGroup = "", metricCollections = [] }: MetricExtraction): void {
  if (!/^[A-Za-z]\w*$/.test(namespace)) throw refuse(`namespace ${namespace} is not valid`);
  if (!/^[A-Za-z][\w.$-]*$/.test(resourceGroup)) throw refuse(`resourceGroup ${resourceGroup} is not valid`);
  if (metricCollections.length === 0) throw refuse("metricCollections is empty");
  for (const { metricName = "", metricQueryFieldName = "", dimensions = [] } of metricCollections) {
    if (!/^[A-Za-z][\w.$-]*$/.test(metricName)) throw refuse(`metricName ${metricName} is not valid`);
    if (metricQueryFieldName === "") throw refuse("metricQueryFieldName is missing");
    if (dimensions.length > 3) throw refuse(`${metricName} has more than three dimensions`);
    if (dimensions.some(({ queryFieldName, dimensionName }) => !queryFieldName || !dimensionName))
      throw refuse("a dimension is not valid");
  }
}

function minutesOf(duration = ""): number {
  const found = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?$/.exec(duration);
  if (found === null) throw refuse(`${duration} is no duration`);
  const [days, hours, minutes] = [1, 2, 3].map((group) => Number(found[group] ?? 0)) as [number, number, number];
  return days * 1440 + hours * 60 + minutes;
}

function refuse(message: string): ServiceError {
  return new ServiceError(400, "InvalidParameter", message);
}
