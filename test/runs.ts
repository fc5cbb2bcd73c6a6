/**
 * How often a property is tried, or how much a test of cost heaps up: as much as given where the environment says CI, else a quarter of
 * it, for somebody waits.
 */
export const runs = (much: number): number => (process.env.CI === undefined ? Math.ceil(much / 4) : much);
