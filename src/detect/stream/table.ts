import type { Groups } from "./groups.ts";
import type { Row } from "./rows.ts";
import type { Json } from "./window.ts";

/** What somebody remembers, as it is saved and put back: group by group. */
export interface Table {
  readonly groups: Pick<Groups<unknown>, "size" | "touches" | "oldestTouch" | "touched" | "visit" | "settle">;
  /** Plain data from which `unpack` makes the group again. */
  pack(row: Row): readonly Json[];
  /** Loads a group that was touched last at that number. Throws TypeError when the data is none of its own. */
  unpack(touched: number, fields: readonly unknown[]): void;
  /** What belongs to no group, if there is such. */
  readonly common?: { pack(): Json; unpack(data: unknown): void };
}

/** The table of the objects' progress. */
export const OBJECTS = "objects";

/** What a table is called in a saved state. */
export function tableId(part: "follower" | "episodes" | "held" | `common ${string}`, rule: string): string {
  return `${part}/${rule}`;
}

/** The name of the rule that the table belongs to, undefined for that of the objects. */
export function ruleOf(id: string): string | undefined {
  return id === OBJECTS ? undefined : id.slice(id.indexOf("/") + 1);
}
