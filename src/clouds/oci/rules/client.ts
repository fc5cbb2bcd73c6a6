import type { OciError } from "oci-common";

import { allPages, listOf, resourceOf } from "../answers.ts";
import { connectOci, type OciConnection } from "../connection.ts";
import { type Explanation, isAbsent, ociError, policyStatement } from "../errors.ts";
import type { OciSurroundings } from "../identity.ts";
import type { OciApiOptions } from "./options.ts";
import type { VirtualNetworkClient } from "./virtual-network.ts";

/** Kinds of resources that are asked for. */
export type ResourceKind = "subnet" | "securityList" | "vnic" | "group";

const BEGINNINGS: readonly (readonly [string, ResourceKind])[] = [
  ["ocid1.subnet.", "subnet"],
  ["ocid1.securitylist.", "securityList"],
  ["ocid1.vnic.", "vnic"],
  ["ocid1.networksecuritygroup.", "group"],
];

/** What an OCID is of, by its beginning; undefined for anything else. */
export function kindOf(ocid: string): ResourceKind | undefined {
  return BEGINNINGS.find(([beginning]) => ocid.startsWith(beginning))?.[1];
}

/** Least that a policy has to allow. Lists of an NSG's rules ask for `use` (NETWORK_SECURITY_GROUP_LIST_SECURITY_RULES). */
const PERMISSIONS: Readonly<Record<ResourceKind, string>> = {
  subnet: "inspect subnets",
  securityList: "inspect security-lists",
  vnic: "inspect vnics",
  group: "use network-security-groups",
};

/** Rules of an NSG are listed in pages of this size, the largest there is. */
const PAGE_SIZE = 1000;

/** The network as OCI's API describes it. */
export interface OciNetworkClient {
  /**
   * The resource as the API has it, an NSG with its rules as `securityRules`; null for one that is not there. Throws a Failure, also for an
   * answer that is none of the service.
   */
  get(kind: ResourceKind, ocid: string, turn: () => Promise<void>, signal: AbortSignal): Promise<unknown>;
  /** One line about an OCID of a region other than the client's, which cannot be asked for; undefined for the right region. */
  foreign(ocid: string): string | undefined;
  close(): Promise<void>;
}

/**
 * A client, loaded when it is first needed. Asks nothing of the network. Throws UsageError. `onRenewed` is told once of
 * each credentials that were read again because the service had refused the old ones.
 */
export async function ociNetworkClient(
  options: OciApiOptions,
  surroundings: OciSurroundings,
  onRenewed: () => void,
): Promise<OciNetworkClient> {
  const [{ VirtualNetworkClient }, { Region }] = await Promise.all([import("./virtual-network.ts"), import("oci-common")]);
  const connection = await connectOci(options, surroundings, {
    what: "the network (enrich.oci.api)",
    create: (params, configuration) => new VirtualNetworkClient(params, configuration),
    onRenewed,
  });
  const { client } = connection;
  const { region: principal } = connection.identity;
  const assumed = options.endpoint === undefined && typeof principal === "string" ? principal : undefined;
  const region = () => options.region ?? /\/\/iaas\.([a-z0-9-]+)\./.exec(client.endpoint)?.[1] ?? assumed;
  return {
    async get(kind, ocid, turn, signal) {
      try {
        return await READERS[kind](connection, ocid, turn, signal);
      } catch (failure) {
        if (isAbsent(failure)) return null;
        throw ociError(failure, {
          operation: `Get ${ocid}`,
          place: "in the network",
          endpoint: client.endpoint,
          identity: connection.identity,
          explain: (refusal) => explain(refusal, kind, connection),
        });
      }
    },
    foreign(ocid) {
      const own = region();
      const written = ocid.split(".")[3];
      if (own === undefined || written === undefined || written === "") return undefined;
      const codes = [own, Region.values().find(({ regionId }) => regionId === own)?.regionCode];
      if (codes.includes(written)) return undefined;
      return `${ocid} is of region ${written}, and enrich.oci.api asks ${own}: give its network as a file in enrich.oci.files, or run a worker with that region`;
    },
    close: () => connection.close(),
  };
}

/** The policy that is needed to ask for a resource. */
function explain(refusal: OciError, kind: ResourceKind, { identity }: OciConnection<unknown>): Explanation | undefined {
  if (refusal.statusCode !== 403) return undefined;
  const policy = policyStatement(identity, `${PERMISSIONS[kind]} in compartment <the network's compartment>`);
  return { code: "not-authorized", advice: `the policy that is needed: ${policy}`, drawer: "person" };
}

/** What to check about resources that are not there, or may not be seen: the service does not tell one from the other. */
export function missingAdvice(kind: ResourceKind): string {
  return `it is gone, or a policy is missing: Allow … to ${PERMISSIONS[kind]} in compartment <the network's compartment>`;
}

type Reader = (
  connection: OciConnection<VirtualNetworkClient>,
  id: string,
  turn: () => Promise<void>,
  signal: AbortSignal,
) => Promise<unknown>;

const READERS: Readonly<Record<ResourceKind, Reader>> = {
  async subnet({ client, ask }, subnetId, turn, signal) {
    await turn();
    return (await ask(signal, async () => resourceOf(await client.getSubnet(subnetId), subnetId))).result;
  },
  async securityList({ client, ask }, securityListId, turn, signal) {
    await turn();
    const get = async () => resourceOf(await client.getSecurityList(securityListId), securityListId);
    return (await ask(signal, get)).result;
  },
  async vnic({ client, ask }, vnicId, turn, signal) {
    await turn();
    return (await ask(signal, async () => resourceOf(await client.getVnic(vnicId), vnicId))).result;
  },
  async group({ client, ask }, networkSecurityGroupId, turn, signal) {
    await turn();
    const get = async () => resourceOf(await client.getNetworkSecurityGroup(networkSecurityGroupId), networkSecurityGroupId);
    const { result } = await ask(signal, get);
    const securityRules = await allPages("ListNetworkSecurityGroupSecurityRules", async (page) => {
      await turn();
      const query = { limit: PAGE_SIZE, ...(page === undefined ? {} : { page: encodeURIComponent(page) }) };
      const list = async () => {
        const { items, next } = await client.listNetworkSecurityGroupSecurityRules(networkSecurityGroupId, query);
        return { items: listOf(items), next };
      };
      return (await ask(signal, list)).result;
    });
    return { ...result, securityRules };
  },
};
