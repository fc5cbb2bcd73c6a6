import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { ONE, receiverBeside } from "../../cores.ts";
import { measure, startBeside } from "../../processes.ts";
import { summaryOf } from "../../throughput.ts";

const MAIN = new URL("../../../../src/main.ts", import.meta.url);
const RECEIVER = new URL("../../../simulators/otlp/main.ts", import.meta.url);
const RUNS = 3;

/** µs of CPU a record of `flowferry run` over the folder, start and sending included: the middle of three. */
export async function wholeRun(
  path: string,
  compression: "gzip" | "zstd",
  records: number,
  say: (line: string) => void,
): Promise<number> {
  const taken: number[] = [];
  while (taken.length < RUNS) {
    say(`a whole run with ${compression}, ${taken.length + 1} of ${RUNS}`);
    const folder = mkdtempSync(join(tmpdir(), "flowferry-spike-"));
    const receiver = await startBeside<{ url: string }>(RECEIVER, ["--keep", "count"], receiverBeside(ONE));
    try {
      const config = join(folder, "flowferry.yaml");
      const configuration = {
        source: { type: "directory", path },
        sinks: [{ type: "otlp", endpoint: receiver.ready.url, encoding: "protobuf", compression }],
        ledger: { path: "flowferry.db" },
        telemetry: { level: "warn" },
        run: { threads: 0 },
      };
      writeFileSync(config, stringify(configuration));
      const { cpuSeconds, stdout } = await measure(MAIN, ["run", "-c", config, "--until-caught-up", "--json"], { cores: ONE });
      const read = summaryOf(stdout).records;
      if (read !== records) throw new Error(`the run read ${read} records of ${records}`);
      taken.push((cpuSeconds * 1e6) / records);
    } finally {
      await receiver.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  }
  return taken.sort((a, b) => a - b)[RUNS >> 1] ?? 0;
}
