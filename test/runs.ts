/** Where the environment says CI, nobody waits. */
export const isThorough = process.env.CI !== undefined;

/** How often a property is tried, or how much a test of cost heaps up: as much as given in CI, else a quarter of it, for somebody waits. */
export const runs = (much: number): number => (isThorough ? much : Math.ceil(much / 4));
