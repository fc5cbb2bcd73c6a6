import { setTimeout as sleep } from "node:timers/promises";
import type { Batch, Payload, Sink } from "../../../src/contracts/sink.ts";
import { Encoding } from "../../../src/delivery/encoding.ts";
import type { Flow } from "../../../src/flow/flow.ts";
import { codeOf, describeError, drawerOf, Failure } from "../../../src/lib/errors.ts";

/** A record that was set aside, by its number. */
export interface SetAside {
  readonly record: number;
  readonly code: string;
  readonly reason: string;
}

export interface Brought {
  delivered: number;
  rejected: number;
  readonly setAside: SetAside[];
  /** What was tried again. */
  readonly failures: Failure[];
}

/**
 * Brings a batch to its end as the contract of sinks wants it: what the sink refuses beforehand and what is refused alone is set aside, a
 * batch that is refused is halved, anything else is tried again with the same payload, never before Retry-After.
 */
export async function bring(sink: Sink, batch: Batch): Promise<Brought> {
  const brought: Brought = { delivered: 0, rejected: 0, setAside: [], failures: [] };
  const setAside = ({ record }: Flow, code: string, reason: string) => void brought.setAside.push({ record, code, reason });
  const signal = AbortSignal.timeout(60_000);
  const encoding = new Encoding("test", sink);
  const payloads = new WeakMap<Batch, Payload>();
  /** What is tried again is the same payload. */
  const payloadOf = async (batch: Batch): Promise<Payload> => {
    const payload = payloads.get(batch) ?? (await encoding.encode(batch.flows, Date.now()));
    payloads.set(batch, payload);
    return payload;
  };
  const deliver = async (batch: Batch): Promise<void> => {
    const outside = batch.flows.filter((flow) => sink.outside?.(flow) !== undefined);
    for (const flow of outside) setAside(flow, sink.outside?.(flow)?.code ?? "", sink.outside?.(flow)?.reason ?? "");
    if (outside.length > 0) return deliver({ ...batch, flows: batch.flows.filter((flow) => !outside.includes(flow)) });
    if (batch.flows.length === 0) return;
    try {
      const { rejected } = await sink.send(await payloadOf(batch), signal);
      brought.rejected += rejected;
      brought.delivered += batch.flows.length - rejected;
      return;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof Failure)) throw error;
      if (drawerOf(error) !== "batch") {
        brought.failures.push(error);
        await sleep(error.retryAfterMs ?? 1);
        return deliver(batch);
      }
      const [only] = batch.flows;
      if (batch.flows.length === 1 && only !== undefined) return setAside(only, codeOf(error), describeError(error));
    }
    const middle = batch.flows.length >> 1;
    await deliver({ ...batch, flows: batch.flows.slice(0, middle) });
    await deliver({ ...batch, flows: batch.flows.slice(middle) });
  };
  await deliver(batch);
  return brought;
}
