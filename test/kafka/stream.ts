import { setTimeout as sleep } from "node:timers/promises";
import { Admin, Producer } from "@platformatic/kafka";
import { start, type Workplace } from "../journeys/program.ts";
import { type Kafka, PASSWORD, USER } from "./rig/cluster.ts";

/** A flow log event of OCI as its connector sends it; `packets` says which one it is. */
export function event(packets: number, at = Date.now()): string {
  const start = Math.floor(at / 1000);
  return JSON.stringify({
    time: new Date(at).toISOString(),
    id: `event-${packets}`,
    type: "com.oraclecloud.vcn.flowlogs.DataEvent",
    source: "-",
    specversion: "1.0",
    datacontenttype: "application/json",
    data: {
      version: "2",
      action: "ACCEPT",
      bytesOut: 1000 + packets,
      sourceAddress: `10.1.${packets % 200}.2`,
      sourcePort: 40_000,
      destinationAddress: "10.0.0.7",
      destinationPort: 443,
      packets,
      protocol: 6,
      protocolName: "TCP",
      startTime: start,
      endTime: start + 1,
      status: "OK",
    },
    oracle: { vnicocid: `ocid1.vnic.oc1..${packets % 7}`, ingestedtime: new Date(at).toISOString() },
  });
}

/** Messages of a topic, each to a partition in turn unless it says which. */
export async function produce(
  kafka: Kafka,
  topic: string,
  values: readonly (string | Buffer | { readonly value: string; readonly partition: number })[],
): Promise<void> {
  const client = new Producer({
    clientId: "test",
    bootstrapBrokers: kafka.brokers("PLAINTEXT"),
    retries: 50,
    retryDelay: 200,
    metadataMaxAge: 500,
  });
  try {
    for (let at = 0; at < values.length; at += 500) {
      const messages = values.slice(at, at + 500).map((one, index) => {
        const { value, partition } =
          typeof one === "string" || Buffer.isBuffer(one) ? { value: one, partition: at + index } : one;
        return { topic, partition, value: Buffer.from(value as string) };
      });
      await client.send({ messages, acks: -1 });
    }
  } finally {
    await client.close(true);
  }
}

/** Asks and changes what only an operator does. */
export async function asAdmin<Answer>(kafka: Kafka, ask: (admin: Admin) => Promise<Answer>): Promise<Answer> {
  const admin = new Admin({ clientId: "operator", bootstrapBrokers: kafka.brokers("PLAINTEXT"), retries: 20, retryDelay: 200 });
  try {
    return await ask(admin);
  } finally {
    await admin.close();
  }
}

/** What the group has committed, by partition of the topic. */
export function committed(kafka: Kafka, group: string, topic: string): Promise<Map<number, number>> {
  return asAdmin(kafka, async (admin) => {
    const [found] = await admin.listConsumerGroupOffsets({ groups: [group] });
    const partitions = found?.topics.find(({ name }) => name === topic)?.partitions ?? [];
    return new Map(partitions.map(({ partitionIndex, committedOffset }) => [partitionIndex, Number(committedOffset)]));
  });
}

/** How to reach the brokers over TLS as the user who is known. */
export function connection(kafka: Kafka, listener: "SASL_SSL" | "OCI" = "SASL_SSL"): object {
  return {
    brokers: kafka.brokers(listener),
    sasl: { username: USER, password: PASSWORD },
    tls: { caFile: kafka.authority },
  };
}

/** A configuration that reads the topic into a file of `<name>.ndjson`. */
export function reading(kafka: Kafka, topic: string, name: string, source: object = {}): object {
  return {
    source: {
      type: "kafka",
      topics: [topic],
      group: `g-${topic}`,
      session: "6s",
      cluster: "test",
      ...connection(kafka),
      ...source,
    },
    sinks: [{ type: "ndjson", path: `${name}.ndjson`, schema: "otel" }],
    ledger: { path: `${name}.db` },
    run: { poll: "1s" },
  };
}

/** Starts a worker that tails. */
export function worker(place: Workplace, config: object, name: string) {
  return start(["run", "-c", place.config(config, `${name}.yaml`), "--json"]);
}

export interface Delivered {
  /** How often each event was delivered, by its number. */
  readonly times: ReadonlyMap<number, number>;
  /** Uids by the numbers of the events. */
  readonly uids: ReadonlyMap<number, ReadonlySet<string>>;
  /** How many were delivered more than once, over and above the first time. */
  readonly repeats: number;
}

/** What workers have written to these files so far; a line that is being written is none yet. */
export function delivered(place: Workplace, ...names: readonly string[]): Delivered {
  const times = new Map<number, number>();
  const uids = new Map<number, Set<string>>();
  let repeats = 0;
  for (const name of names) {
    for (const { attributes } of linesOf(place, `${name}.ndjson`)) {
      const [number, uid] = [attributes["flow.packets"], attributes["log.record.uid"]];
      const before = times.get(number) ?? 0;
      times.set(number, before + 1);
      uids.set(number, (uids.get(number) ?? new Set()).add(uid));
      repeats += Number(before > 0);
    }
  }
  return { times, uids, repeats };
}

// biome-ignore lint/suspicious/noExplicitAny: lines of any schema
function linesOf(place: Workplace, file: string): any[] {
  try {
    return place.lines(file);
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/** Waits until this many events were delivered, by whatever workers. */
export async function untilDelivered(place: Workplace, count: number, ...names: readonly string[]): Promise<Delivered> {
  const deadline = Date.now() + 90_000;
  for (;;) {
    const found = delivered(place, ...names);
    if (found.times.size >= count) return found;
    if (Date.now() > deadline) throw new Error(`${found.times.size} of ${count} events were delivered`);
    await sleep(100);
  }
}

/** Numbers from one up to before another. */
export const numbers = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);
