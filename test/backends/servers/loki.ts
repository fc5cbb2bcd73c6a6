import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { goBinary } from "./go-binary.ts";
import { freePorts, startProcess, untilReady } from "./process.ts";
import { type Ruler, startRuler } from "./ruler.ts";

/** A log line with its labels, structured metadata among them, or a sample of a metric with its labels. */
type Labels = Readonly<Record<string, string>>;

/** The times from `first` to `last`, `stepMs` apart. */
export interface Grid {
  readonly first: number;
  readonly last: number;
  readonly stepMs: number;
}

export interface Loki {
  /** Base URL of its HTTP API, which takes OTLP below `/otlp`. */
  readonly address: string;
  /** Takes an OTLP request in protobuf. What was taken is found by queries at once. */
  push(tenant: string, bytes: Uint8Array): Promise<void>;
  /** The labels of every line that a log query finds from `first` to `last`. */
  lines(tenant: string, logql: string, range: Pick<Grid, "first" | "last">): Promise<Labels[]>;
  /** The labels of every series that a metric query gives at one of the times or more (ms since the epoch, ascending) of a regular grid. */
  series(tenant: string, logql: string, grid: Grid): Promise<Labels[]>;
  /** The labels and value of every sample that a metric query gives at a time (ms since the epoch). */
  samples(tenant: string, logql: string, time: number): Promise<{ readonly metric: Labels; readonly value: number }[]>;
  stop(): Promise<void>;
}

/** Most points that Loki gives of one series. */
const MOST_POINTS = 10_000;
const FOREVER = "100000h";

/** Starts Loki on loopback, with a tenant for whoever asks. It takes records of any age, in any order. */
export async function startLoki(): Promise<Loki> {
  const binary = await goBinary("Loki", "loki", "github.com/grafana/loki/v3/cmd/loki");
  await using stack = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), "flowferry-loki-"));
  stack.defer(() => rm(directory, { recursive: true, force: true }));
  const [http, grpc] = await freePorts(2);
  const address = `http://127.0.0.1:${http}`;
  const config = join(directory, "loki.yaml");
  await writeFile(config, stringify(configuration(directory, http, grpc)));

  const server = await startProcess(binary, [`-config.file=${config}`]);
  stack.defer(() => server.stop());
  await untilReady("Loki", server, `${address}/ready`);

  async function ask(tenant: string, path: string, form: Record<string, string>): Promise<unknown> {
    const headers = { "X-Scope-OrgID": tenant };
    const response = await fetch(`${address}${path}`, { method: "POST", headers, body: new URLSearchParams(form) });
    if (!response.ok) throw new Error(`${form.query}: HTTP ${response.status}: ${await response.text()}`);
    return ((await response.json()) as { data: { result: unknown } }).data.result;
  }

  const stop = stack.move();
  return {
    address,
    async push(tenant, bytes) {
      const headers = { "X-Scope-OrgID": tenant, "content-type": "application/x-protobuf" };
      const response = await fetch(`${address}/otlp/v1/logs`, { method: "POST", headers, body: new Uint8Array(bytes) });
      if (!response.ok) throw new Error(`Loki refused records with HTTP ${response.status}: ${await response.text()}`);
    },
    async lines(tenant, query, { first, last }) {
      const form = { query, start: `${first}000000`, end: `${last + 1}000000`, limit: "100000" };
      const streams = (await ask(tenant, "/loki/api/v1/query_range", form)) as { stream: Labels; values: unknown[] }[];
      return streams.flatMap(({ stream, values }) => values.map(() => stream));
    },
    async series(tenant, query, { first, last, stepMs }) {
      const found: Labels[] = [];
      for (let from = first; from <= last; from += stepMs * MOST_POINTS) {
        const to = Math.min(last, from + stepMs * (MOST_POINTS - 1));
        const form = { query, start: `${from}000000`, end: `${to}000000`, step: `${stepMs}ms` };
        const matrix = (await ask(tenant, "/loki/api/v1/query_range", form)) as { metric: Labels }[];
        found.push(...matrix.map(({ metric }) => metric));
      }
      return found;
    },
    async samples(tenant, query, time) {
      const vector = await ask(tenant, "/loki/api/v1/query", { query, time: `${time}000000` });
      return (vector as { metric: Labels; value: [number, string] }[]).map(({ metric, value }) => ({
        metric,
        value: Number(value[1]),
      }));
    },
    stop: () => stop.disposeAsync(),
  };
}

/** Loki's evaluation of rules. */
interface LokiRuler {
  /** Evaluates that file of rules as the tenant of the Loki at the address. */
  start(address: string, tenant: string, rules: string): Promise<Ruler>;
  stop(): Promise<void>;
}

export async function lokiRuler(): Promise<LokiRuler> {
  const binary = await goBinary("Loki's ruler", "loki", "./ruler");
  return {
    start: (address, tenant, rules) => startRuler(binary, [rules, address, tenant]),
    stop: () => Promise.resolve(),
  };
}

function configuration(directory: string, http: number | undefined, grpc: number | undefined): object {
  const loopback = "127.0.0.1";
  return {
    auth_enabled: true,
    server: {
      http_listen_address: loopback,
      http_listen_port: http,
      grpc_listen_address: loopback,
      grpc_listen_port: grpc,
      log_level: "warn",
    },
    analytics: { reporting_enabled: false },
    common: {
      path_prefix: directory,
      replication_factor: 1,
      instance_addr: loopback,
      ring: { instance_addr: loopback, kvstore: { store: "inmemory" } },
      storage: {
        filesystem: { chunks_directory: join(directory, "chunks"), rules_directory: join(directory, "rules") },
      },
    },
    schema_config: {
      configs: [
        {
          from: "2020-01-01",
          store: "tsdb",
          object_store: "filesystem",
          schema: "v13",
          index: { prefix: "index_", period: "24h" },
        },
      ],
    },
    limits_config: {
      reject_old_samples: false,
      creation_grace_period: FOREVER,
      max_query_length: "0s",
      split_queries_by_interval: "0s",
      split_instant_metric_queries_by_interval: "0s",
      max_query_series: 100_000,
      max_entries_limit_per_query: 100_000,
      max_structured_metadata_entries_count: 1_000,
      ingestion_rate_mb: 1_000,
      ingestion_burst_size_mb: 1_000,
      per_stream_rate_limit: "1GB",
      per_stream_rate_limit_burst: "1GB",
    },
    // Lines may be older than the newest of their stream by half of this.
    ingester: { max_chunk_age: FOREVER, lifecycler: { min_ready_duration: "0s" } },
    query_range: { cache_results: false, parallelise_shardable_queries: false },
  };
}
