import { Failure } from "../../lib/errors.ts";

/** For use inside of a call: a list that is none says that the answer is none of the service. */
export function listOf<T>(value: readonly T[] | undefined): readonly T[] {
  if (Array.isArray(value)) return value;
  throw new TypeError("it holds no list");
}

/** For use inside of a call: the resource that was made or asked for, which has an id, and if that is known, this one. */
export function resourceOf<T extends object>(value: T | undefined, id?: string): T {
  const found = (value as { id?: unknown } | undefined)?.id;
  if (value !== undefined && typeof found === "string" && (id === undefined || found === id)) return value;
  throw new TypeError(id === undefined ? "it holds no resource" : `it does not hold ${id}`);
}

/** The items of all pages of a listing. A page that leads back to itself is not understood. */
export async function allPages<T>(
  operation: string,
  get: (page: string | undefined) => Promise<{ readonly items: readonly T[]; readonly next: string | undefined }>,
): Promise<T[]> {
  const all: T[] = [];
  for (let page: string | undefined; ; ) {
    const { items, next } = await get(page);
    all.push(...items);
    if (next === undefined || next === "") return all;
    if (next === page) throw new Failure("not-understood", "bad-answer", `${operation}: the listing does not get past one page`);
    page = next;
  }
}
