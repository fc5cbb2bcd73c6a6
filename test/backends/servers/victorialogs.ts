import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { goBinary } from "./go-binary.ts";
import { freePorts, startProcess, untilReady } from "./process.ts";
import { type Ruler, startRuler } from "./ruler.ts";

/**
 * One stored record: every value is a string, a field without a value is absent.
 * `_time` is RFC 3339 with as many decimals as needed, `_msg` the body, `_stream` the resource's attributes as a selector
 * (each of them is a field too), `severity` the severity's text or else its name. Neither the severity's number, the
 * observed time, the event name nor the scope is stored.
 */
type Row = Record<string, string>;

export interface VictoriaLogs {
  /** Base URL of its HTTP API. */
  readonly address: string;
  /** Base URL of its OTLP receiver, to which `/v1/logs` is added. Takes protobuf only, plain or compressed. */
  readonly endpoint: string;
  /** Makes all that it has acknowledged visible to queries. */
  flush(): Promise<void>;
  /** Rows that match a LogsQL query (`*` for all of them), in no particular order; with `limit` only that many, the newest. */
  query(logsql: string, limit?: number): Promise<Row[]>;
  stop(): Promise<void>;
}

/** Starts VictoriaLogs on loopback. It takes records of any age, and of any time to come. */
export async function startVictoriaLogs(): Promise<VictoriaLogs> {
  const binary = await goBinary("VictoriaLogs", "victorialogs", "github.com/VictoriaMetrics/VictoriaMetrics/app/victoria-logs");
  await using stack = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), "flowferry-victorialogs-"));
  stack.defer(() => rm(directory, { recursive: true, force: true }));
  const [port] = await freePorts(1);
  const address = `http://127.0.0.1:${port}`;

  const server = await startProcess(binary, [
    `-httpListenAddr=127.0.0.1:${port}`,
    `-storageDataPath=${directory}`,
    "-retentionPeriod=100y",
    "-futureRetention=100y",
    "-memory.allowedBytes=256MiB",
  ]);
  stack.defer(() => server.stop());
  await untilReady("VictoriaLogs", server, `${address}/health`);

  const stop = stack.move();
  return {
    address,
    endpoint: `${address}/insert/opentelemetry`,
    async flush() {
      await post(`${address}/internal/force_flush`, {});
    },
    async query(logsql, limit) {
      const response = await post(`${address}/select/logsql/query`, {
        query: logsql,
        ...(limit === undefined ? {} : { limit: String(limit) }),
      });
      const rows: Row[] = [];
      if (response.body === null) return rows;
      for await (const line of createInterface({ input: Readable.fromWeb(response.body) })) rows.push(JSON.parse(line));
      return rows;
    },
    stop: () => stop.disposeAsync(),
  };
}

/** vmalert's evaluation of rules. */
interface Vmalert {
  /** Evaluates that file of rules against the VictoriaLogs at the address. */
  start(address: string, rules: string): Promise<Ruler>;
  stop(): Promise<void>;
}

export async function vmalert(): Promise<Vmalert> {
  const binary = await goBinary("vmalert", "vmalert", ".");
  return {
    start: (address, rules) => startRuler(binary, [`-datasource.url=${address}`, rules]),
    stop: () => Promise.resolve(),
  };
}

async function post(url: string, form: Record<string, string>): Promise<Response> {
  const response = await fetch(url, { method: "POST", body: new URLSearchParams(form) });
  if (!response.ok) throw new Error(`VictoriaLogs answered ${url} with HTTP ${response.status}: ${await response.text()}`);
  return response;
}
