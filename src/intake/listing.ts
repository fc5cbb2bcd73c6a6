import type { ListPage } from "../contracts/store.ts";
import { Failure } from "../lib/errors.ts";
import { compareKeys } from "./keys.ts";

/** The failure of an answer that is no listing; `what` says why, after the name of the bucket. */
export function notUnderstood(name: string, what: string, cause?: unknown): Failure {
  const advice = "check endpoint, and what stands between";
  return new Failure("not-understood", "bad-answer", `the listing of ${name} ${what}; ${advice}`, { cause });
}

/**
 * Checks the pages of one listing, each as it comes: they hold what was asked for, and get on. An answer that passes for a page and is none
 * of this listing would hide objects, or never end. `emptyPages`: so many pages without a key may follow one another, where nothing else
 * says that the listing gets on. Throws a Failure that is not understood.
 */
export function pageGuard(name: string, prefix: string, emptyPages = Number.POSITIVE_INFINITY): (page: ListPage) => ListPage {
  let reached: string | undefined;
  let empty = 0;
  return (page) => {
    const keys = [...page.objects.map(({ key }) => key), ...page.prefixes];
    const foreign = keys.find((key) => !key.startsWith(prefix));
    if (foreign !== undefined) {
      throw notUnderstood(name, `holds ${JSON.stringify(foreign)}, which does not begin with ${JSON.stringify(prefix)}`);
    }
    const last = [page.objects.at(-1)?.key, page.prefixes.at(-1)].reduce(later);
    if (last !== undefined && reached !== undefined && compareKeys(last, reached) <= 0) {
      throw notUnderstood(name, `does not get past ${JSON.stringify(reached)}`);
    }
    empty = last === undefined ? empty + 1 : 0;
    if (empty > emptyPages) throw notUnderstood(name, "goes on with one empty page after another");
    reached = last ?? reached;
    return page;
  };
}

function later(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return compareKeys(a, b) > 0 ? a : b;
}
