import type { AlertTotals } from "../alerts/dispatch.ts";
import type { AlertOptions } from "../config/alerts.ts";
import { KeptAlerts } from "../coordination/kept-alerts.ts";
import type { Tenure } from "../coordination/tenure.ts";
import { ContextPool } from "../flow/contexts.ts";
import { opened } from "../flow/sealed.ts";
import { openLedger } from "../ledger/sqlite.ts";
import { type DetectionSurroundings, openDetections } from "./detections.ts";

/** Of so many objects it is remembered which of their flows have come: whoever dies, and whoever begins anew, writes some of them again. */
const OBJECTS = 100_000;
const NOTHING: AlertTotals = { told: 0, waiting: 0, refused: 0, withheld: 0 };

interface Surroundings extends Omit<DetectionSurroundings, "ledger" | "isAsked" | "beforeTelling" | "maxObjects"> {
  readonly checkpointMs: number;
  readonly scrub: (text: string) => string;
  readonly onStranger: (offset: number) => void;
}

/** The rules of `alerts`, as they look at the flows of all workers while it is this one's turn. */
export class Evaluating {
  readonly #options: AlertOptions;
  readonly #surroundings: Surroundings;
  #before = NOTHING;
  #now: () => AlertTotals = () => NOTHING;

  constructor(options: AlertOptions, surroundings: Surroundings) {
    this.#options = options;
    this.#surroundings = surroundings;
  }

  /** What became of alerts while this worker looked after the rules. */
  get totals(): AlertTotals {
    return sumOf(this.#before, this.#now());
  }

  /** Looks after the rules until the tenure stops. */
  async serve(tenure: Tenure): Promise<void> {
    const { scrub, log } = this.#surroundings;
    const inner = openLedger({ path: ":memory:", sources: [], scrub, onNotice: (line) => log.warn(line) });
    try {
      const alerts = new KeptAlerts(inner.alerts, tenure.alerts, (kept) => tenure.note(kept));
      await this.#evaluate(tenure, alerts);
    } finally {
      inner.close();
    }
  }

  async #evaluate(tenure: Tenure, alerts: KeptAlerts): Promise<void> {
    const { checkpointMs, onStranger } = this.#surroundings;
    const states = { read: () => tenure.saved, forget: () => {} };
    const detections = await openDetections(this.#options, {
      ...this.#surroundings,
      ledger: { alerts, states },
      isAsked: false,
      beforeTelling: () => tenure.confirm(),
      maxObjects: OBJECTS,
    });
    const { dispatch } = detections;
    const pool = new ContextPool();
    const broken = new AbortController();
    const telling = dispatch.run(AbortSignal.any([tenure.stop, broken.signal]));
    telling.catch((error: unknown) => broken.abort(error));
    this.#now = () => dispatch.close();
    let saved = { at: Number.NEGATIVE_INFINITY, next: -1 };
    const save = async (next: number) => {
      const state = detections.save();
      // What the state knows was found is to be written before it.
      detections.flush();
      await tenure.save(state, next, alerts.all);
      saved = { at: performance.now(), next };
    };
    try {
      let next = 0;
      for await (const turn of tenure.rows()) {
        broken.signal.throwIfAborted();
        for (const { offset, value } of turn.messages) {
          const flows = value === null ? undefined : opened(value, pool);
          if (flows === undefined) {
            onStranger(offset);
            continue;
          }
          detections.inspect(flows, true);
          detections.flush();
        }
        ({ next } = turn);
        // At the very start too: so whoever is next has less to read back. And what is not written for long would be deleted.
        if (performance.now() - saved.at >= (next === saved.next ? tenure.restMs : checkpointMs)) await save(next);
      }
      await telling;
      if (!tenure.lost.aborted && saved.next !== -1) await save(next);
    } finally {
      broken.abort();
      await telling.catch(() => {});
      this.#before = { ...sumOf(this.#before, dispatch.close()), waiting: 0 };
      this.#now = () => NOTHING;
      await detections.close();
    }
  }
}

function sumOf(one: AlertTotals, other: AlertTotals): AlertTotals {
  return {
    told: one.told + other.told,
    waiting: one.waiting + other.waiting,
    refused: one.refused + other.refused,
    withheld: one.withheld + other.withheld,
  };
}
