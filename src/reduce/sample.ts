import type { Flow } from "../flow/flow.ts";

/**
 * Tells which records are in a sample of one in so many. By the uid alone: a record that is read again is chosen again, and a smaller sample
 * is a part of a larger one.
 */
export function sampler(oneIn: number): (flow: Flow) => boolean {
  const limit = 2 ** 32 / oneIn;
  let last = { digest: "", seed: 0 };
  return ({ origin: { digest }, record }) => {
    if (digest !== last.digest) last = { digest, seed: Number.parseInt(digest.slice(0, 8), 16) };
    return mixed(last.seed ^ mixed(record)) < limit;
  };
}

/** The finalizer of MurmurHash3: every bit of the number changes each bit of the result with the same likelihood. */
function mixed(number: number): number {
  let h = number | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
