import type { Config, NamedSink } from "../config/load.ts";
import type { Sums } from "../contracts/reduction.ts";
import type { Encoder } from "../contracts/sink.ts";
import type { Flow } from "../flow/flow.ts";
import { drawerOf } from "../lib/errors.ts";
import { version } from "../lib/version.ts";
import type { ReductionOptions } from "../reduce/options.ts";
import { reductionOf } from "../reduce/reduction.ts";
import { ndjson } from "../sinks/ndjson.ts";

/** What a sink would get, if it had the options up to this one. */
export interface SavingStep {
  /** `everything` for none of them. */
  readonly option: "everything" | "filter" | "sample" | "redact" | "aggregate";
  records: number;
  /** As they are sent, before compression. */
  bytes: number;
}

/** What the options of a sink save. */
export interface Saving {
  readonly sink: string;
  /** In the order in which the options take effect. */
  readonly steps: readonly SavingStep[];
}

/** Records that are encoded together. */
const BATCH = 2000;

/** Measures what the options of sinks save, on the flows of some objects. */
export interface Savings {
  /** Enriched flows of one object, in their order. */
  take(flows: readonly Flow[]): void;
  /** The object has no more. */
  endObject(): void;
  readonly all: readonly Saving[];
}

/** Of the sinks that get less than everything; undefined where there is none. Throws UsageError as their encoders do. */
export function openSavings(config: Config, env: NodeJS.ProcessEnv): Savings | undefined {
  const measured = config.sinks.flatMap((sink) => measure(sink, config, env));
  if (measured.length === 0) return undefined;
  return {
    take(flows) {
      for (const { steps } of measured) for (const step of steps) step.take(flows);
    },
    endObject() {
      for (const { steps } of measured) for (const step of steps) step.endObject();
    },
    get all() {
      return measured.map(({ sink, steps }) => ({ sink, steps: steps.map(({ saving }) => saving) }));
    },
  };
}

function measure(
  { name, component, options, filter, filterBlock, reduction }: NamedSink,
  { baseDir }: Config,
  env: NodeJS.ProcessEnv,
) {
  const { sample, redact, aggregate } = reduction;
  // What a filter lets through that asks for detections shows in a run alone.
  if (filter?.asksDetections) return [];
  if (filter === undefined && sample === undefined && redact === undefined && aggregate === undefined) return [];
  const dependencies = { baseDir, env, version };
  const encoder = component.encoder?.(options, dependencies) ?? asLines(dependencies);
  const own = filter && { test: filter.test, block: filterBlock };
  const steps = [new Step("everything", encoder, {})];
  if (filter !== undefined) steps.push(new Step("filter", encoder, {}, own));
  if (sample !== undefined) steps.push(new Step("sample", encoder, { sample }, own));
  if (redact !== undefined) steps.push(new Step("redact", encoder, { sample, redact }, own));
  if (aggregate !== undefined) steps.push(new Step("aggregate", encoder, { sample, redact, aggregate }, own));
  return [{ sink: name, steps }];
}

/** Of a sink that does not say what it sends. */
function asLines(dependencies: Parameters<NonNullable<typeof ndjson.encoder>>[1]): Encoder {
  const encoder = ndjson.encoder?.(ndjson.options.parse({ path: "-" }), dependencies);
  if (encoder === undefined) throw new Error("the sink ndjson has no encoder");
  return encoder;
}

class Step {
  readonly saving: SavingStep;
  readonly #encoder: Encoder;
  readonly #reduction: ReturnType<typeof reductionOf>;
  #sums: Sums | undefined;
  #flows: Flow[] = [];

  constructor(
    option: SavingStep["option"],
    encoder: Encoder,
    options: ReductionOptions,
    filter?: Parameters<typeof reductionOf>[1],
  ) {
    this.saving = { option, records: 0, bytes: 0 };
    this.#encoder = encoder;
    this.#reduction = reductionOf(options, filter);
    this.#sums = this.#reduction?.sums?.();
  }

  take(flows: readonly Flow[]): void {
    const reduction = this.#reduction;
    for (const flow of flows) {
      if (reduction === undefined) this.#flows.push(flow);
      else if (reduction.heldBack(flow) === undefined) this.#gather(reduction.reduced(flow));
    }
    if (this.#flows.length >= BATCH) this.#encode();
  }

  endObject(): void {
    this.#flows.push(...(this.#sums?.take() ?? []).map(({ flow }) => flow));
    this.#encode();
    // Sums are of one object.
    this.#sums = this.#reduction?.sums?.();
  }

  #gather(flow: Flow): void {
    const sums = this.#sums;
    if (sums === undefined) this.#flows.push(flow);
    else if (!sums.add(flow)) {
      for (const sum of sums.take()) this.#flows.push(sum.flow);
      sums.add(flow);
    }
  }

  #encode(): void {
    const flows = this.#flows;
    for (let start = 0; start < flows.length; start += BATCH) {
      this.saving.bytes += bytesOf(this.#encoder, flows.slice(start, start + BATCH));
    }
    this.saving.records += flows.length;
    this.#flows = [];
  }
}

/** As the flows are sent: in halves, if they are too large together. */
function bytesOf(encoder: Encoder, flows: readonly Flow[]): number {
  try {
    const payload = encoder.encode(flows, Date.now());
    const bytes = payload.parts.reduce((sum, part) => sum + part.length, 0);
    encoder.recycle?.(payload);
    return bytes;
  } catch (error) {
    if (drawerOf(error) !== "batch") throw error;
    // A record that is too large alone becomes a dead letter.
    if (flows.length === 1) return 0;
    const middle = flows.length >> 1;
    return bytesOf(encoder, flows.slice(0, middle)) + bytesOf(encoder, flows.slice(middle));
  }
}
