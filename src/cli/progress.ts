import type { Options } from "cli-progress";
import type { Problem } from "../contracts/ledger.ts";
import type { Totals } from "../delivery/account.ts";
import { CLEAR_LINE, type Terminal } from "../lib/terminal.ts";

/** What a bar or a line shows. */
type Shown = Pick<Totals, "discovered" | "discoveredBytes" | "objects" | "readBytes" | "records"> &
  Partial<Pick<Totals, "sinks">>;

interface Progress {
  update(totals: Shown): void;
  stop(): void;
}

/**
 * How far a run is, on a terminal: of a job a bar over the stored bytes of what was discovered so far, of a worker a line that is written
 * anew each second. Nothing where there is no terminal, or nobody wants to hear.
 */
export async function showProgress(
  stderr: Terminal,
  hasEnd: boolean,
  { quiet = false, problems = () => [] }: { readonly quiet?: boolean; readonly problems?: () => readonly Problem[] } = {},
): Promise<Progress> {
  if (!stderr.isTTY || quiet) return { update: () => {}, stop: () => {} };
  return hasEnd ? showBar(stderr) : showLine(stderr, problems);
}

async function showBar(stderr: Terminal): Promise<Progress> {
  const { SingleBar } = await import("cli-progress");
  const options: Options = {
    stream: stderr,
    format: "{bar} {percentage}% | {objects}/{discovered} objects | {records} records | {rate}/s | {elapsed} elapsed",
    etaBuffer: 100,
    hideCursor: true,
    clearOnComplete: false,
    noTTYOutput: false,
    formatValue: (value, _options, type) => (type === "percentage" ? String(value).padStart(3) : String(value)),
  };
  const bar = new SingleBar(options);
  const started = performance.now();
  bar.start(1, 0, { objects: 0, discovered: 0, records: 0, rate: 0, elapsed: "0 s" });
  return {
    update({ discovered, discoveredBytes, objects, readBytes, records }) {
      const seconds = (performance.now() - started) / 1000;
      bar.setTotal(Math.max(1, discoveredBytes));
      bar.update(readBytes, {
        objects,
        discovered,
        records,
        rate: Math.round(records / seconds),
        elapsed: `${Math.round(seconds)} s`,
      });
    },
    stop: () => bar.stop(),
  };
}

/** Log lines begin by taking it away, and it comes again with the next second. */
function showLine(stderr: Terminal, problems: () => readonly Problem[]): Progress {
  let shown: Shown | undefined;
  let before = 0;
  const draw = () => {
    const records = shown?.records ?? 0;
    const line = statusLine(shown, records - before, problems());
    before = records;
    stderr.write(`${CLEAR_LINE}${line.slice(0, (stderr.columns ?? 80) - 1)}`);
  };
  const clock = setInterval(draw, 1000).unref();
  return {
    update: (totals) => {
      shown = totals;
    },
    stop: () => {
      clearInterval(clock);
      stderr.write(CLEAR_LINE);
    },
  };
}

/** What a worker does at the moment: flows of the last second, what was read, what each sink has, and what does not do its work. */
export function statusLine(shown: Shown | undefined, flowsPerSecond: number, problems: readonly Problem[]): string {
  const count = (value: number) => value.toLocaleString("en-US");
  const failing = problems.map(({ part }) => `${part} fails`);
  if (shown === undefined || shown.records === 0) return ["waits for flows", ...failing].join(" | ");
  const sinks = Object.entries(shown.sinks ?? {}).map(([name, { delivered }]) => `${name} ${count(delivered)}`);
  const read = `${count(shown.records)} flows of ${count(shown.objects)} objects`;
  return [`${count(flowsPerSecond)}/s`, read, ...sinks, ...failing].join(" | ");
}
