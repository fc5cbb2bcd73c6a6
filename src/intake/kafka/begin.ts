import type { ObjectVersion } from "../../contracts/store.ts";
import type { Claim } from "../../lib/kafka/group-member.ts";
import { placeName } from "../../lib/kafka/places.ts";
import type { TopicReader } from "../../lib/kafka/topic-reader.ts";
import { runOf } from "./runs.ts";

/** Where a partition begins that was never read: at an end of it, or at a time in ms since the epoch. */
export type Begin = "earliest" | "latest" | number;

interface Known {
  /** What the ledger remembers of the partition, in order: what is not finished. */
  readonly held: readonly ObjectVersion[];
  /** What it was told when that was found. */
  readonly mark: string | undefined;
  readonly group: string;
  readonly begin: Begin;
}

/**
 * Where a claim begins. The group says so; what the ledger remembers is gone on with where it is of the same group and nobody else has been
 * further, or has set the group back, meanwhile: then everything before it was finished here. Else it is to be revoked.
 */
export async function beginOf(
  claim: Claim,
  { held, mark, group, begin }: Known,
  reader: Pick<TopicReader, "offsets">,
): Promise<{ readonly position: number; readonly revoke: boolean }> {
  const { committed } = claim;
  const [oldest, newest] = [held[0], held.at(-1)];
  if (oldest !== undefined && newest !== undefined) {
    const known = mark === undefined ? undefined : (JSON.parse(mark) as { group: string; told?: number });
    const isSetBack = committed !== undefined && known?.told !== undefined && committed < known.told;
    const isAhead = committed !== undefined && committed > runOf(oldest).from;
    if (known?.group === group && !isSetBack && !isAhead) return { position: runOf(newest).to + 1, revoke: false };
  }
  if (committed !== undefined) return { position: committed, revoke: true };
  const { topic, partition } = claim;
  const offsets = await reader.offsets([{ topic, partition }], begin);
  return { position: offsets.get(placeName(claim)) ?? 0, revoke: true };
}
