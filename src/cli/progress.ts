import type { Options } from "cli-progress";
import type { Totals } from "../delivery/account.ts";
import type { Terminal } from "../lib/terminal.ts";

/** What a bar shows. */
type Shown = Pick<Totals, "discovered" | "discoveredBytes" | "objects" | "readBytes" | "records">;

interface ProgressBar {
  update(totals: Shown): void;
  stop(): void;
}

/** A progress bar on a terminal, over the stored bytes of what was discovered so far; nothing where there is no terminal or no end. */
export async function showProgress(stderr: Terminal, hasEnd: boolean): Promise<ProgressBar> {
  if (!hasEnd || !stderr.isTTY) return { update: () => {}, stop: () => {} };
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
