import type { Route, Service } from "../service.ts";
import { type LogAnalyticsOptions, State } from "./log-analytics/state.ts";
import { uploadRoutes } from "./log-analytics/uploads.ts";

/** Log Analytics (API 20200601). Add it with `oci.addService`; what it took and holds is read from `state`. */
export class LogAnalytics implements Service {
  readonly state: State;
  readonly routes: readonly Route[];

  constructor(options: LogAnalyticsOptions) {
    this.state = new State(options);
    this.routes = [namespaceRoute(this.state), ...uploadRoutes(this.state)];
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
