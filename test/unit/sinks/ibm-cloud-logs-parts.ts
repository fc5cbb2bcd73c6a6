import { ibmCloudLogsOptions } from "../../../src/clouds/ibm/cloud-logs/options.ts";
import { ibmCloudLogsSink } from "../../../src/clouds/ibm/cloud-logs/sink.ts";
import type { Sink } from "../../../src/contracts/sink.ts";
import type { Flow } from "../../../src/flow/flow.ts";
import type { Ibm } from "../../simulators/ibm/server.ts";
import { sshFlow } from "./flows.ts";

export const authOf = ({ iam, tokenUrl }: Ibm) => ({ type: "ibm-iam", apiKey: iam.apiKey, tokenUrl });

/** A sink on the simulator, with the simulator's clock. */
export async function sinkOn(ibm: Ibm, options: Record<string, unknown> = {}, notices: string[] = []): Promise<Sink> {
  const parsed = ibmCloudLogsOptions.parse({ endpoint: ibm.endpoint, auth: authOf(ibm), ...options });
  const dependencies = {
    name: "cl",
    baseDir: "/",
    env: {},
    version: "1.2.3",
    onNotice: (text: string) => void notices.push(text),
  };
  return ibmCloudLogsSink(parsed, dependencies, () => Date.now() + ibm.clockAheadMs);
}

/** So many flows of a minute ago. */
export const recentFlows = (count: number, changes: Partial<Flow> = {}): Flow[] =>
  Array.from({ length: count }, (_, index) => sshFlow(index + 1, { time: Date.now() - 60_000, ...changes }));

/** The uids that the service has, each as often as it has it. */
export const takenUids = ({ cloudLogs }: Ibm): string[] =>
  cloudLogs.logs
    .map(({ text }) => (JSON.parse(String(text)) as { attributes: Record<string, string> }).attributes["log.record.uid"] ?? "")
    .sort();

export const uidsOf = (flows: readonly Flow[]): string[] => flows.map(({ uid }) => uid).sort();
