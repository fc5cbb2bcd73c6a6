import type { Payload, Sink, WriteResult } from "../../../src/contracts/sink.ts";
import type { Flow } from "../../../src/flow/flow.ts";

/** Encodes flows, hands the payload to another thread and back, and sends it. */
export async function write(sink: Sink, { flows }: { flows: readonly Flow[] }, signal: AbortSignal): Promise<WriteResult> {
  return sink.send(transferred(sink.encode(flows, Date.now())), signal);
}

/** The payload as another thread gets it: the one that sent it has its memory no more. */
function transferred(payload: Payload): Payload {
  return structuredClone(payload, { transfer: payload.parts.map(({ buffer }) => buffer) });
}

/** All bytes of a payload. */
export const bytesOf = ({ parts }: Payload): Buffer => Buffer.concat(parts);
