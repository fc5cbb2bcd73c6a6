import type { Table } from "./table.ts";
import type { Line, Throughput } from "./throughput.ts";

/** What the program is to reach, beside what was measured in one run; a dash where this run did not measure it. */
export function goals(
  { floor, gzip, zstd, threads, flows, allRules, earlier, peers }: Throughput,
  start: { readonly firstRecordMs: number } | undefined,
): Table {
  const cpu = (a: Line, b: Line): string => (a.secondsPerMillion / b.secondsPerMillion).toFixed(2);
  const speed = (a: Line, b: Line): string => (a.perSecond / b.perSecond).toFixed(2);
  const megabytes = ({ peakRssBytes }: Line): string => String(Math.round(peakRssBytes / 1e6));
  const more = (a: Line, b: Line): string => `${Math.round(100 * (a.secondsPerMillion / b.secondsPerMillion - 1))} %`;
  return {
    title: "What is to be reached: CPU time and speed as ratios of this run, on one core where nothing else is said",
    header: ["", "measured", "goal"],
    rows: [
      ["CPU a record ÷ floor, zstd", cpu(zstd, floor), "≤ 1.7, stretch 1.3"],
      ["CPU a record ÷ floor, gzip", cpu(gzip, floor), "≤ 2.0, stretch 1.5"],
      ...peers.map((peer) => [`CPU a record ÷ ${peer.name}`, cpu(ofSameCoding(peer, gzip, zstd), peer), ofCollector(peer)]),
      ["records/s, two threads on two cores ÷ one", speed(threads, gzip), "≥ 1.8"],
      [
        `records/s, two threads on two cores ÷ ${earlier?.name ?? "an earlier version (--earlier)"}`,
        earlier === undefined ? "–" : speed(threads, earlier),
        "≥ 2 over 0.1.0",
      ],
      ["start to first record of a folder, ms", start === undefined ? "–" : start.firstRecordMs.toFixed(0), "≤ 500"],
      ["all rules, CPU over a run with flows made, and no rule", more(allRules, flows), "≤ 15 %"],
      ["the same over a run that makes no flows", more(allRules, gzip), ""],
      ["peak RSS of this run, two threads, MB", megabytes(threads), "≤ 350 at 50 million"],
      ["peak RSS of this run, all rules, MB", megabytes(allRules), "≤ 500 at 50 million"],
    ],
  };
}

const ofSameCoding = ({ name }: Line, gzip: Line, zstd: Line): Line => (name.endsWith("zstd") ? zstd : gzip);
const ofCollector = ({ name }: Line): string => (name.startsWith("OpenTelemetry Collector") ? "≤ 0.17" : "");
