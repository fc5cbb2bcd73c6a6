import { nearest } from "../nearest.ts";

/** Up to so many candidates are listed when none is close. */
const MAX_LISTED = 12;

/** `; did you mean 'x'?`, or the list of what there is when nothing is close, or nothing when that list is long. */
export function hint(word: string, candidates: readonly string[]): string {
  const match = nearest(word, candidates);
  if (match !== undefined) return `; did you mean '${match}'?`;
  return candidates.length > 0 && candidates.length <= MAX_LISTED ? `; known: ${candidates.join(", ")}` : "";
}
