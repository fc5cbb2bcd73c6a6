import { type Route, type Service, ServiceError } from "../service.ts";
import { contentRoutes } from "./log-analytics/content.ts";
import { lookupRoutes } from "./log-analytics/lookups.ts";
import { faultOf } from "./log-analytics/query.ts";
import { scheduledTaskRoutes } from "./log-analytics/scheduled-tasks.ts";
import { searchRoute } from "./log-analytics/search.ts";
import { type LogAnalyticsOptions, State } from "./log-analytics/state.ts";
import { uploadRoutes } from "./log-analytics/uploads.ts";

/** Log Analytics (API 20200601). Add it with `oci.addService`; what it took and holds is read from `state`. */
export class LogAnalytics implements Service {
  readonly state: State;
  readonly routes: readonly Route[];

  constructor(options: LogAnalyticsOptions) {
    this.state = new State(options);
    this.routes = [
      namespaceRoute(this.state),
      parseRoute(this.state),
      searchRoute(this.state),
      ...uploadRoutes(this.state),
      ...contentRoutes(this.state),
      ...lookupRoutes(this.state),
      ...scheduledTaskRoutes(this.state),
    ];
  }
}

function namespaceRoute(state: State): Route {
  return {
    kind: "get-namespace",
    method: "GET",
    path: "/20200601/namespaces/{namespace}",
    signed: "headers",
    handle(call) {
      state.checkNamespace(call);
      const { namespace: namespaceName, isOnboarded, isLogSetEnabled } = state;
      const compartmentId = call.principal?.tenancy;
      return { status: 200, json: { namespaceName, compartmentId, isOnboarded, isLogSetEnabled, lifecycleState: "ACTIVE" } };
    },
  };
}

function parseRoute(state: State): Route {
  return {
    kind: "parse-query",
    method: "POST",
    path: "/20200601/namespaces/{namespace}/search/actions/parse",
    signed: "body",
    handle(call) {
      state.checkNamespace(call);
      const { queryString, subSystem } = JSON.parse(call.body.toString()) as { queryString?: string; subSystem?: string };
      if (typeof queryString !== "string") throw new ServiceError(400, "InvalidParameter", "queryString is required");
      if (subSystem !== "LOG") throw new ServiceError(400, "InvalidParameter", `subSystem ${subSystem} is not valid`);
      const fault = faultOf(queryString, state.content.fieldTitles());
      if (fault !== undefined) throw new ServiceError(400, "InvalidParameter", `Invalid query: ${fault}`);
      return { status: 200, json: { displayQueryString: queryString, internalQueryString: queryString, responseTimeInMs: 1 } };
    },
  };
}
