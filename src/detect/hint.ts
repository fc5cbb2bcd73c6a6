import { nearest } from "../lib/nearest.ts";

/** Up to so many candidates are listed when none is close. */
const MAX_LISTED = 12;

/** `; did you mean 'x'?`, or the list of what there is when nothing is close, or nothing when that list is long. */
export function hint(word: string, candidates: readonly string[]): string {
  const match =
    nearest(word, candidates) ?? candidates.find((candidate) => isSwapped(word.toLowerCase(), candidate.toLowerCase()));
  if (match !== undefined) return `; did you mean '${match}'?`;
  return candidates.length > 0 && candidates.length <= MAX_LISTED ? `; known: ${candidates.join(", ")}` : "";
}

/** Whether two words differ by two neighbouring letters that have changed places. */
function isSwapped(a: string, b: string): boolean {
  const at = [...a].findIndex((letter, index) => letter !== b[index]);
  return at !== -1 && a.slice(0, at) + a[at + 1] + a[at] + a.slice(at + 2) === b;
}
