import { Failure } from "../../lib/errors.ts";
import { placeName } from "../../lib/kafka/places.ts";
import type { FetchLimits, Message, TopicReader } from "../../lib/kafka/topic-reader.ts";
import { pause } from "../../lib/waiting.ts";
import type { Pacer } from "./pacer.ts";
import { lostFailure, type Run } from "./runs.ts";

/** Fetches runs that are not in memory: again, or of what was never fetched. One request at a time. */
export class Ranges {
  readonly #reader: TopicReader;
  readonly #limits: FetchLimits;
  readonly #pacer: Pacer;
  #last: Promise<unknown> = Promise.resolve();

  constructor(reader: TopicReader, limits: FetchLimits, pacer: Pacer) {
    this.#reader = reader;
    this.#limits = limits;
    this.#pacer = pacer;
  }

  /** The messages of the run, as they come. Throws a Failure: `gone` where some were deleted, after those before them. */
  async *messages(run: Run, signal: AbortSignal): AsyncGenerator<readonly Message[]> {
    const { topic, partition, topicId, to } = run;
    const name = placeName(run);
    for (let at = run.from; at <= to; ) {
      const [answer] = await this.#alone(async () => {
        await this.#pacer.turn([name], signal);
        signal.throwIfAborted();
        return this.#reader.fetch([{ topic, partition, offset: at }], this.#limits);
      });
      signal.throwIfAborted();
      const isAnother = topicId !== undefined && answer?.topicId !== undefined && answer.topicId !== topicId;
      if (isAnother) throw lostFailure({ ...run, from: at }, "with the topic, which was made anew,");
      if (answer === undefined || (answer.failure === undefined && answer.next === at)) {
        // What was there once, and is not, was taken away with the partition.
        const end = (await this.#alone(() => this.#reader.offsets([{ topic, partition }], "latest"))).get(name) ?? to;
        if (end <= at) throw lostFailure({ ...run, from: at });
        await pause(this.#limits.waitMs, signal);
        continue;
      }
      const { failure, messages, next } = answer;
      if (failure?.code === "kafka-offset-lost") throw lostFailure({ ...run, from: at });
      if (failure !== undefined) throw new Failure("passing", failure.code, failure.message, { cause: failure });
      yield messages.filter(({ offset }) => offset <= to);
      at = next;
    }
  }

  #alone<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => {});
    return done;
  }
}
