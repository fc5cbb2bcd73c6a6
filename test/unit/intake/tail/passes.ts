import type { Discovery, Source, SourceEvent } from "../../../../src/contracts/source.ts";
import { tailOptions } from "../../../../src/intake/tail/options.ts";
import { tailing } from "../../../../src/intake/tail/source.ts";
import { LAYOUTS } from "../../../../src/registry.ts";
import type { Bucket } from "./bucket.ts";
import type { StrictLedger } from "./ledger.ts";

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
const signal = new AbortController().signal;
const OPTIONS = tailOptions(LAYOUTS);

/** A tail of the bucket with a clock that the test sets. */
export function tailOf(
  bucket: Bucket,
  options: Record<string, unknown>,
  clock: { now: number },
): { source: Source; events: SourceEvent[] } {
  const events: SourceEvent[] = [];
  const source = tailing(bucket, LAYOUTS, OPTIONS.parse(options), { onEvent: (event) => events.push(event) }, () => clock.now);
  return { source, events };
}

/** One whole pass; gives the keys in the order in which they were handed out. */
export async function pass(source: Source, ledger: StrictLedger, between?: (discovery: Discovery) => void): Promise<string[]> {
  const keys: string[] = [];
  for await (const discovery of source.discover(ledger, signal)) {
    ledger.apply(discovery);
    keys.push(...discovery.objects.map(({ key }) => key));
    between?.(discovery);
  }
  return keys;
}

/** A pass that dies after `pages` discoveries were taken in, with the next one under way. */
export async function crashingPass(source: Source, ledger: StrictLedger, pages: number): Promise<string[]> {
  const keys: string[] = [];
  for await (const discovery of source.discover(ledger, signal)) {
    if (pages-- <= 0) break;
    ledger.apply(discovery);
    keys.push(...discovery.objects.map(({ key }) => key));
  }
  return keys;
}

/** `20260131T080000Z` */
export function stamp(ms: number): string {
  const iso = new Date(ms).toISOString();
  return `${iso.slice(0, 10).split("-").join("")}T${iso.slice(11, 19).split(":").join("")}Z`;
}
