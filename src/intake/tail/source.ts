import { IBM_ROOT, ibmVpcTail } from "../../clouds/ibm/collector.ts";
import { CONNECTOR_FOLDER, ociConnectorTail } from "../../clouds/oci/connector.ts";
import type { Source, SourceDependencies } from "../../contracts/source.ts";
import type { ObjectStore } from "../../contracts/store.ts";
import { flatTail } from "./flat.ts";
import { flatOrderedTail } from "./flat-ordered.ts";
import { type TailOptions, tailSettings } from "./options.ts";
import type { Strategy, Tail } from "./strategy.ts";

/**
 * A bucket that is tailed: the store, and the strategy that the options name. Every source ends in it:
 * `create: async (options, dependencies) => tailing(await openStore(options, dependencies), options, dependencies)`,
 * with `options: tailOptions.extend({ … })`.
 * Throws UsageError for options that contradict each other. The clock is the wall clock, but for tests.
 */
export function tailing(
  store: ObjectStore,
  options: TailOptions,
  { onEvent }: Pick<SourceDependencies, "onEvent">,
  now: () => number = Date.now,
): Source {
  return {
    name: store.name,
    discover: strategyOf({ store, settings: tailSettings(options, now()), now, onEvent }),
    open: (object, signal) => store.open(object, signal),
    close: () => store.close(),
  };
}

function strategyOf(tail: Tail): Strategy {
  const { prefix, layout, keys } = tail.settings;
  switch (layout) {
    case "oci-connector":
      return ociConnectorTail(tail, prefix);
    case "ibm-vpc":
      return ibmVpcTail(tail, prefix);
    case "flat":
      return keys === "time-ordered" ? flatOrderedTail(tail, prefix) : flatTail(tail, prefix);
    case "auto":
      return autoTail(tail, prefix);
  }
}

/**
 * Which strategy a key belongs to depends on the key alone, so that nothing changes sides as a bucket fills: the folders of connectors
 * and of Flow Logs for VPC directly under the prefix's last folder, and flat for whatever else begins with the prefix.
 */
function autoTail(tail: Tail, prefix: string): Strategy {
  const folder = prefix.slice(0, prefix.lastIndexOf("/") + 1);
  const connectors = `${folder}ocid1.serviceconnector.`;
  const ibm = folder + IBM_ROOT;
  if (prefix.startsWith(connectors) || CONNECTOR_FOLDER.test(prefix)) return ociConnectorTail(tail, prefix);
  if (prefix.includes(IBM_ROOT)) return ibmVpcTail(tail, prefix);
  const holes = [connectors, ibm].filter((hole) => hole.startsWith(prefix));
  const strategies = [
    ...(holes.includes(connectors) ? [ociConnectorTail(tail, connectors)] : []),
    ...(holes.includes(ibm) ? [ibmVpcTail(tail, ibm)] : []),
    flatTail(tail, prefix, holes),
  ];
  return async function* (seen, signal) {
    for (const strategy of strategies) yield* strategy(seen, signal);
  };
}
