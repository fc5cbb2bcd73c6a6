import type { Lost } from "../contracts/consumer.ts";
import { type DeadLetter, type QueuedObject, UNBALANCED } from "../contracts/ledger.ts";
import { NOTHING, type Outcome } from "./outcome.ts";

/** The pointer to what a consumer lacks of a lost object, from the record after `offered` on; undefined if it lacks nothing. */
export function letterOfRest(consumer: string, offered: number, { object, code, reason }: Lost): DeadLetter | undefined {
  const { source, key, etag, records } = object;
  if (records !== undefined && records <= offered) return undefined;
  const count = records === undefined ? 1 : records - offered;
  return { sink: consumer, source, key, etag, from: offered + 1, to: records, count, code, reason };
}

/** So many records of an object are missing, which are set aside; where there are too many the letter counts none. */
export function unbalanced(sink: string, { source, key, etag }: QueuedObject, missing: number): Outcome {
  const reason = "more or fewer records were settled than were offered: read the object again (flowferry replay --dead-letters)";
  const count = Math.max(0, missing);
  const letter = { sink, source, key, etag, from: 1, to: undefined, count, code: UNBALANCED, reason };
  return { ...NOTHING, setAside: count, deadLetters: [letter] };
}
