import type { Seen } from "../contracts/source.ts";

/** The memory of a worker that has not run yet. */
export const NOTHING_SEEN: Seen = {
  mark: () => undefined,
  partitions: () => [],
  waiting: () => [],
  unseen: (page) => [...page],
};
