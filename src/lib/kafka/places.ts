/** One partition of a topic. */
export interface Place {
  readonly topic: string;
  readonly partition: number;
}

/** A partition of one topic: one that is deleted and made anew under its name has another id. */
export interface TopicPlace extends Place {
  /** Undefined where brokers give topics none. */
  readonly topicId?: string | undefined;
}

/** Of brokers that have no ids. */
const NO_ID = /^[0-]*$/;

/** The id of a topic, as metadata has it; undefined where brokers give topics none. */
export function knownId(id: string | undefined): string | undefined {
  return id === undefined || NO_ID.test(id) ? undefined : id;
}

/** What messages, metrics and the ledger call a partition. */
export function placeName({ topic, partition }: Place): string {
  return `${topic}/${partition}`;
}

/** Places by topic, as the protocol has them. */
export function byTopic(places: Iterable<Place>): { topic: string; partitions: number[] }[] {
  const topics = new Map<string, number[]>();
  for (const { topic, partition } of places) {
    const partitions = topics.get(topic);
    if (partitions === undefined) topics.set(topic, [partition]);
    else partitions.push(partition);
  }
  return [...topics].map(([topic, partitions]) => ({ topic, partitions }));
}
