/** Where the environment says CI, nobody waits. */
export const isThorough = process.env.CI !== undefined;

/**
 * How often a property is tried, or how much a test of cost heaps up: as much as given in CI, else an eighth of it, or another share where
 * that is too little to say anything, or each time is dear, for somebody waits.
 */
export const runs = (much: number, share = 8): number => (isThorough ? much : Math.ceil(much / share));
