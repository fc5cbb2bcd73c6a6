import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { gunzipSync, gzipSync } from "node:zlib";
import { z } from "zod";
import { TopicLog } from "../../src/coordination/topic-log.ts";
import { rewriteWaiting } from "../../src/coordination/waiting-messages.ts";
import { generate } from "../../src/generator/generate.ts";
import type { GenerateOptions } from "../../src/generator/options.ts";
import { kafkaConnection } from "../../src/lib/kafka/connection.ts";
import { GroupLag } from "../../src/lib/kafka/group-lag.ts";
import { connectionShape } from "../../src/lib/kafka/options.ts";
import { type Running, start, type Workplace, workplace } from "../journeys/program.ts";
import { startReceiver } from "../simulators/otlp/receiver.ts";
import { s3Server } from "../simulators/s3/server.ts";
import { type Kafka, type Listener, PASSWORD, USER } from "./rig/cluster.ts";

/** Length of what the uids of an object's records begin with. */
const DIGEST = 24;
const START = Date.UTC(2026, 0, 5);

const SKEWED_CLOCK = new URL("rig/skewed-clock.ts", import.meta.url).href;
const PARTITIONS = 12;
const PARKED_PARTITIONS = 3;

/** One arrival of a record at a sink. */
interface Arrival {
  readonly worker: number;
  /** Ms since the epoch. */
  readonly at: number;
}

interface Worker {
  readonly number: number;
  running: Running | undefined;
}

export interface FleetOptions {
  readonly workers?: number;
  readonly partitions?: number;
  /** Of the topic of objects. */
  readonly configuration?: Readonly<Record<string, string>>;
  readonly listener?: Listener;
  readonly sessionMs?: number;
  readonly password?: string;
  /** Of a worker's command line. */
  readonly roleOf?: (worker: number) => string | undefined;
  readonly run?: object;
  /** What a worker's clock is ahead, in ms. */
  readonly clock?: (worker: number) => number;
  readonly topics?: Record<string, string>;
  readonly delayMs?: number;
  /** Of the bucket's listing. */
  readonly pageSize?: number;
  readonly coordination?: object | ((worker: number) => object);
  /** Records of a batch. */
  readonly batch?: number;
  /** Whether workers share the work, as they do by default. */
  readonly shared?: boolean;
  /** The block `alerts` of each worker. */
  readonly alerts?: (worker: number) => object;
}

/** Workers that share a bucket, a sink for each that remembers who has brought what, and the account of all. */
export class Fleet implements AsyncDisposable {
  readonly place: Workplace = workplace();
  /** Every record that was ever put into the bucket, by its uid. */
  readonly wanted = new Set<string>();
  readonly arrivals = new Map<string, Arrival[]>();
  readonly topics: { objects: string; parked: string; deadLetters: string; detections?: string; states?: string };
  readonly #bucket: Awaited<ReturnType<typeof s3Server>>;
  readonly #receivers: Awaited<ReturnType<typeof startReceiver>>[] = [];
  readonly #workers: Worker[] = [];
  readonly #kafka: Kafka;
  readonly #options: FleetOptions;
  /** What workers that have ended said. */
  readonly #said: string[] = [];
  #puts = 0;

  private constructor(
    kafka: Kafka,
    options: FleetOptions,
    topics: Fleet["topics"],
    bucket: Awaited<ReturnType<typeof s3Server>>,
  ) {
    this.#kafka = kafka;
    this.#options = options;
    this.topics = topics;
    this.#bucket = bucket;
  }

  static async open(kafka: Kafka, options: FleetOptions = {}): Promise<Fleet> {
    const { workers = 3, partitions = PARTITIONS } = options;
    const topic = (name: string, count: number) => kafka.topic(name, { partitions: count });
    const { configuration = {} } = options;
    const topics = {
      ...{
        objects: await kafka.topic("objects", { partitions, configuration }),
        parked: await topic("parked", PARKED_PARTITIONS),
      },
      deadLetters: await topic("dead-letters", 1),
      ...(options.alerts && { detections: await topic("detections", 1), states: await topic("states", 1) }),
      ...options.topics,
    };
    const fleet = new Fleet(kafka, options, topics, await s3Server("flows", { pageSize: options.pageSize ?? 1000 }));
    for (let number = 0; number < workers; number += 1) {
      const receiver = await startReceiver({
        keep: "uids",
        inspect: (records) => {
          for (const { attributes } of records) fleet.#arrived(String(attributes["log.record.uid"]), number);
          return undefined;
        },
      });
      if (options.delayMs !== undefined) receiver.faults = { "*": { delayMs: options.delayMs } };
      fleet.#receivers.push(receiver);
      fleet.#workers.push({ number, running: undefined });
    }
    return fleet;
  }

  get bucket() {
    return this.#bucket;
  }

  receiver(worker: number) {
    const receiver = this.#receivers[worker];
    if (receiver === undefined) throw new Error(`there is no worker ${worker}`);
    return receiver;
  }

  #arrived(uid: string, worker: number): void {
    const known = this.arrivals.get(uid);
    if (known === undefined) this.arrivals.set(uid, [{ worker, at: Date.now() }]);
    else known.push({ worker, at: Date.now() });
  }

  /** Puts so many objects into the bucket, with so many records each or a few more. Returns their keys. */
  async put(objects: number, records = 40): Promise<string[]> {
    return this.#putAll(generate({ ...this.#next(objects, records), seed: `fleet ${this.#puts}` }));
  }

  /** Objects of some hours with incidents, in the order in which a connector writes them; `between` is awaited after each. */
  async putIncidents(options: Omit<GenerateOptions, "format">, between: () => Promise<unknown> = async () => {}): Promise<void> {
    await this.#putAll(generate({ format: "oci", start: START, quality: false, ...options }), between);
    await this.delivered();
    // What rules hold back until all has come that belongs to it is due by the first record that is so much later, in whatever order the rest came.
    const later = { start: START + (options.spanMs ?? 0) + 3_600_000, spanMs: 60_000, flows: 20, objects: 1 };
    const quiet = {
      ...options,
      ...later,
      incidents: [],
      quality: false,
      format: "oci" as const,
      seed: `later than ${options.seed}`,
    };
    await this.#putAll(generate(quiet));
  }

  async #putAll(made: ReturnType<typeof generate>, between: () => Promise<unknown> = async () => {}): Promise<string[]> {
    const keys: string[] = [];
    for await (const { key, bytes, records: count } of made) {
      // One connector writes all of it.
      const own = `connector/${key.split("/").slice(1).join("/")}`;
      const digest = this.#digestOf(own, bytes);
      for (let record = 1; record <= count; record += 1) this.wanted.add(uidOf(digest, record));
      this.#bucket.put(own, bytes);
      keys.push(own);
      await between();
    }
    return keys;
  }

  /** What is generated next, behind all that is in the bucket. */
  #next(objects: number, records: number): GenerateOptions {
    this.#puts += 1;
    const spanMs = 600_000;
    const size = { format: "oci" as const, vnics: 8, flows: objects * records, objects, quality: false, incidents: [] };
    return { ...size, spanMs, start: START + this.#puts * spanMs, seed: "" };
  }

  /** An object whose second of three lines is none; its other records are wanted. Returns its key. */
  async putBroken(): Promise<string> {
    const made = generate({ ...this.#next(1, 20), seed: "broken" });
    const { value } = await made[Symbol.asyncIterator]().next();
    const lines = gunzipSync(value?.bytes ?? new Uint8Array())
      .toString()
      .split("\n");
    const key = `connector/${value?.key.split("/").slice(1).join("/")}`;
    const bytes = gzipSync([lines[0], "no record", lines[1], ""].join("\n"));
    const digest = this.#digestOf(key, bytes);
    for (const record of [1, 3]) this.wanted.add(uidOf(digest, record));
    this.#bucket.put(key, bytes);
    return key;
  }

  #digestOf(key: string, bytes: Uint8Array): string {
    const store = `s3://${new URL(this.#bucket.endpoint).host}/flows`;
    const etag = createHash("md5").update(bytes).digest("hex");
    return createHash("sha256").update(`${store}\0${key}\0${etag}`).digest("hex").slice(0, DIGEST);
  }

  get #group(): string {
    return `workers-of-${this.topics.objects}`;
  }

  #connection() {
    const options = z.object(connectionShape).parse({ brokers: this.#kafka.brokers("PLAINTEXT"), securityProtocol: "PLAINTEXT" });
    return kafkaConnection(options, { baseDir: this.place.folder });
  }

  /** Messages that wait for the workers. */
  async lag(topic: "objects" | "parked" | "detections"): Promise<number> {
    const group = topic === "detections" ? `${this.#group}-detectors` : this.#group;
    const lag = new GroupLag(await this.#connection(), group, [this.topics[topic] ?? ""]);
    const partitions = await lag.read();
    await lag.close();
    return partitions.reduce((sum, { messages }) => sum + messages, 0);
  }

  /** Told again and again what the workers have committed, partition by partition. */
  async watchCommits(told: (committed: readonly number[]) => void) {
    const lag = new GroupLag(await this.#connection(), this.#group, [this.topics.objects]);
    const stop = new AbortController();
    const watch = {
      samples: 0,
      async [Symbol.asyncDispose]() {
        stop.abort();
        await done;
        await lag.close();
      },
    };
    const done = (async () => {
      while (!stop.signal.aborted) {
        told((await lag.read()).map(({ committed }) => committed ?? -1));
        watch.samples += 1;
        await sleep(200);
      }
    })();
    return watch;
  }

  /** Writes a message as somebody else might. */
  async write(topic: string, text: string): Promise<void> {
    const log = await this.#log();
    await log.send([{ topic, value: Buffer.from(text) }], new AbortController().signal);
    await log.close();
  }

  /** Writes all that waits in the topic of objects again, as if it were old. Returns how many that were. */
  async rewrite(): Promise<number> {
    const connection = await this.#connection();
    const lag = new GroupLag(connection, this.#group, [this.topics.objects]);
    const log = await this.#log();
    const parts = { connection, log, lag: await lag.read() };
    const count = await rewriteWaiting(parts, Date.now() + 60_000, new AbortController().signal);
    await Promise.all([lag.close(), log.close()]);
    return count;
  }

  async #log(): Promise<TopicLog> {
    const policy = { initialMs: 100, maxMs: 1_000 };
    return new TopicLog(await this.#connection(), policy, { onTrouble: () => {}, onWell: () => {} });
  }

  async #values(topic: string): Promise<string[]> {
    const log = await this.#log();
    const messages = await Array.fromAsync(log.readBack(topic, "earliest", new AbortController().signal));
    await log.close();
    return messages.map(({ value }) => String(value));
  }

  /** Keys of the objects that stand in the topic, as often as they do. */
  async discovered(): Promise<string[]> {
    // What is none of flowferry's is no JSON.
    const told = (await this.#values(this.topics.objects))
      .filter((value) => value.startsWith("{"))
      .map((value) => JSON.parse(value));
    return told.flatMap(({ kind, object }) => (kind === "object" ? [object.key] : []));
  }

  async letters(): Promise<object[]> {
    return (await this.#values(this.topics.deadLetters)).map((value) => JSON.parse(value));
  }

  config(worker: number): string {
    return this.place.config(this.#settings(worker, this.#options.shared ?? true), `worker-${worker}.yaml`);
  }

  #settings(worker: number, shared: boolean): object {
    const { listener = "OCI", sessionMs = 6_000, password = PASSWORD, batch = 200, run, coordination = {} } = this.#options;
    const own = typeof coordination === "function" ? coordination(worker) : coordination;
    const isPlain = listener === "PLAINTEXT";
    return {
      source: {
        ...{ type: "s3", bucket: "flows", endpoint: this.#bucket.endpoint, region: "us-east-1" },
        ...{ accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI+bPxRfiCYEXAMPLEKEY" },
      },
      ...(shared && {
        coordination: {
          kafka: {
            brokers: this.#kafka.brokers(listener),
            ...(isPlain
              ? { securityProtocol: "PLAINTEXT" }
              : { sasl: { username: USER, password }, tls: { caFile: this.#kafka.authority } }),
            ...{ group: this.#group, topics: this.topics, sessionMs, ...own },
          },
        },
      }),
      sinks: [{ type: "otlp", endpoint: this.receiver(worker).url, batch: { records: batch, lingerMs: 50 } }],
      ...(this.#options.alerts && { alerts: this.#options.alerts(worker) }),
      ledger: { path: `worker-${worker}.db` },
      run: { pollMs: 300, shutdownMs: 3_000, retry: { initialMs: 50, maxMs: 1_000 }, ...run },
    };
  }

  start(worker: number): Running {
    const own = this.#worker(worker);
    const role = this.#options.roleOf?.(worker);
    const aheadMs = this.#options.clock?.(worker) ?? 0;
    const env = aheadMs === 0 ? {} : { NODE_OPTIONS: `--import ${SKEWED_CLOCK}`, SKEWED_CLOCK_MS: String(aheadMs) };
    own.running = start(["run", "-c", this.config(worker), ...(role === undefined ? [] : ["--role", role])], env);
    return own.running;
  }

  startAll(): void {
    for (const { number } of this.#workers) this.start(number);
  }

  /** Resolves to how long it took, in ms. */
  async end(worker: number, signal: NodeJS.Signals): Promise<number> {
    const own = this.#worker(worker);
    const { running } = own;
    if (running === undefined) throw new Error(`worker ${worker} does not run`);
    const began = performance.now();
    running.child.kill(signal);
    const { code, stderr } = await running.ended;
    if (signal === "SIGTERM" && code !== 0) throw new Error(`worker ${worker} ended with ${code}: ${stderr}`);
    own.running = undefined;
    this.#said.push(stderr);
    return performance.now() - began;
  }

  signal(worker: number, signal: NodeJS.Signals): void {
    this.#worker(worker).running?.child.kill(signal);
  }

  /** Log lines of a worker that runs. */
  lines(worker: number): { readonly time: string; readonly level: string; readonly msg: string }[] {
    return (this.#worker(worker).running?.stderr() ?? "").split("\n").flatMap((line) => {
      try {
        return [JSON.parse(line)];
      } catch {
        return [];
      }
    });
  }

  /** Partitions that a worker has, as it says. */
  partitionsOf(worker: number): number {
    const counts = this.lines(worker).flatMap(({ msg }) => /^has (\d+) partitions/.exec(msg)?.[1] ?? []);
    return Number(counts.at(-1) ?? 0);
  }

  /** Runs one worker that shares nothing, with this block `alerts`, until it has read all that is in the bucket and `isDone`. */
  async alone(alerts: object, isDone: () => Promise<boolean>): Promise<void> {
    const path = join(this.place.folder, "alone.ndjson");
    const own = { alerts, sinks: [{ type: "ndjson", path }], ledger: { path: "alone.db" } };
    const worker = start(["run", "-c", this.place.config({ ...this.#settings(0, false), ...own }, "alone.yaml")]);
    const isRead = () => existsSync(path) && readFileSync(path, "utf8").split("\n").length > this.wanted.size;
    while (!isRead() || !(await isDone())) await sleep(300);
    worker.child.kill("SIGTERM");
    const { code, stderr } = await worker.ended;
    if (code !== 0) throw new Error(`ended with ${code}: ${stderr}`);
  }

  /** Every partition is some worker's, and every worker has one, for the time that the group takes to change its mind. */
  async shared(workers = this.#workers.map(({ number }) => number)): Promise<void> {
    const all = (this.#options.partitions ?? PARTITIONS) + PARKED_PARTITIONS;
    for (let calm = 0; calm < 10; await sleep(100)) {
      const counts = workers.map((worker) => this.partitionsOf(worker));
      const isShared = counts.every((count) => count > 0) && counts.reduce((sum, count) => sum + count, 0) === all;
      calm = isShared ? calm + 1 : 0;
    }
  }

  /** Everything that any worker has said. */
  said(): string {
    return [...this.#said, ...this.#workers.map(({ running }) => running?.stderr() ?? "")].join("\n");
  }

  /** Records that are in the bucket and at no sink. */
  missing(): number {
    let count = 0;
    for (const uid of this.wanted) if (!this.arrivals.has(uid)) count += 1;
    return count;
  }

  /** The longest time in which the worker has brought nothing, between two times, in ms. */
  longestPause(worker: number, from: number, to: number): number {
    const own = [...this.arrivals.values()].flat().flatMap(({ worker: bringer, at }) => (bringer === worker ? [at] : []));
    const times = [from, ...own.filter((at) => at > from && at < to).sort((a, b) => a - b), to];
    return Math.max(...times.slice(1).map((at, index) => at - (times[index] ?? at)));
  }

  /** Resolves when all that is in the bucket now is at a sink. */
  async delivered(): Promise<void> {
    const wanted = [...this.wanted];
    while (wanted.length > 0) {
      while (wanted.length > 0 && this.arrivals.has(wanted.at(-1) ?? "")) wanted.pop();
      await sleep(50);
    }
  }

  /** Who began to list last, as the workers say, and when, in ms since the epoch, by its clock. */
  lister(): { readonly worker: number; readonly since: number } | undefined {
    return this.#begun("lists for all workers");
  }

  /** Who began to look after the rules last, likewise; or when that worker did. */
  detector(worker?: number): { readonly worker: number; readonly since: number } | undefined {
    return this.#begun("looks after the rules for all workers", worker);
  }

  #begun(line: string, only?: number): { readonly worker: number; readonly since: number } | undefined {
    const workers = this.#workers.filter(({ number }) => only === undefined || number === only);
    const begun = workers.flatMap(({ number }) =>
      this.lines(number).flatMap(({ time, msg }) => (msg.startsWith(line) ? [{ worker: number, since: Date.parse(time) }] : [])),
    );
    return begun.sort((a, b) => a.since - b.since).at(-1);
  }

  /** Records that came and are in no bucket. */
  invented(): string[] {
    return [...this.arrivals.keys()].filter((uid) => !this.wanted.has(uid));
  }

  /** The first arrivals of records that came more than once. */
  repeated(): { readonly uid: string; readonly first: Arrival; readonly times: number }[] {
    return [...this.arrivals].flatMap(([uid, [first, ...rest]]) =>
      first !== undefined && rest.length > 0 ? [{ uid, first, times: rest.length }] : [],
    );
  }

  /** How many workers have brought something. */
  sharers(): number {
    return new Set([...this.arrivals.values()].map(([first]) => first?.worker)).size;
  }

  #worker(number: number): Worker {
    const worker = this.#workers[number];
    if (worker === undefined) throw new Error(`there is no worker ${number}`);
    return worker;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (process.env.FLEET_LOG !== undefined) writeFileSync(process.env.FLEET_LOG, this.said());
    await Promise.all(
      this.#workers.map(async ({ running }) => {
        running?.child.kill("SIGKILL");
        await running?.ended;
      }),
    );
    await Promise.all(this.#receivers.map((receiver) => receiver.close()));
    await this.#bucket.close();
    this.place.remove();
  }
}

const uidOf = (digest: string, record: number): string => `${digest}${record.toString(16).padStart(8, "0")}`;
