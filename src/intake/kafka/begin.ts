import type { ObjectVersion } from "../../contracts/store.ts";
import type { Claim } from "../../lib/kafka/group-member.ts";
import { placeName } from "../../lib/kafka/places.ts";
import type { TopicReader } from "../../lib/kafka/topic-reader.ts";
import { runOf } from "./runs.ts";

/** Where a partition begins that was never read: at an end of it, or at a time in ms since the epoch. */
export type Begin = "earliest" | "latest" | number;

/** What the ledger was told of a partition when something of it was found: whose progress it is, and of which topic. */
export interface Mark {
  readonly group: string;
  /** What the group was told last. */
  readonly told?: number | undefined;
  readonly topicId?: string | undefined;
}

interface Known {
  /** What the ledger remembers of the partition, in order: what is not finished. */
  readonly held: readonly ObjectVersion[];
  readonly mark: Mark | undefined;
  readonly group: string;
  readonly begin: Begin;
  /** Of the topic as it is now; undefined where brokers give topics none. */
  readonly topicId: string | undefined;
}

/** Where to read from, and whether what the ledger remembers is to be revoked. */
export interface Beginning {
  readonly position: number;
  readonly revoke: boolean;
  /** The topic was made anew since the ledger was told of it. */
  readonly isAnother?: true;
}

/**
 * Where a claim begins. The group says so; what the ledger remembers is gone on with where it is of the same group and nobody else has been
 * further, or has set the group back, meanwhile: then everything before it was finished here. Else it is to be revoked. A topic that was made
 * anew is read as a whole, unless the group has been there; what the ledger remembers of the old one is left to be told as lost.
 */
export async function beginOf(
  claim: Claim,
  { held, mark, group, begin, topicId }: Known,
  reader: Pick<TopicReader, "offsets">,
): Promise<Beginning> {
  const { committed } = claim;
  const firstOf = async (at: Begin) => {
    const { topic, partition } = claim;
    return (await reader.offsets([{ topic, partition }], at)).get(placeName(claim)) ?? 0;
  };
  const isAnother = mark?.group === group && mark.topicId !== undefined && topicId !== undefined && mark.topicId !== topicId;
  if (isAnother) return { position: committed ?? (await firstOf("earliest")), revoke: false, isAnother };
  const [oldest, newest] = [held[0], held.at(-1)];
  if (oldest !== undefined && newest !== undefined) {
    const isSetBack = committed !== undefined && mark?.told !== undefined && committed < mark.told;
    const isAhead = committed !== undefined && committed > runOf(oldest).from;
    if (mark?.group === group && !isSetBack && !isAhead) return { position: runOf(newest).to + 1, revoke: false };
  }
  return { position: committed ?? (await firstOf(begin)), revoke: true };
}
