import type { ZodType } from "zod";
import type { FlowContext } from "../../flow/flow.ts";
import type { Secrets } from "../../lib/secrets/secrets.ts";
import type { InventorySource } from "../inventory/source.ts";
import type { Document } from "./document.ts";
import type { NetworkData } from "./snapshot.ts";
import type { RuleWriter } from "./writer.ts";

/** Something happened to the description of the network. */
export interface NetworkEvent {
  /** False where something was refused or could not be had. */
  readonly ok: boolean;
  /** One line. */
  readonly message: string;
}

export interface NetworkSurroundings {
  /** Absolute folder that relative paths start from: the configuration file's. */
  readonly baseDir: string;
  readonly env: NodeJS.ProcessEnv;
  /** Takes secrets that come up while the program runs. */
  readonly secrets?: Secrets | undefined;
}

/** Questions to a provider's API, counted since the start. */
export interface NetworkCounts {
  readonly asked: number;
  readonly failed: number;
  /** Resources that the service says are not there. */
  readonly missing: number;
  /** Resources of other regions, which are never asked for. */
  readonly foreign: number;
}

/** What a provider's API knows of the subnets and VNICs that were seen, kept fresh in the background until it is closed. */
export interface NetworkApi {
  readonly counts: NetworkCounts;
  /** All that is known now. A new object after each change. */
  data(): NetworkData;
  /** Asks about what is not known of the contexts yet; resolves when all is answered or has failed, or a bounded time is over. */
  prepare(contexts: Iterable<FlowContext>, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** What can be known of the networks of a cloud: from files that its command line prints, and from its API. */
export interface CloudNetwork<Options = unknown> {
  /** What its block in `enrich` is called. */
  readonly name: string;
  readonly options: ZodType<Options>;
  /** The options with absolute paths. `at` makes one absolute, `beside` names a file beside the ledger, if there is one. */
  resolve(options: Options, at: (path: string) => string, beside: (name: string) => string | undefined): Options;
  /** What `NetworkData.provider` says of its networks. */
  readonly provider?: string;
  /** How its rules are written down for people. */
  readonly writer?: RuleWriter;
  /** The files that the options name. */
  files(options: Options): readonly string[];
  /**
   * What the files hold; undefined where the options name none. `open` gives undefined for a file that is refused, `report` takes what
   * cannot be understood, one line each: it is left out.
   */
  read(
    options: Options,
    open: (path: string) => Promise<Document | undefined>,
    report: (fault: string) => void,
  ): Promise<NetworkData | undefined>;
  /** Who has which address, where the options say how that is known; asks nothing of the network. Throws UsageError. */
  inventory?(options: Options, surroundings: NetworkSurroundings): Promise<InventorySource | undefined>;
  /** Reads the kept answers and connects, where the options say so; asks nothing of the network. Throws UsageError. */
  openApi?(
    options: Options,
    surroundings: NetworkSurroundings,
    onEvent: (event: NetworkEvent) => void,
    onChange: () => void,
  ): Promise<NetworkApi> | undefined;
}

/** A cloud's network with what its block in `enrich` says. */
export interface NetworkBlock {
  readonly network: CloudNetwork;
  readonly options: unknown;
}

/** Those of the networks of which `enrich` has a block. */
export function networkBlocks(networks: readonly CloudNetwork[], enrich: Readonly<Record<string, unknown>>): NetworkBlock[] {
  return networks.flatMap((network) => {
    const options = enrich[network.name];
    return options === undefined ? [] : [{ network, options }];
  });
}
