import type { QualityNotice } from "../contracts/decoder.ts";
import type { Flow } from "../flow/flow.ts";

/** What a quality record says, undefined for a flow. */
export function noticeOf(flow: Flow): QualityNotice | undefined {
  if (flow.status === "OK") return undefined;
  const after = flow.record - 1;
  const who = flow.context.vnic ?? "a VNIC that the record does not name";
  const from = new Date(flow.time).toISOString();
  const when = flow.end === undefined ? `at ${from}` : `from ${from} to ${new Date(flow.end).toISOString()}`;
  return flow.status === "NODATA"
    ? { kind: "no-data", after, message: `${who} had no traffic ${when}` }
    : { kind: "skip-data", after, message: `${who} had flows ${when} that were lost before they reached the bucket` };
}
