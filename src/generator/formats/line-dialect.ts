import type { Random } from "../random.ts";
import type { Host, Subnet } from "../world.ts";
import type { Encoder, Window } from "./format.ts";

/** What tells one format of lines from another. */
export interface LineDialect {
  readonly encoder: Encoder;
  /** The line above the records of an object, which is none. */
  readonly heading?: string;
  /** Called before each object: settles what varies from one to the next. */
  prepare(window: Window, random: Random): void;
  /** Key of an object by the times of its first and last record. */
  key(window: Window, first: number, last: number): string;
  /** Seconds from a record's time to the object's. */
  readonly delay: number;
  quality(host: Host, kind: "noData" | "skipData", time: number, random: Random): string;
  /** A line that is broken in the named way, made from a good one; undefined where the format knows no such damage. */
  breakLine(
    kind: string,
    good: string,
  ): { readonly text: string; readonly bytes?: bigint; readonly skippedType?: string } | undefined;
  subnetId(subnet: Subnet): string;
}
