import { z } from "zod";
import { durationText, instantText, parseDuration, parseInstant } from "../../lib/durations.ts";
import { UsageError } from "../../lib/errors.ts";
import { globFault, globMatcher } from "./globs.ts";
import type { Layout } from "./layout.ts";
import type { TailSettings } from "./settings.ts";

const glob = z.string().superRefine((pattern, context) => {
  const fault = globFault(pattern);
  if (fault !== undefined) context.addIssue({ code: "custom", message: `"${pattern}" ${fault}` });
});

/** Options of tailing, the same for every bucket. */
export const tailOptions = (layouts: readonly Layout[]) =>
  z.strictObject({
    prefix: z.string().max(1024).default("").describe("Only keys that begin with this"),
    include: z
      .array(glob)
      .min(1)
      .optional()
      .describe("Only keys that match one of these patterns: `*` any characters but `/`, `**` any characters, `?` one character"),
    exclude: z.array(glob).optional().describe("No keys that match one of these patterns; it wins over `include`"),
    layout: z
      .enum(["auto", ...layouts.map(({ name }) => name), "flat"])
      .default("auto")
      .describe(
        `How keys tell what is new. ${layouts.map(({ name, summary }) => `\`${name}\`: ${summary}. `).join("")}` +
          "`flat`: any keys; every pass lists all of them. `auto`: the others wherever such folders stand under `prefix`, and flat for all other keys",
      ),
    keys: z
      .enum(["any", "time-ordered"])
      .default("any")
      .describe(
        "With `layout: flat`: `time-ordered` says that newer objects have higher keys, so that a pass lists only the newest keys",
      ),
    lookBack: durationText()
      .default("2h")
      .describe(
        "How far an object may come behind the newest one of its folder (by the time in its name, in flat layouts by the store's time) and still be found at once; " +
          "the ledger remembers the objects within it. For what comes later see `lateSweep`",
      ),
    since: instantText()
      .optional()
      .describe(
        "Where a folder begins that was not tailed before: a time, a date, or how long ago (`30d`). The time is the one in the name, in flat layouts the store's; " +
          "objects up to `lookBack` earlier are read too, since their records may be later",
      ),
    until: instantText()
      .optional()
      .describe(
        "In folders with times in their names, objects that say a time later than this by more than `lookBack`, or none, are left out; " +
          "no bound in flat layouts: an object may hold records from long before it was stored",
      ),
    lateSweep: durationText()
      .default("6h")
      .describe(
        "How often names behind the look-back are listed again, also at the start: an object that came late is read, and told of as `late-object`. " +
          "The last 1,000 objects of each folder behind the look-back are told from late ones (with `keys: time-ordered` 4,000); " +
          "in flat layouts every pass does so, for the last 4,000. What comes in further back than these is not read, but told of as `late-object`: by name, looked for once a day; " +
          "in flat layouts with their number, by the next pass",
      ),
    sweepMs: z
      .int()
      .min(1000)
      .default(300_000)
      .describe(
        "How often, in ms, new folders of IBM flow logs are looked for, and folders without news for 24 h are looked into; also at the start",
      ),
  });

export type TailOptions = z.output<ReturnType<typeof tailOptions>>;

/** Throws UsageError for options that contradict each other. */
export function tailSettings(options: TailOptions, now: number): TailSettings {
  const { prefix, layout, keys, sweepMs } = options;
  if (keys === "time-ordered" && layout !== "flat") {
    throw new UsageError("bad-options", "keys: time-ordered is about flat layouts: add layout: flat");
  }
  const since = options.since === undefined ? undefined : parseInstant(options.since, now);
  const until = options.until === undefined ? undefined : parseInstant(options.until, now);
  if (since !== undefined && until !== undefined && since >= until) {
    throw new UsageError("bad-options", `since (${options.since}) is not before until (${options.until})`);
  }
  const included = options.include === undefined ? () => true : globMatcher(options.include);
  const excluded = globMatcher(options.exclude ?? []);
  const accepts = (key: string) => key.startsWith(prefix) && included(key) && !excluded(key);
  const [lookBackMs, lateSweepMs] = [parseDuration(options.lookBack), parseDuration(options.lateSweep)];
  return { prefix, layout, keys, accepts, lookBackMs, since, until, lateSweepMs, sweepMs };
}
