import type { OciError } from "oci-common";
import { DEFAULT_TIMING } from "../../../enrich/inventory/options.ts";
import type { InventorySource, Listing, OwnerKind } from "../../../enrich/inventory/source.ts";
import { Document } from "../../../enrich/rules/document.ts";
import { describeError, drawerOf, Failure } from "../../../lib/errors.ts";
import { allPages, listOf, resourceOf } from "../answers.ts";
import { connectOci, type OciConnection } from "../connection.ts";
import { isAbsent, ociError, policyStatement } from "../errors.ts";
import type { OciSurroundings } from "../identity.ts";
import { Pacer } from "../rules/pacer.ts";
import type { InventoryClient, ListedKind } from "./client.ts";
import type { OciInventoryOptions } from "./options.ts";
import { OciInventoryReader } from "./reader.ts";

/** Least that a policy has to allow, and which owners are not known without it. */
const NEEDED: Readonly<Record<ListedKind | "vnics", { readonly permission: string; readonly kinds: readonly OwnerKind[] }>> = {
  compartments: { permission: "inspect compartments", kinds: ["instance", "load-balancer", "database", "gateway"] },
  instances: { permission: "read instances", kinds: ["instance"] },
  vnicAttachments: { permission: "inspect vnic-attachments", kinds: ["instance"] },
  vnics: { permission: "inspect vnics", kinds: ["instance", "database"] },
  subnets: { permission: "inspect subnets", kinds: ["instance", "load-balancer", "database", "gateway"] },
  natGateways: { permission: "read nat-gateways", kinds: ["gateway"] },
  loadBalancers: { permission: "inspect load-balancers", kinds: ["load-balancer"] },
  networkLoadBalancers: { permission: "inspect network-load-balancers", kinds: ["load-balancer"] },
  autonomousDatabases: { permission: "inspect autonomous-databases", kinds: ["database"] },
  dbSystems: { permission: "inspect db-systems", kinds: ["database"] },
  dbNodes: { permission: "inspect db-nodes", kinds: ["database"] },
};
/** What is listed of each compartment. */
const OF_COMPARTMENT: readonly ListedKind[] = [
  "instances",
  "vnicAttachments",
  "subnets",
  "natGateways",
  "loadBalancers",
  "networkLoadBalancers",
  "autonomousDatabases",
  "dbSystems",
];

/** The inventory of OCI. Connects to the API where the options say so; asks nothing yet. Throws UsageError. */
export async function ociInventory(options: OciInventoryOptions, surroundings: OciSurroundings): Promise<InventorySource> {
  const { files, tags, cache, api } = options;
  const read = (documents: readonly Document[]) => {
    const reader = new OciInventoryReader(tags);
    for (const document of documents) reader.document(document);
    return reader.owned();
  };
  const common = { cloud: "oci", cache, files, read };
  if (api === undefined) return { ...common, ...DEFAULT_TIMING, list: undefined, close: async () => {} };
  const { InventoryClient } = await import("./client.ts");
  const connection = await connectOci(api, surroundings, {
    what: "the inventory (enrich.oci.inventory.api)",
    create: (params, configuration) => new InventoryClient(params, configuration),
  });
  const { lifetimeMs, waitMs, historyMs, compartments } = api;
  // Of all listings together.
  const pacer = new Pacer(api.requestsPerSecond);
  return {
    ...common,
    ...{ lifetimeMs, waitMs, historyMs },
    list: (signal, onFault) => new Lister({ connection, pacer, tags, onFault }, signal).list(compartments),
    close: () => connection.close(),
  };
}

interface Surroundings {
  readonly connection: OciConnection<InventoryClient>;
  readonly pacer: Pacer;
  readonly tags: readonly string[];
  readonly onFault: (line: string) => void;
}

/** One listing of everything. */
class Lister {
  readonly #connection: OciConnection<InventoryClient>;
  readonly #reader: OciInventoryReader;
  readonly #signal: AbortSignal;
  readonly #onFault: (line: string) => void;
  readonly #pacer: Pacer;
  readonly #failed = new Set<OwnerKind>();
  readonly #told = new Set<string>();

  constructor({ connection, pacer, tags, onFault }: Surroundings, signal: AbortSignal) {
    this.#connection = connection;
    this.#reader = new OciInventoryReader(tags);
    this.#signal = signal;
    this.#onFault = onFault;
    this.#pacer = pacer;
  }

  async list(roots: readonly string[]): Promise<Listing> {
    for (const compartment of await this.#below(roots)) {
      for (const kind of OF_COMPARTMENT) {
        const found = await this.#resources(kind, { compartmentId: compartment });
        for (const one of found) await this.#belongings(kind, one, compartment);
      }
    }
    return { owned: this.#reader.owned(), failed: [...this.#failed] };
  }

  /** The compartments and those below them. A list of the whole tree is only given of the tenancy; elsewhere it is walked down. */
  async #below(roots: readonly string[]): Promise<Set<string>> {
    const all = new Set(roots);
    for (const root of roots) {
      await this.#resource("compartments", root, (client) => client.getCompartment(root));
    }
    const listed = new Set<string>();
    for (const one of all) {
      if (listed.has(one)) continue;
      const found = await this.#resources("compartments", { compartmentId: one });
      for (const { id } of found) {
        if (typeof id !== "string") continue;
        all.add(id);
        if (one.startsWith("ocid1.tenancy.")) listed.add(id);
      }
    }
    return all;
  }

  async #belongings(kind: ListedKind, one: Readonly<Record<string, unknown>>, compartmentId: string): Promise<void> {
    if (kind === "vnicAttachments" && typeof one.vnicId === "string" && one.lifecycleState === "ATTACHED")
      await this.#vnic(one.vnicId);
    if (kind !== "dbSystems" || typeof one.id !== "string") return;
    for (const { vnicId } of await this.#resources("dbNodes", { compartmentId, dbSystemId: one.id })) {
      if (typeof vnicId === "string") await this.#vnic(vnicId);
    }
  }

  async #resources(
    kind: ListedKind,
    of: { readonly compartmentId: string; readonly dbSystemId?: string },
  ): Promise<readonly Readonly<Record<string, unknown>>[]> {
    return this.#ask(kind, async ({ client, ask }) => {
      const items = await allPages(kind, async (page) => {
        await this.#pacer.turn(this.#signal);
        const listed = { kind, ...of, page: page === undefined ? undefined : encodeURIComponent(page) };
        return (
          await ask(this.#signal, async () => {
            const { items: all, next } = await client.list(listed);
            return { items: listOf(all), next };
          })
        ).result;
      });
      for (const item of items) this.#take(item);
      return items as readonly Readonly<Record<string, unknown>>[];
    });
  }

  #vnic(vnicId: string): Promise<void> {
    return this.#resource("vnics", vnicId, (client) => client.getVnic(vnicId));
  }

  async #resource(
    kind: keyof typeof NEEDED,
    id: string,
    get: (client: InventoryClient) => Promise<object | undefined>,
  ): Promise<void> {
    await this.#ask(kind, async ({ client, ask }) => {
      await this.#pacer.turn(this.#signal);
      const { result } = await ask(this.#signal, async () => resourceOf(await get(client), id)).catch((failure) => {
        // It went between the list and the question.
        if (isAbsent(failure)) return { result: undefined };
        throw failure;
      });
      if (result !== undefined) this.#take(result);
      return [];
    });
  }

  #take(resource: object): void {
    const document = new Document(JSON.stringify(resource), ({ place, reason }) =>
      this.#tell(`${place}: ${reason}; the rest is used`),
    );
    this.#reader.resource(document, document.value, []);
  }

  /** What cannot be had is told, and its owners stay as they were known; what may pass soon ends the listing, which is repeated. */
  async #ask<T>(
    kind: keyof typeof NEEDED,
    question: (connection: OciConnection<InventoryClient>) => Promise<readonly T[]>,
  ): Promise<readonly T[]> {
    const { client, identity } = this.#connection;
    try {
      return await question(this.#connection);
    } catch (error) {
      this.#signal.throwIfAborted();
      const { permission, kinds } = NEEDED[kind];
      const policy = policyStatement(identity, `${permission} in compartment <the inventory's compartment>`);
      const failure = ociError(error, {
        operation: `List ${kind}`,
        place: "in the inventory",
        endpoint: client.endpoint,
        identity,
        explain: (refusal: OciError) =>
          [403, 404].includes(refusal.statusCode)
            ? { code: "not-authorized", advice: `the policy that is needed: ${policy}`, drawer: "person" }
            : undefined,
      });
      if (!(failure instanceof Failure) || drawerOf(failure) !== "person" || failure.code !== "not-authorized") throw failure;
      // Of each compartment the same.
      this.#tell(describeError(failure), kind);
      for (const one of kinds) this.#failed.add(one);
      return [];
    }
  }

  /** Tells a line, of each topic the first. */
  #tell(line: string, topic = line): void {
    if (this.#told.has(topic)) return;
    this.#told.add(topic);
    this.#onFault(line);
  }
}
