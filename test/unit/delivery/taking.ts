import type { Batch, Payload, Sink, WriteResult } from "../../../src/contracts/sink.ts";

/** What a receiver in memory is handed of a batch. */
export type Taken = Pick<Batch, "flows">;

/** The encoding and sending of a sink whose receiver is handed the flows themselves, of each attempt. */
export function taking(
  take: (batch: Taken, signal: AbortSignal) => WriteResult | Promise<WriteResult>,
): Pick<Sink, "encode" | "send"> {
  const encoded = new WeakMap<Payload, Taken>();
  return {
    encode(flows) {
      const payload = { records: flows.length, parts: [] };
      encoded.set(payload, { flows });
      return payload;
    },
    async send(payload, signal) {
      const batch = encoded.get(payload);
      if (batch === undefined) throw new Error("this payload was not encoded here");
      return take(batch, signal);
    },
  };
}
