import { allSteps, type Installation, lookAll } from "../../../install/step.ts";
import type { OciConnectionOptions } from "../connection.ts";
import { connectOci } from "../connection.ts";
import type { OciSurroundings } from "../identity.ts";
import type { Content } from "./build.ts";
import { dashboardsInstaller } from "./dashboards-installer.ts";
import { definitionsInstaller } from "./definitions-installer.ts";
import { type NotificationOptions, openAlarms } from "./open-alarms.ts";
import { serviceCall } from "./service-call.ts";
import { tasksInstaller } from "./tasks-installer.ts";

export interface InstallationOptions {
  /** How to reach Log Analytics. */
  readonly connection: OciConnectionOptions;
  readonly namespace: string;
  /** Compartment of the saved searches and dashboards. */
  readonly compartmentId: string;
  /** Base URL of Management Dashboard; by default the region's. */
  readonly dashboardEndpoint: string | undefined;
  /** Who is told of the detections that Log Analytics runs by itself; undefined for an installation without them. */
  readonly notifications?: NotificationOptions;
  /** How long a call that may heal is tried again. */
  readonly patienceMs: number;
}

const CHECK_SINK = "namespace and region of the sink";

/**
 * The content of one tenancy. Asks nothing of the network before the first look. A group of things that may not be looked at becomes one
 * refused step, and the other groups are looked at. Throws UsageError.
 */
export async function openInstaller(
  content: Content,
  { connection, namespace, compartmentId, dashboardEndpoint, notifications, patienceMs }: InstallationOptions,
  surroundings: OciSurroundings,
): Promise<Installation> {
  const [{ LogAnalyticsClient }, { DashboardsClient }] = await Promise.all([
    import("../log-analytics.ts"),
    import("./dashboards-client.ts"),
  ]);
  const { endpoint: _, ...elsewhere } = connection;
  const analytics = await connectOci(connection, surroundings, {
    what: `Log Analytics namespace ${namespace}`,
    create: (params, configuration) => new LogAnalyticsClient(params, configuration),
  });
  const dashboards = await connectOci(
    { ...elsewhere, ...(dashboardEndpoint === undefined ? {} : { endpoint: dashboardEndpoint }) },
    surroundings,
    { what: "Management Dashboard", create: (params, configuration) => new DashboardsClient(params, configuration) },
  );
  const at = { namespaceName: namespace, compartmentId };
  const analyticsCall = serviceCall(analytics, {
    place: `in Log Analytics namespace ${namespace}`,
    permission: "manage loganalytics-features-family in tenancy",
    check: CHECK_SINK,
    patienceMs,
  });
  const tasksCall = serviceCall(analytics, {
    place: `in Log Analytics namespace ${namespace}`,
    permission: `manage loganalytics-scheduled-task in compartment id ${compartmentId}`,
    check: `${CHECK_SINK}, and the compartment`,
    patienceMs,
  });
  const dashboardsCall = serviceCall(dashboards, {
    place: `in compartment ${compartmentId}`,
    permission: `manage management-dashboard-family in compartment id ${compartmentId}`,
    check: "the compartment and the region",
    patienceMs,
  });
  const definitions = definitionsInstaller(analytics.client, at, content, analyticsCall);
  const boards = dashboardsInstaller(dashboards.client, compartmentId, content, dashboardsCall);
  const tasks = tasksInstaller(analytics.client, at, content, tasksCall, boards.searchId);
  // What is used by other things comes first, and goes last.
  const alarms = notifications && (await openAlarms(notifications, { elsewhere, compartmentId, patienceMs }, surroundings));
  const inOrder = [definitions, boards, tasks, ...(alarms?.installers ?? [])];
  return {
    steps: (signal) => allSteps(inOrder, signal),
    removal: (signal) => lookAll(inOrder.toReversed(), (one) => one.removal(signal)),
    async close() {
      await Promise.all([analytics.close(), dashboards.close(), alarms?.close()]);
    },
  };
}
