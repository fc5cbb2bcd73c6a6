import type { Lost } from "../contracts/consumer.ts";
import { type DeadLetter, type QueuedObject, UNBALANCED } from "../contracts/ledger.ts";
import type { Extent } from "../lib/errors.ts";
import { NOTHING, type Outcome } from "./outcome.ts";

/** The pointer to what a consumer lacks of a lost object, from the record after `offered` on; undefined if it lacks nothing. */
export function letterOfRest(consumer: string, offered: number, lost: Lost): DeadLetter | undefined {
  const { object, code, reason, extent } = lost;
  const { source, key, etag, records } = object;
  if (extent !== undefined) return letterOfMessages(consumer, Math.max(offered, extent.after), lost, extent);
  if (records !== undefined && records <= offered) return undefined;
  const count = records === undefined ? 1 : records - offered;
  return { sink: consumer, source, key, etag, from: offered + 1, to: records, count, code, reason };
}

/** Of messages it is known how many there were, and not how many records each had: it counts as one. */
function letterOfMessages(
  consumer: string,
  after: number,
  { object: { source, key, etag }, code, reason }: Lost,
  { through, numbers }: Extent,
): DeadLetter | undefined {
  if (through <= after) return undefined;
  const count = Math.ceil((through - after) / numbers);
  return { sink: consumer, source, key, etag, from: after + 1, to: through, count, code, reason };
}

/** So many records of an object are missing, which are set aside; where there are too many the letter counts none. */
export function unbalanced(sink: string, { source, key, etag }: QueuedObject, missing: number): Outcome {
  const reason = "more or fewer records were settled than were offered: read the object again (flowferry replay --dead-letters)";
  const count = Math.max(0, missing);
  const letter = { sink, source, key, etag, from: 1, to: undefined, count, code: UNBALANCED, reason };
  return { ...NOTHING, setAside: count, deadLetters: [letter] };
}
