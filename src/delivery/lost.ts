import type { Lost } from "../contracts/consumer.ts";
import type { DeadLetter } from "../contracts/ledger.ts";

/** The pointer to what a consumer lacks of a lost object, from the record after `offered` on; undefined if it lacks nothing. */
export function letterOfRest(consumer: string, offered: number, { object, code, reason }: Lost): DeadLetter | undefined {
  const { source, key, etag, records } = object;
  if (records !== undefined && records <= offered) return undefined;
  const count = records === undefined ? 1 : records - offered;
  return { sink: consumer, source, key, etag, from: offered + 1, to: records, count, code, reason };
}
