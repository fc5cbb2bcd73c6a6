import type { Discovery, Seen } from "../contracts/source.ts";
import { fingerprint, type MarkMessage, type SeenMessage, type Told } from "./messages.ts";

/** So many objects in one message: well below 1 MB with the longest keys that stores know. */
const OBJECTS_A_MESSAGE = 500;

interface Partition {
  mark: string | undefined;
  forgetBefore: string | undefined;
  markedAt: number;
  /** By fingerprint: where the object stands, and when it was last written, in ms since the epoch. */
  readonly objects: Map<string, { readonly order: string; readonly at: number }>;
}

/** What was told of one source, in the topic of objects: what a listing has to know of those before it. */
export class Memory {
  /** Its name in the configuration. */
  readonly source: string;
  readonly #partitions = new Map<string, Partition>();
  /** Fingerprints of all partitions. */
  readonly #known = new Set<string>();

  constructor(source: string) {
    this.source = source;
  }

  /** For a listing. */
  readonly seen: Seen = {
    mark: (partition) => this.#partitions.get(partition)?.mark,
    partitions: () => [...this.#partitions].flatMap(([name, { mark }]) => (mark === undefined ? [] : [name])).sort(),
    waiting: () => [],
    unseen: (page) => page.filter((object) => !this.#known.has(fingerprint(object))),
  };

  /** `at`: when it was written, in ms since the epoch. In the order of the topic's partition. */
  take(told: Told, at: number): void {
    if (told.kind === "whole" || told.source !== this.source) return;
    const partition = this.#of(told.partition);
    if (told.kind === "mark") {
      partition.mark = told.mark ?? partition.mark;
      partition.markedAt = at;
      this.#forget(partition, told.forgetBefore);
      return;
    }
    const objects = told.kind === "object" ? [[told.object.order, fingerprint(told.object)] as const] : told.objects;
    for (const [order, object] of objects) {
      if (partition.forgetBefore !== undefined && order < partition.forgetBefore) continue;
      partition.objects.set(object, { order, at });
      this.#known.add(object);
    }
  }

  /** What a page of a listing says beside its objects, if that is news. */
  marked({ partition, mark, forgetBefore }: Discovery): MarkMessage | undefined {
    const known = this.#partitions.get(partition);
    const isNews = (mark ?? known?.mark) !== known?.mark || (forgetBefore ?? known?.forgetBefore) !== known?.forgetBefore;
    return isNews ? { kind: "mark", source: this.source, partition, mark, forgetBefore } : undefined;
  }

  /** What was last written before this time, and has to be known further on. */
  olderThan(time: number): (MarkMessage | SeenMessage)[] {
    return [...this.#partitions].flatMap(([name, { mark, forgetBefore, markedAt, objects }]) => {
      const common = { source: this.source, partition: name };
      const marks: MarkMessage[] = markedAt < time ? [{ kind: "mark", ...common, mark, forgetBefore }] : [];
      const old = [...objects].flatMap(([object, { order, at }]) => (at < time ? [[order, object] as const] : []));
      const seen: SeenMessage[] = [];
      for (let from = 0; from < old.length; from += OBJECTS_A_MESSAGE) {
        seen.push({ kind: "seen", ...common, objects: old.slice(from, from + OBJECTS_A_MESSAGE) });
      }
      return [...marks, ...seen];
    });
  }

  #of(name: string): Partition {
    const known = this.#partitions.get(name);
    if (known !== undefined) return known;
    const partition: Partition = { mark: undefined, forgetBefore: undefined, markedAt: 0, objects: new Map() };
    this.#partitions.set(name, partition);
    return partition;
  }

  #forget(partition: Partition, before: string | undefined): void {
    if (before === undefined || before === partition.forgetBefore) return;
    partition.forgetBefore = before;
    for (const [object, { order }] of partition.objects) {
      if (order >= before) continue;
      partition.objects.delete(object);
      this.#known.delete(object);
    }
  }
}
