import { z } from "zod";

/** How often a provider is asked who has which address, and how long that is remembered. */
export const inventoryTiming = z.strictObject({
  lifetimeMs: z
    .int()
    .min(10_000)
    .default(600_000)
    .describe("How old a listing may grow before another is asked for, in the background, in ms"),
  waitMs: z.int().min(0).default(10_000).describe("How long flows wait for the first listing of a run that knows nothing, in ms"),
  historyMs: z.int().min(0).default(7_776_000_000).describe("How long the owners of before are remembered, in ms"),
});

export const DEFAULT_TIMING = inventoryTiming.parse({});
