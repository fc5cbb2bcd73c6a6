import type { Document } from "../rules/document.ts";

/** What has an address. */
export const OWNER_KINDS = ["instance", "load-balancer", "database", "gateway"] as const;
export type OwnerKind = (typeof OWNER_KINDS)[number];

/** An address of a resource, as the provider has it now. */
export interface Owned {
  /** Dotted, or as RFC 5952 has it. */
  readonly address: string;
  readonly kind: OwnerKind;
  /** The provider's id of the resource. */
  readonly id: string;
  /** The name that people gave it. */
  readonly name: string;
  /** VCN or VPC: private addresses repeat from one to the other. Undefined where it is not known, and of public addresses. */
  readonly network?: string | undefined;
  /** Name of the compartment or resource group. */
  readonly compartment?: string | undefined;
  /** The tags that were chosen, by the names of their columns. */
  readonly tags: Readonly<Record<string, string>>;
  /** Since when it has the address, ms since the epoch; undefined where the provider does not say. */
  readonly since?: number | undefined;
}

/** Who has which address now. */
export interface Listing {
  readonly owned: readonly Owned[];
  /** Kinds of which something could not be had: of these nothing is known to be gone. */
  readonly failed: readonly OwnerKind[];
}

/** The inventory of one cloud, as the options in its block have it. */
export interface InventorySource {
  /** The cloud's block in `enrich`. */
  readonly cloud: string;
  /** File that keeps what was known, and when; undefined for none. */
  readonly cache: string | undefined;
  /** How old a listing may grow before another is asked for. */
  readonly lifetimeMs: number;
  /** How long flows wait for the first listing. */
  readonly waitMs: number;
  /** How long owners of before are remembered. */
  readonly historyMs: number;
  /** Exported files. */
  readonly files: readonly string[];
  /** What the documents hold, all together. What cannot be understood is told to their reports, and left out. */
  read(documents: readonly Document[]): Owned[];
  /** Asks the provider's API for everything; `onFault` takes one line for each list that cannot be had. Undefined where it is not asked. */
  readonly list: ((signal: AbortSignal, onFault: (line: string) => void) => Promise<Listing>) | undefined;
  close(): Promise<void>;
}
