import { z } from "zod";
import type { Columns } from "../../flow/types.ts";
import { type Listing, OWNER_KINDS, type Owned } from "./source.ts";

/** Who had an address, from when to when, in ms since the epoch. */
export interface Tenure extends Owned {
  readonly from: number;
  /** Undefined for "still". */
  readonly to?: number | undefined;
}

const tenure = z.object({
  address: z.string(),
  kind: z.enum(OWNER_KINDS),
  id: z.string(),
  name: z.string(),
  network: z.string().optional(),
  compartment: z.string().optional(),
  tags: z.record(z.string(), z.string()),
  from: z.number(),
  to: z.number().optional(),
});
export const historyFile = z.object({
  format: z.literal("flowferry-inventory-1"),
  /** When the provider was asked last. */
  at: z.number(),
  tenures: z.array(tenure),
});

/** What a flow gets of an owner. */
export interface OwnerAnswer {
  readonly server: string;
  readonly columns: Columns;
}

/** Whose an address was at a time, seen from a network. */
export type FindOwner = (address: string, time: number, network: string | undefined) => OwnerAnswer | undefined;

/** So many tenures are kept; the oldest that have ended go first. */
const MOST_TENURES = 500_000;

/** Who has, and had, which address. */
export class History {
  readonly #byAddress = new Map<string, Tenure[]>();
  readonly #answers = new WeakMap<Tenure, OwnerAnswer>();
  /** When the provider was asked last; 0 for never. */
  at = 0;

  constructor(known?: z.output<typeof historyFile>) {
    this.at = known?.at ?? 0;
    for (const one of known?.tenures ?? []) this.#of(one.address).push(one);
  }

  get tenures(): Tenure[] {
    return [...this.#byAddress.values()].flat();
  }

  /**
   * Takes what a provider has now. What it does not have any more has ended by now; what is new began when the provider says so, else now, or
   * with the first listing at the beginning of time. A resource that was renamed or moved has its new name from now on. Returns whether
   * anything has changed.
   */
  take({ owned, failed }: Listing, now: number, historyMs: number): boolean {
    const isFirst = this.at === 0;
    let changed = false;
    const listed = new Set<Tenure>();
    for (const one of owned) {
      const all = this.#of(one.address);
      const index = all.findIndex(({ to, id, network }) => to === undefined && id === one.id && network === one.network);
      const known = all[index];
      if (known !== undefined && isAlike(known, one)) {
        listed.add(known);
        continue;
      }
      if (known !== undefined) all[index] = { ...known, to: now };
      const { since, ...kept } = one;
      const from = known === undefined ? Math.min(since ?? (isFirst ? 0 : now), now) : now;
      const begun = { ...kept, from };
      all.push(begun);
      listed.add(begun);
      changed = true;
    }
    for (const [address, all] of this.#byAddress) {
      const left = all.map((one) => {
        if (one.to !== undefined || listed.has(one) || failed.includes(one.kind)) return one;
        changed = true;
        return { ...one, to: now };
      });
      const kept = left.filter(({ to = now }) => to > now - historyMs);
      changed ||= kept.length !== all.length;
      if (kept.length === 0) this.#byAddress.delete(address);
      else this.#byAddress.set(address, kept);
    }
    this.at = now;
    this.#bound();
    return changed;
  }

  /**
   * Whose the address was at that time. Of several owners in networks that share the address it is the one in the flow's network; where that
   * does not tell, nobody.
   */
  owner(address: string, time: number, network: string | undefined): OwnerAnswer | undefined {
    const all = this.#byAddress.get(address);
    if (all === undefined) return undefined;
    const then = all.filter(({ from, to = Number.POSITIVE_INFINITY }) => from <= time && time < to);
    const here = then.length > 1 ? then.filter((one) => one.network === network) : then;
    const [only, other] = here;
    return only === undefined || (other !== undefined && other.id !== only.id) ? undefined : this.#answerOf(only);
  }

  #answerOf(tenure: Tenure): OwnerAnswer {
    let answer = this.#answers.get(tenure);
    if (answer === undefined) {
      answer = { server: tenure.name, columns: Object.freeze(columnsOf(tenure)) };
      this.#answers.set(tenure, answer);
    }
    return answer;
  }

  #of(address: string): Tenure[] {
    let all = this.#byAddress.get(address);
    if (all === undefined) {
      all = [];
      this.#byAddress.set(address, all);
    }
    return all;
  }

  #bound(): void {
    const all = this.tenures;
    if (all.length <= MOST_TENURES) return;
    const ended = all.filter(({ to }) => to !== undefined).toSorted((a, b) => (a.to ?? 0) - (b.to ?? 0));
    const gone = new Set(ended.slice(0, all.length - MOST_TENURES));
    for (const [address, own] of this.#byAddress)
      this.#byAddress.set(
        address,
        own.filter((one) => !gone.has(one)),
      );
  }
}

/** The columns of an owner, as those of a row in the table of servers. */
export function columnsOf({ kind, id, compartment, tags }: Owned): Record<string, string> {
  return { kind, resource_id: id, ...(compartment === undefined ? {} : { compartment }), ...tags };
}

/** The column of a tag: `tag.` and its name, in what the name of a column may have. */
export function tagColumn(name: string): string {
  return `tag.${name.toLowerCase().replaceAll(/[^a-z0-9_]+/g, "_")}`;
}

function isAlike(one: Owned, other: Owned): boolean {
  const text = ({ kind, name, compartment, tags }: Owned) =>
    JSON.stringify([kind, name, compartment, Object.entries(tags).toSorted(([a], [b]) => (a < b ? -1 : 1))]);
  return text(one) === text(other);
}
