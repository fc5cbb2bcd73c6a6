/** Who may look at flows beside the sinks' encoders; of the rules either here or elsewhere. */
interface Lookers {
  readonly detections: object | undefined;
  readonly elsewhere?: object | undefined;
  readonly keepers: readonly object[];
  readonly reductions: ReadonlyMap<string, object>;
}

/** Whether anybody but the sinks' encoders looks at flows. */
export function looksAtFlows({ detections, elsewhere, keepers, reductions }: Lookers): boolean {
  return detections !== undefined || elsewhere !== undefined || keepers.length + reductions.size > 0;
}
