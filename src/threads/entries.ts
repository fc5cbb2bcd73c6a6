import type { Entry } from "../contracts/entry.ts";
import { Flow } from "../flow/flow.ts";
import { EncodedRecord } from "../transcode/records.ts";

/** What was decoded for an entry of a thread, which is a flow or an encoded record; undefined where it is not kept. */
export function decodedOf(entry: Entry): Flow | undefined {
  if (entry instanceof Flow) return entry;
  return entry instanceof EncodedRecord ? entry.flow : undefined;
}
