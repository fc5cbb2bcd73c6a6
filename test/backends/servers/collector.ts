import { createReadStream, existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { goBinary } from "./go-binary.ts";
import { type ReceivedRecord, recordsOf } from "./otlp-json.ts";
import { freePorts, startProcess, untilReady } from "./process.ts";

export interface Collector {
  /** Base URL of its OTLP receiver, to which `/v1/logs` is added. Takes protobuf and JSON, plain or compressed. */
  readonly endpoint: string;
  /** Every record that it has acknowledged so far, in the order of arrival, duplicates included. */
  records(): Promise<ReceivedRecord[]>;
  stop(): Promise<void>;
}

/** Starts an OpenTelemetry Collector on loopback that writes all log records it receives to a file. */
export async function startCollector(): Promise<Collector> {
  const binary = await goBinary("OpenTelemetry Collector", "collector", ".");
  await using stack = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), "flowferry-collector-"));
  stack.defer(() => rm(directory, { recursive: true, force: true }));
  const file = join(directory, "records.jsonl");
  const [port] = await freePorts(1);
  await writeFile(join(directory, "collector.yaml"), configuration(port as number, file));

  const server = await startProcess(binary, ["--config", join(directory, "collector.yaml")]);
  stack.defer(() => server.stop());
  const endpoint = `http://127.0.0.1:${port}`;
  // The receiver answers a GET with "method not allowed".
  await untilReady("OpenTelemetry Collector", server, `${endpoint}/v1/logs`, { status: 405 });

  const stop = stack.move();
  return {
    endpoint,
    async records() {
      const records: ReceivedRecord[] = [];
      if (!existsSync(file)) return records;
      for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
        for (const record of recordsOf(JSON.parse(line))) records.push(record);
      }
      return records;
    },
    stop: () => stop.disposeAsync(),
  };
}

/**
 * With `rotation` the file exporter writes without a buffer, so whatever is acknowledged can be read from the file;
 * the size at which it would rotate (in MB) is out of reach.
 */
function configuration(port: number, file: string): string {
  return `receivers:
  otlp: { protocols: { http: { endpoint: "127.0.0.1:${port}" } } }
exporters:
  file: { path: ${JSON.stringify(file)}, format: json, rotation: { max_megabytes: 1000000 } }
service:
  pipelines:
    logs: { receivers: [otlp], exporters: [file] }
`;
}
