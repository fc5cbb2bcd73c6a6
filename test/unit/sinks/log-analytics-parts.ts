import { logAnalyticsOptions } from "../../../src/clouds/oci/log-analytics/options.ts";
import { logAnalytics } from "../../../src/clouds/oci/log-analytics/sink.ts";
import type { Batch, Segment, Sink } from "../../../src/contracts/sink.ts";
import { EMPTY_CONTEXT, Flow, type FlowContext } from "../../../src/flow/flow.ts";
import { originOf } from "../../../src/flow/origin.ts";
import type { Oci } from "../../simulators/oci/index.ts";
import { LogAnalytics } from "../../simulators/oci/services/log-analytics.ts";

export const LOG_GROUP = "ocid1.loganalyticsloggroup.oc1.phx.simulatedgroup";
export const SOURCE = "Flowferry VCN Flow Logs";

export const contextOf = (changes: Partial<FlowContext> = {}): FlowContext => ({
  ...EMPTY_CONTEXT,
  provider: "oracle_cloud",
  account: "ocid1.tenancy.oc1..aaaa",
  region: "us-phoenix-1",
  compartment: "ocid1.compartment.oc1..bbbb",
  vcn: "ocid1.vcn.oc1.phx.cccc",
  subnet: "ocid1.subnet.oc1.phx.dddd",
  vnic: "ocid1.vnic.oc1.phx.eeee",
  ...changes,
});

export function flowOf(key: string, record: number, changes: Partial<Flow> = {}, context = contextOf()): Flow {
  const flow = new Flow(
    originOf("oci://simulated/flows", key, "1"),
    record,
    context,
    Date.UTC(2026, 0, 2, 3, 4, 5, record % 1000),
  );
  return Object.assign(flow, {
    start: flow.time,
    end: flow.time + 60_000,
    action: record % 3 === 0 ? "reject" : "accept",
    sourceAddress: `10.0.0.${record % 250}`,
    sourcePort: 40_000 + (record % 1000),
    destinationAddress: "10.0.1.7",
    destinationPort: 443,
    protocol: 6,
    protocolName: "TCP",
    bytes: 1000 + record,
    packets: 10,
    ...changes,
  } satisfies Partial<Flow>);
}

/** One origin for all flows of a key, as a decoder makes it. */
export function flowsOf(key: string, count: number, changes: (record: number) => Partial<Flow> = () => ({})): Flow[] {
  const origin = originOf("oci://simulated/flows", key, "1");
  const context = contextOf();
  return Array.from({ length: count }, (_, index) => {
    const flow = flowOf(key, index + 1, changes(index + 1), context);
    return Object.assign(Object.create(Flow.prototype) as Flow, flow, { origin });
  });
}

/** A batch of flows, which stand in the order of their objects. */
export function batchOf(flows: readonly Flow[]): Batch {
  const segments: Segment[] = [];
  for (const { origin, record } of flows) {
    const last = segments.at(-1);
    if (last?.origin.key === origin.key) segments[segments.length - 1] = { ...last, to: record, count: last.count + 1 };
    else segments.push({ origin, from: record, to: record, count: 1 });
  }
  return { flows, segments };
}

/** The service on a simulator, with the log group and the source that the tests upload to. */
export function addLogAnalytics(oci: Oci): LogAnalytics {
  const service = new LogAnalytics({ namespace: oci.namespace, now: () => Date.now() + oci.clockAheadMs });
  service.state.logGroups.add(LOG_GROUP);
  service.state.builtInSources.add(SOURCE);
  oci.addService(service);
  return service;
}

/** The sink on the simulator, from the options as a configuration file has them. */
export async function sinkOn(oci: Oci, options: Record<string, unknown> = {}, notices: string[] = []): Promise<Sink> {
  const given = {
    namespace: oci.namespace,
    logGroupId: LOG_GROUP,
    endpoint: oci.endpoint,
    auth: { type: "config-file", file: oci.config },
    ...options,
  };
  return logAnalytics.create(logAnalyticsOptions.parse(given), {
    name: "log-analytics",
    baseDir: "/",
    env: {},
    version: "0.0.0",
    onNotice: (message) => void notices.push(message),
  });
}
