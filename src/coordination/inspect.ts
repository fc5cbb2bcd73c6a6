import { z } from "zod";
import type { Surroundings } from "../lib/kafka/connection.ts";
import { kafkaConnection } from "../lib/kafka/connection.ts";
import { GroupLag } from "../lib/kafka/group-lag.ts";
import type { CoordinationOptions } from "./options.ts";
import { detectorsOf } from "./roles.ts";
import { RETRY, TopicLog } from "./topic-log.ts";

/** How far the workers are in one topic. */
export interface TopicStatus {
  readonly topic: string;
  readonly role: "ship" | "detect";
  readonly partitions: number;
  /** Objects that wait to be delivered, or are on their way; messages of flows that the rules have not seen, or not saved. */
  readonly waiting: number;
  /** Partitions in which some wait. */
  readonly behind: number;
}

export interface SharedStatus {
  readonly group: string;
  readonly topics: readonly TopicStatus[];
  /** Pointers to records that were set aside, as long as the topic keeps them. */
  readonly deadLetters: readonly unknown[];
  /** Messages of that topic that are no such pointers. */
  readonly strangers: number;
}

/** Asks the brokers; no worker is asked, and none is disturbed. Throws a Failure, or the signal's reason. */
export async function inspectShared(
  options: CoordinationOptions,
  surroundings: Surroundings,
  { letters, rules, signal }: { readonly letters: boolean; readonly rules: boolean; readonly signal: AbortSignal },
): Promise<SharedStatus> {
  const { group, topics } = options;
  const connection = await kafkaConnection(options, surroundings);
  const lag = new GroupLag(connection, group, [topics.objects, topics.parked]);
  const detectLag = new GroupLag(connection, detectorsOf(group), [topics.detections]);
  const log = new TopicLog(connection, RETRY, { onTrouble: () => {}, onWell: () => {} });
  try {
    const partitions = [...(await lag.read()), ...(rules ? await detectLag.read() : [])];
    const statusOf = (topic: string, role: TopicStatus["role"] = "ship"): TopicStatus => {
      const own = partitions.filter((partition) => partition.topic === topic);
      const waiting = own.reduce((sum, { messages }) => sum + messages, 0);
      return { topic, role, partitions: own.length, waiting, behind: own.filter(({ messages }) => messages > 0).length };
    };
    const found = new Letters();
    if (letters) {
      for await (const { value } of log.readBack(topics.deadLetters, "earliest", signal)) found.add(value);
    }
    const { strangers } = found;
    const shown = [statusOf(topics.objects), statusOf(topics.parked), ...(rules ? [statusOf(topics.detections, "detect")] : [])];
    return { group, topics: shown, deadLetters: found.all, strangers };
  } finally {
    await Promise.all([lag.close(), detectLag.close(), log.close()]);
  }
}

const letter = z.looseObject({
  ...{ at: z.number(), source: z.string(), key: z.string(), etag: z.string() },
  ...{ from: z.number(), count: z.number(), code: z.string(), reason: z.string() },
});

/** What stands in the topic of dead letters. An object that comes twice is set aside twice, and told once, as of the first time. */
export class Letters {
  readonly #byPlace = new Map<string, object>();
  /** Messages of somebody else's. */
  strangers = 0;

  add(value: Buffer | null): void {
    const found = letterOf(value);
    if (found === undefined) {
      this.strangers += 1;
      return;
    }
    const place = JSON.stringify({ ...found, at: 0 });
    if (!this.#byPlace.has(place)) this.#byPlace.set(place, found);
  }

  get all(): object[] {
    return [...this.#byPlace.values()];
  }
}

function letterOf(value: Buffer | null): object | undefined {
  try {
    return letter.safeParse(JSON.parse(value?.toString("utf8") ?? "")).data;
  } catch {
    return undefined;
  }
}
