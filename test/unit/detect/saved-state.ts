import type { Ledger } from "../../../src/contracts/ledger.ts";
import type { SavedState, StateSave } from "../../../src/contracts/state-ledger.ts";
import { createDetector, type StreamDetector } from "../../../src/detect/evaluate.ts";
import type { Match } from "../../../src/detect/match.ts";
import type { Rule } from "../../../src/detect/rule.ts";
import type { Flow } from "../../../src/flow/flow.ts";
import { openLedger } from "../../../src/ledger/sqlite.ts";

const NAME = "(detections)";

/** A ledger in memory, into which a detector is saved as a run does it. */
export class StateStore {
  readonly #ledger: Ledger = openLedger({ path: ":memory:", sources: [{ name: "bucket", store: "test://bucket" }] });
  /** Characters of all parts and heads that were ever saved. */
  written = 0;
  /** Of the largest lot. */
  largest = 0;

  /** From one moment to the next. Returns how many characters it took. */
  save(detector: StreamDetector): number {
    const before = this.written;
    this.finish(detector.save());
    return this.written - before;
  }

  /** Brings a save to its end; `between` is called after each lot. */
  finish(save: StateSave, between?: () => void): void {
    this.putParts(save, between);
    this.putHead(save);
    this.#ledger.states.discard(NAME, save.done());
  }

  putParts(save: StateSave, between: () => void = () => {}): void {
    for (const lot of save.lots) {
      this.#ledger.states.put(NAME, lot);
      const size = lot.reduce((sum, { value }) => sum + value.length, 0);
      this.written += size;
      this.largest = Math.max(this.largest, size);
      between();
    }
  }

  putHead(save: StateSave): void {
    const head = save.head();
    this.written += head.length;
    this.#ledger.checkpoint(NAME, head, []);
  }

  discard(numbers: readonly number[]): void {
    this.#ledger.states.discard(NAME, numbers);
  }

  saved(): SavedState {
    const saved = this.#ledger.states.read(NAME);
    if (saved === undefined) throw new Error("nothing was saved");
    return saved;
  }
}

/** What is told when the state is saved after each flow and taken up by another detector. */
export function detectOverRestarts(rules: readonly Rule[], flows: readonly Flow[]): Match[] {
  const told: Match[] = [];
  const store = new StateStore();
  let detector = createDetector(rules);
  for (const flow of flows) {
    detector.onMatch((match) => told.push(match));
    detector.inspect(flow);
    store.save(detector);
    detector = createDetector(rules);
    detector.restore(store.saved());
  }
  return told;
}

/**
 * A saved state as its layout has it, read without the program: of each table the groups by their latest touches, in whatever parts they
 * stand.
 */
export function contentOf({ head, parts }: SavedState): unknown {
  const { version, next, clock, tables } = JSON.parse(head);
  const all = [...parts].filter(({ number }) => number < next).map(({ number, value }) => ({ number, table: JSON.parse(value) }));
  return {
    version,
    clock,
    tables: tables.map(([id, fingerprint, since, floor, touches, size, common]: [string, string, ...number[]]) => {
      const groups = new Map<string, [number, ...unknown[]]>();
      for (const { number, table } of all) {
        if (table[0] !== id || number < Number(since)) continue;
        for (const group of table[1]) if (group[0] >= Number(floor)) groups.set(JSON.stringify(group[1]), group);
      }
      return { id, fingerprint, touches, size, common, groups: [...groups.values()].sort((a, b) => a[0] - b[0]) };
    }),
  };
}
