import { drawerOf } from "../lib/errors.ts";
import type { KafkaConnection } from "../lib/kafka/connection.ts";
import { GroupLag, type Lag } from "../lib/kafka/group-lag.ts";
import { firstOf, pause } from "../lib/waiting.ts";
import type { CoordinationOptions } from "./options.ts";
import type { Role, TopicLag } from "./roles.ts";

/** So often it is asked how far the groups are, in ms. */
const LAG_MS = 10_000;
/** While so many objects wait to be delivered, no further ones are looked for: what lies in the bucket waits there. */
const MOST_WAITING = 100_000;

/** Knows how far the groups are, as of a short while ago. */
export class LagWatch {
  readonly #options: CoordinationOptions;
  #shipping: readonly Lag[] = [];
  #detecting: readonly Lag[] = [];
  #read = Promise.withResolvers<void>();

  constructor(options: CoordinationOptions) {
    this.#options = options;
  }

  /** Of the topics that are shared out, by their partitions; nothing before the brokers have said so. */
  get partitions(): readonly Lag[] {
    return this.#shipping;
  }

  /** By topic; nothing before the brokers have said so. */
  get topics(): readonly TopicLag[] {
    if (this.#shipping.length === 0) return [];
    const { topics } = this.#options;
    const of = (lags: readonly Lag[], topic: string, role: Role) => ({
      ...{ topic, role },
      messages: lags.reduce((sum, lag) => sum + (lag.topic === topic ? lag.messages : 0), 0),
    });
    return [
      ...[topics.objects, topics.parked].map((topic) => of(this.#shipping, topic, "ship")),
      ...(this.#detecting.length === 0 ? [] : [of(this.#detecting, topics.detections, "detect")]),
    ];
  }

  /** Resolves while there is not too much that waits to be delivered. */
  async room(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && this.#shipping.reduce((sum, { messages }) => sum + messages, 0) > MOST_WAITING) {
      await firstOf([this.#read.promise], signal);
    }
  }

  /** Asks again and again, until the signal aborts. `detectors`: the group of those that detect, if there are rules. */
  async run(
    connection: KafkaConnection,
    detectors: string | undefined,
    signal: AbortSignal,
    onTrouble: (error: unknown) => void,
  ): Promise<void> {
    const { group, topics } = this.#options;
    const shipping = new GroupLag(connection, group, [topics.objects, topics.parked]);
    const detecting = detectors === undefined ? undefined : new GroupLag(connection, detectors, [topics.detections]);
    const close = () => Promise.all([shipping.close(), detecting?.close()]);
    // What is under way is broken off.
    signal.addEventListener("abort", () => void close(), { once: true });
    while (!signal.aborted) {
      try {
        this.#shipping = await shipping.read();
        this.#detecting = (await detecting?.read()) ?? [];
        this.#read.resolve();
        this.#read = Promise.withResolvers();
      } catch (error) {
        if (!signal.aborted && drawerOf(error) !== "passing") onTrouble(error);
      }
      await pause(LAG_MS, signal);
    }
    await close();
  }
}
