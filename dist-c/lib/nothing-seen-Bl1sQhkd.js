// src/ledger/nothing-seen.ts
/** The memory of a worker that has not run yet. */
const NOTHING_SEEN = {
	mark: () => void 0,
	partitions: () => [],
	unseen: (page) => [...page]
};
export { NOTHING_SEEN as t };
