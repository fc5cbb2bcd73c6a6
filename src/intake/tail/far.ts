import { z } from "zod";
import type { ObjectRef } from "../../contracts/store.ts";
import { compareKeys } from "../keys.ts";
import { CLOCKS_APART_MS, type Tail } from "./strategy.ts";

/** How often what lies further back than is remembered is listed. */
const RARELY_MS = 86_400_000;
/** So many sweeps are told apart. */
const SWEEPS = 32;
/** Objects that are named one by one; of further ones it is said how many there are. */
const NAMED = 1000;

/**
 * As a mark holds it. `at`: what was stored before this is told of; `from`: where the window began at the last sweep; `sweeps`: of those
 * since, what was stored before (and not before the sweep before), and the place before which such an object was met by none.
 */
export const farSchema = z.object({ at: z.number(), from: z.string(), sweeps: z.array(z.tuple([z.number(), z.string()])) });

type Stored = z.output<typeof farSchema>;

/**
 * What comes in further back than is remembered behind a window. What is known cannot tell it from what was read, but when it was stored can:
 * a window never looks back behind where it began at a sweep, and a sweep never behind where memory began. So what was stored between two
 * sweeps, and stands before the window of the first and the memory of the second, was met by neither. Sweeps are so near to each other that
 * memory does not pass over where the window was (`isDue`), so that all other late objects are met.
 */
export class Far {
  #at: number;
  #from: string;
  readonly #sweeps: [at: number, bound: string][];

  /** `started`: now, ms since the epoch; `from`: where the window begins. Both count if nothing is stored. */
  constructor(stored: Stored | undefined, started: number, from: string) {
    this.#at = stored?.at ?? started - CLOCKS_APART_MS;
    this.#from = stored?.from ?? from;
    this.#sweeps = [...(stored?.sweeps ?? [])];
  }

  /** Whether it is time for a sweep: memory is about to begin, at `soon`, behind where the window began at the last one. */
  isDue(soon: string): boolean {
    return compareKeys(soon, this.#from) > 0;
  }

  /** A sweep that began at `started` has met what lies between `begin`, where memory begins, and `from`, where the window does. */
  swept(started: number, begin: string, from: string): void {
    const at = started - CLOCKS_APART_MS;
    const bound = compareKeys(begin, this.#from) > 0 ? this.#from : begin;
    const last = this.#sweeps.at(-1);
    this.#from = from;
    // A clock that was set back: which was stored when says nothing any more.
    if (at < (last?.[0] ?? this.#at)) this.#sweeps.splice(0);
    else if (bound !== "" || last !== undefined) {
      if (last?.[1] === bound) last[0] = at;
      else this.#sweeps.push([at, bound]);
      const [first, second] = this.#sweeps;
      if (this.#sweeps.length > SWEEPS && first !== undefined && second !== undefined)
        this.#sweeps.splice(0, 2, [second[0], first[1]]);
      return;
    }
    this.#at = at;
  }

  /** The place up to which it is time to list what no sweep has met; undefined if it is not. */
  end(now: number): string | undefined {
    return now - this.#at < RARELY_MS ? undefined : this.#sweeps.at(-1)?.[1];
  }

  /** The place before which the object was met by no sweep; undefined if it was stored before the last listing, or after the last sweep. */
  bound({ time }: ObjectRef): string | undefined {
    return time < this.#at ? undefined : this.#sweeps.find(([at]) => time < at)?.[1];
  }

  /** All up to there was listed, and what was met by none is told of. */
  told(): void {
    this.#at = this.#sweeps.at(-1)?.[0] ?? this.#at;
    this.#sweeps.splice(0);
  }

  state(): Stored {
    return { at: this.#at, from: this.#from, sweeps: this.#sweeps };
  }
}

/** Reports objects that came in too far back, and are not read. All at once when they are listed, so that no break makes it say them twice. */
export function reportMissed({ onEvent }: Tail, partition: string) {
  const names: { readonly key: string; readonly message: string }[] = [];
  let count = 0;
  const advice = "`flowferry replay --since` reads a span of time again";
  return {
    /** `where` says where it stands, and where memory begins. */
    object({ key }: ObjectRef, where: string): void {
      count += 1;
      if (count <= NAMED) names.push({ key, message: `came too late, and is not read: ${where}; ${advice}` });
    },
    end(): void {
      for (const { key, message } of names) onEvent({ kind: "late-object", key, message });
      const rest = count - names.length;
      if (rest === 0) return;
      const message = `${rest} more objects came too late, and are not read; ${advice}`;
      onEvent({ kind: "late-object", key: partition, message });
    },
  };
}
