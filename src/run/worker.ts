import type { Config } from "../config/load.ts";
import { describeError, UsageError } from "../lib/errors.ts";
import { HANDOVER } from "../lib/handover.ts";
import { type Composed, join, requireRules } from "./compose.ts";
import type { PipelineOptions } from "./pipeline.ts";
import { type Prepared, prepare, type Surroundings } from "./prepare.ts";
import { type Results, runComposed } from "./run.ts";
import { sumOf } from "./sum.ts";

/**
 * A worker that goes on under another configuration when it is given one. Parts that are made of the same options stay as they are, with their
 * connections, and the ledger stays open; the journey itself stands still while what is on its way is acknowledged, for two seconds at
 * most, and goes on behind the positions. What was not acknowledged by then comes again.
 */
export class Worker {
  readonly #surroundings: Surroundings;
  #composed: Composed;
  #next: { readonly prepared: Prepared; readonly done: PromiseWithResolvers<void> } | undefined;
  #handover = new AbortController();
  #isOver = false;
  /** Of the last reload. */
  #changing: PromiseWithResolvers<void> | undefined;

  /** The surroundings are those that it was composed with. */
  constructor(composed: Composed, surroundings: Surroundings) {
    this.#composed = composed;
    this.#surroundings = surroundings;
  }

  /** What works now. */
  get composed(): Composed {
    return this.#composed;
  }

  /** As `runComposed`; of all that it has been, together. */
  async run(mode: Parameters<typeof runComposed>[1], stop: AbortSignal): Promise<Results> {
    let before: Results | undefined;
    const { onProgress } = mode;
    try {
      for (;;) {
        const signal = AbortSignal.any([stop, this.#handover.signal]);
        const soFar = before;
        const told: Pick<PipelineOptions, "onProgress"> =
          onProgress === undefined
            ? {}
            : { onProgress: (totals) => onProgress(soFar === undefined ? totals : sumOf(soFar, totals)) };
        const results = await runComposed(this.#composed, { ...mode, ...told }, signal);
        before = before === undefined ? results : sumOf(before, results);
        const next = this.#next;
        if (stop.aborted || next === undefined) return before;
        this.#next = undefined;
        this.#handover = new AbortController();
        const refusal = await this.#change(next.prepared);
        if (refusal === undefined) next.done.resolve();
        else next.done.reject(refusal.error);
      }
    } finally {
      this.#isOver = true;
      this.#changing?.resolve();
      const left = this.#next;
      this.#next = undefined;
      await left?.prepared.shelf.giveUp();
      left?.done.resolve();
    }
  }

  /**
   * Goes on under this configuration; resolves when it does, or the run is over. Rejects where that cannot be, and then goes on as before. One
   * at a time.
   */
  async reload(config: Config): Promise<void> {
    if (this.#isOver) return;
    refuseFixed(this.#composed.config, config);
    const prepared = await prepare(config, this.#surroundings, { before: this.#composed.shelf });
    try {
      this.#composed.parts.ledger.adopt(prepared.identities, "ask");
      await this.#tryAlerts(config);
    } catch (error) {
      await prepared.shelf.giveUp();
      throw error;
    }
    const done = Promise.withResolvers<void>();
    this.#changing = done;
    this.#next = { prepared, done };
    this.#handover.abort(HANDOVER);
    await done.promise;
  }

  /** What a configuration says of alerts is tried before anything stops: they are joined when those of before have ended. */
  async #tryAlerts(config: Config): Promise<void> {
    const { alerts, baseDir, secrets } = config;
    const { env } = this.#surroundings;
    if (alerts === undefined) return requireRules(config, []);
    const [{ readTexts, rulesOf }, { closeNotifiers, openNotifiers }] = await Promise.all([
      import("./rule-set.ts"),
      import("./alerts.ts"),
    ]);
    const { rules } = rulesOf(await readTexts(alerts), alerts);
    requireRules(
      config,
      rules.filter((rule) => rule.alerts).map(({ name }) => name),
    );
    await closeNotifiers(await openNotifiers(alerts, { baseDir, env, secrets, onNotice: () => {} }));
  }

  /** Returns why it goes on as before, if it does. Throws where it cannot go on at all. */
  async #change(next: Prepared): Promise<{ readonly error: unknown } | undefined> {
    const before = this.#composed;
    const { ledger } = before.parts;
    await before.leave();
    this.#surroundings.health?.forget((part) => part === "ledger" || part === "configuration" || part.startsWith("table "));
    // Where two of a kind would be in each other's way, the old one goes first.
    await before.shelf.handOver(next.shelf, "archive");
    let isAdopted = false;
    try {
      ledger.adopt(next.identities);
      isAdopted = true;
      this.#composed = await join(next, ledger, this.#surroundings);
    } catch (error) {
      const again = await prepare(before.config, this.#surroundings, { before: before.shelf });
      await next.shelf.giveUp();
      if (isAdopted) ledger.adopt(again.identities);
      this.#composed = await join(again, ledger, this.#surroundings);
      await this.#release(before, again);
      return { error };
    }
    await this.#release(before, next);
    return undefined;
  }

  /** What is not needed any more; if it cannot be released the worker goes on all the same. */
  async #release(before: Composed, next: Prepared): Promise<void> {
    try {
      await before.shelf.handOver(next.shelf);
    } catch (error) {
      this.#surroundings.log.warn(`a part of the configuration before cannot be closed: ${describeError(error)}`);
    }
  }
}

/** What a worker holds for its whole life. */
function refuseFixed(before: Config, next: Config): void {
  const fixed = [
    ["ledger.path", before.ledgerPath, next.ledgerPath],
    ["telemetry.listen", before.telemetry.listen, next.telemetry.listen],
    ["telemetry.otlpEndpoint", before.telemetry.otlpEndpoint, next.telemetry.otlpEndpoint],
    ["telemetry.traceOneIn", before.telemetry.traceOneIn, next.telemetry.traceOneIn],
  ] as const;
  if (before.coordination !== undefined || next.coordination !== undefined) {
    throw new UsageError("reload-fixed", "workers that share their work are restarted one by one, the others go on meanwhile");
  }
  const changed = fixed.filter(([, was, is]) => was !== is).map(([option]) => option);
  if (changed.length === 0) return;
  throw new UsageError("reload-fixed", `${changed.join(" and ")} cannot change while a worker runs: restart it`);
}
