/** How often a property is tried: as often as given where the environment says CI, else a quarter of it, for somebody waits. */
export const runs = (often: number): number => (process.env.CI === undefined ? Math.ceil(often / 4) : often);
