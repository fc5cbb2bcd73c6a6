import { every } from "./every.ts";
import type { Layout } from "./layout.ts";
import { reportPassedOver, type Strategy, type Tail } from "./strategy.ts";
import { isIdle, type TimedNames } from "./window.ts";
import { tailHinted, tailWindow } from "./windows.ts";

/** A layout whose keys are ordered by time inside partitions only, which lie some folders deep. */
export interface Partitions {
  readonly name: string;
  /** The part of a key up to the end of its partition, in the first group. */
  readonly partition: RegExp;
  /** Whether partitions may lie below the folder. */
  leadsToPartitions(folder: string): boolean;
  /** How the rests of keys in the partition say their time. */
  namesIn(partition: string): TimedNames;
}

/** Sweeps walk down the folders to find partitions; passes between them look into those that have news. */
export function partitionedTail({ name, partition: PARTITION, leadsToPartitions, namesIn }: Partitions): Layout["tail"] {
  return (tail: Tail, prefix: string): Strategy => {
    const { store, settings, now } = tail;
    const passOver = reportPassedOver(tail, name);
    const inside = PARTITION.exec(prefix)?.[1];
    let known = new Set<string>();
    const sweep = every(settings.sweepMs);
    const lateSweep = every(settings.lateSweepMs);

    async function* walk(folder: string, signal: AbortSignal): AsyncGenerator<string> {
      for await (const { objects, prefixes } of store.list({ prefix: folder, delimiter: "/" }, signal)) {
        passOver.objects(objects);
        for (const child of prefixes) {
          if (PARTITION.test(child)) yield child;
          else if (leadsToPartitions(child)) yield* walk(child, signal);
          else passOver.folder(child);
        }
      }
    }

    return async function* (seen, signal, within = "") {
      const started = now();
      const hinted = PARTITION.exec(within)?.[1];
      if (hinted?.startsWith(prefix)) {
        for await (const discovery of tailHinted(tail, namesIn(hinted), hinted, seen, signal)) {
          known.add(hinted);
          yield discovery;
        }
        return;
      }
      const late = lateSweep.isDue(started);
      if (inside !== undefined) {
        yield* tailWindow(tail, namesIn(inside), inside, { late }, seen, signal);
      } else if (late || sweep.isDue(started)) {
        const found = new Set<string>();
        for await (const partition of walk(prefix, signal)) {
          found.add(partition);
          yield* tailWindow(tail, namesIn(partition), partition, { late }, seen, signal);
        }
        known = found;
        sweep.done(started);
      } else {
        for (const partition of known) {
          if (!isIdle(seen, partition, started)) yield* tailWindow(tail, namesIn(partition), partition, { late }, seen, signal);
        }
      }
      if (late) lateSweep.done(started);
    };
  };
}
