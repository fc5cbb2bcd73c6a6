import type { AlertTotals } from "../alerts/dispatch.ts";
import { whileTelling } from "../alerts/telling.ts";
import type { Totals } from "../delivery/account.ts";
import type { Composed } from "./compose.ts";
import { type PipelineOptions, runPipeline } from "./pipeline.ts";

/** What a run has done. */
export interface Results extends Totals {
  /** What became of alerts. */
  readonly alerts: AlertTotals;
}

/** Runs what was composed to its end, and tells people meanwhile. See `runPipeline`. */
export async function runComposed(
  { parts, options, detections, alertTotals }: Composed,
  mode: Pick<PipelineOptions, "untilCaughtUp" | "onProgress" | "watcher" | "hints">,
  stop: AbortSignal,
): Promise<Results> {
  const dispatch = detections?.dispatch;
  const totals = await whileTelling(dispatch, stop, (signal) => runPipeline(parts, { ...options, ...mode }, signal));
  return { ...totals, alerts: dispatch?.close() ?? alertTotals?.() ?? { told: 0, waiting: 0, refused: 0, withheld: 0 } };
}

/** Everything that was read is delivered, and everybody told. */
export function isComplete({ bad, parked, lost, sinks, alerts }: Results): boolean {
  const refused = Object.values(sinks).reduce((sum, { rejected, deadLettered }) => sum + rejected + deadLettered, 0);
  return bad + parked + lost + refused + alerts.waiting + alerts.refused === 0;
}
