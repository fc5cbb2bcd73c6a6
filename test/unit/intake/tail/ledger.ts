import type { Discovery, Seen } from "../../../../src/contracts/source.ts";
import type { ObjectVersion } from "../../../../src/contracts/store.ts";

/**
 * What the contract says of a ledger, at its strictest: every object is finished as soon as it is discovered, so that whatever a
 * horizon allows to forget is forgotten at once.
 */
export class StrictLedger implements Seen {
  /** Discoveries of each version, as `key etag`. */
  readonly discovered: Map<string, number>;
  private readonly marks: Map<string, string>;
  private readonly remembered: Map<string, { partition: string; order: string }>;

  /** Knows what another one knows, and is changed alone. */
  constructor(of?: StrictLedger) {
    this.discovered = new Map(of?.discovered);
    this.marks = new Map(of?.marks);
    this.remembered = new Map(of?.remembered);
  }

  mark(partition: string): string | undefined {
    return this.marks.get(partition);
  }

  partitions(): readonly string[] {
    return [...this.marks.keys()].sort();
  }

  waiting(): ObjectVersion[] {
    return [];
  }

  unseen<Listed extends ObjectVersion>(page: readonly Listed[]): Listed[] {
    return page.filter(({ key, etag }) => !this.remembered.has(`${key} ${etag}`));
  }

  apply({ partition, objects, mark, forgetBefore }: Discovery): void {
    for (const { key, etag, order } of objects) {
      const version = `${key} ${etag}`;
      if (this.remembered.has(version)) continue;
      this.discovered.set(version, (this.discovered.get(version) ?? 0) + 1);
      this.remembered.set(version, { partition, order });
    }
    if (mark !== undefined) this.marks.set(partition, mark);
    if (forgetBefore === undefined) return;
    for (const [version, known] of this.remembered) {
      if (known.partition === partition && known.order < forgetBefore) this.remembered.delete(version);
    }
  }

  get size(): number {
    return this.remembered.size;
  }
}
