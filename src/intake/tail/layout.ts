import type { Strategy, Tail } from "./strategy.ts";

/** A way in which the keys of a bucket tell what is new. All its keys lie in folders whose names begin with `root`. */
export interface Layout {
  readonly name: string;
  /** For the reference: how its keys look. */
  readonly summary: string;
  readonly root: string;
  /** Whether every key that begins with this prefix, below a folder or in it, is of this layout. */
  holds(prefix: string): boolean;
  tail(tail: Tail, prefix: string): Strategy;
}
