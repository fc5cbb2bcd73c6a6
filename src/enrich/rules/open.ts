import type { Flow, FlowContext } from "../../flow/flow.ts";
import type { NetworkApi, NetworkBlock, NetworkCounts, NetworkEvent, NetworkSurroundings } from "./cloud.ts";
import { watchNetworkFiles } from "./files.ts";
import { NetworkSnapshot } from "./snapshot.ts";

/** The network as files and the provider's API describe it, kept up to date until it is closed. */
export interface Network {
  /** The state in use now. */
  readonly snapshot: NetworkSnapshot;
  /** Questions to the providers' APIs since the start; none where they are not asked. */
  readonly counts: readonly NetworkCounts[];
  /** Whether there is an API to be asked. */
  readonly asks: boolean;
  /**
   * To be awaited before flows are enriched: asks about subnets and VNICs that are not known yet, and waits for the answers, a
   * bounded time and only once for each. Costs nothing where all is known. Throws the signal's reason, nothing else.
   */
  prepare(flows: readonly Pick<Flow, "context">[], signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** Reads the files and the kept answers; asks nothing of the network. Throws UsageError where a file is missing or wrong. */
export async function openNetwork(
  blocks: readonly NetworkBlock[],
  surroundings: NetworkSurroundings & { readonly refreshMs: number },
  onEvent: (event: NetworkEvent) => void,
): Promise<Network> {
  let snapshot: NetworkSnapshot | undefined;
  let changed = true;
  const onChange = () => {
    changed = true;
  };
  const watch = await watchNetworkFiles(blocks, surroundings.refreshMs, onEvent, onChange);
  const apis: NetworkApi[] = [];
  const close = async () => {
    watch.close();
    for (const api of apis) await api.close();
  };
  try {
    for (const { network, options } of blocks) {
      const api = await network.openApi?.(options, surroundings, onEvent, onChange);
      if (api !== undefined) apis.push(api);
    }
  } catch (error) {
    await close();
    throw error;
  }
  return {
    get snapshot() {
      if (snapshot === undefined || changed) {
        changed = false;
        snapshot = new NetworkSnapshot([...apis.map((api) => api.data()), ...watch.data], snapshot);
      }
      return snapshot;
    },
    get counts() {
      return apis.map((api) => api.counts);
    },
    asks: apis.length > 0,
    async prepare(flows, signal) {
      if (apis.length === 0) return;
      let last: FlowContext | undefined;
      const contexts = new Set<FlowContext>();
      for (const { context } of flows) {
        if (context === last) continue;
        last = context;
        contexts.add(context);
      }
      await Promise.all(apis.map((api) => api.prepare(contexts, signal)));
    },
    close,
  };
}
