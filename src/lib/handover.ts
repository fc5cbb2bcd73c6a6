/** Reason of a signal that stops work which the same process goes on with at once, in another form. */
export const HANDOVER = Symbol("handover");

/** At a handover everything stands still that waits for what is on its way. In ms. */
const HANDOVER_MS = 2_000;

/** How long what is on its way gets when the signal has stopped the work: what takes longer at a handover comes again. */
export function patienceOf(stop: AbortSignal, shutdownMs: number): number {
  return stop.reason === HANDOVER ? Math.min(HANDOVER_MS, shutdownMs) : shutdownMs;
}
