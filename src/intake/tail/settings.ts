/** What the options come to, with instants resolved once: a duration in `since` or `until` counts back from the start of the program. */
export interface TailSettings {
  readonly prefix: string;
  readonly layout: string;
  readonly keys: "any" | "time-ordered";
  readonly accepts: (key: string) => boolean;
  readonly lookBackMs: number;
  readonly since: number | undefined;
  readonly until: number | undefined;
  readonly lateSweepMs: number;
  readonly sweepMs: number;
}
