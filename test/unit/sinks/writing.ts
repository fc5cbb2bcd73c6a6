import type { Payload, Sink, WriteResult } from "../../../src/contracts/sink.ts";
import type { Flow } from "../../../src/flow/flow.ts";

/** Encodes and compresses flows, hands the payload to another thread, and sends it. */
export async function write(sink: Sink, { flows }: { flows: readonly Flow[] }, signal: AbortSignal): Promise<WriteResult> {
  const { coding } = sink;
  const payload = transferred(sink.encode(flows, Date.now()));
  const compressed = coding === undefined ? payload : await sink.compress?.(payload, coding);
  return sink.send(structuredClone(compressed ?? payload), signal);
}

/** The payload as another thread gets it: the one that sent it has its memory no more. */
function transferred(payload: Payload): Payload {
  return structuredClone(payload, { transfer: payload.parts.map(({ buffer }) => buffer) });
}

/** All bytes of a payload. */
export const bytesOf = ({ parts }: Payload): Buffer => Buffer.concat(parts);
