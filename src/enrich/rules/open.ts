import type { OciSurroundings } from "../../clouds/oci/identity.ts";
import { type OciApi, type OciApiCounts, openOciApi } from "../../clouds/oci/rules/api.ts";
import type { Flow, FlowContext } from "../../flow/flow.ts";
import { type NetworkEvent, type NetworkFiles, watchNetworkFiles } from "./files.ts";
import type { NetworkOptions } from "./options.ts";
import { NetworkSnapshot } from "./snapshot.ts";

/** The network as files and the provider's API describe it, kept up to date until it is closed. */
export interface Network {
  /** The state in use now. */
  readonly snapshot: NetworkSnapshot;
  /** Questions to the provider's API since the start; undefined where it is not asked. */
  readonly counts: OciApiCounts | undefined;
  /**
   * To be awaited before flows are enriched: asks about subnets and VNICs that are not known yet, and waits for the answers, a
   * bounded time and only once for each. Costs nothing where all is known. Throws the signal's reason, nothing else.
   */
  prepare(flows: readonly Flow[], signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** Reads the files and the kept answers; asks nothing of the network. Throws UsageError where a file is missing or wrong. */
export async function openNetwork(
  options: Pick<NetworkOptions, "oci" | "ibm">,
  surroundings: OciSurroundings & { readonly refreshMs: number },
  onEvent: (event: NetworkEvent) => void,
): Promise<Network> {
  let snapshot: NetworkSnapshot | undefined;
  let changed = true;
  const onChange = () => {
    changed = true;
  };
  const files: NetworkFiles = { oci: options.oci?.files ?? [], ibm: options.ibm ?? {} };
  const watch = await watchNetworkFiles(files, surroundings.refreshMs, onEvent, onChange);
  let api: OciApi | undefined;
  try {
    api = options.oci?.api && (await openOciApi(options.oci.api, surroundings, onEvent, onChange));
  } catch (error) {
    watch.close();
    throw error;
  }
  return {
    get snapshot() {
      if (snapshot === undefined || changed) {
        changed = false;
        snapshot = new NetworkSnapshot(api === undefined ? watch.data : [api.data(), ...watch.data], snapshot);
      }
      return snapshot;
    },
    get counts() {
      return api?.counts;
    },
    async prepare(flows, signal) {
      if (api === undefined) return;
      let last: FlowContext | undefined;
      const contexts = new Set<FlowContext>();
      for (const { context } of flows) {
        if (context === last) continue;
        last = context;
        contexts.add(context);
      }
      await api.prepare(contexts, signal);
    },
    async close() {
      watch.close();
      await api?.close();
    },
  };
}
