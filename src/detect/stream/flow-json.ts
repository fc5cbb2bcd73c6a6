import { formOf, isField } from "../../flow/fields.ts";
import { Flow, type FlowContext } from "../../flow/flow.ts";
import type { Origin } from "../../flow/origin.ts";
import { counterOf, plainCounter } from "../match.ts";
import { type Json, listOf, recordOf } from "./window.ts";

/** What neither rules nor alerts ask for, and what may be much. */
const LEFT_OUT: ReadonlySet<string> = new Set(["origin", "record", "context", "time", "original", "logColumns", "securityLists"]);

/** A flow as plain data, for a rule that goes on with it later, maybe after a restart. */
export function packFlow(flow: Flow): Json {
  const { origin, record, context, time } = flow;
  const own = Object.entries(flow).flatMap(([name, value]) =>
    value === undefined || LEFT_OUT.has(name) ? [] : [[name, typeof value === "bigint" ? plainCounter(value) : value]],
  );
  return [origin, record, context, time, Object.fromEntries(own)] as unknown as Json;
}

/** Throws TypeError when the data is no flow. */
export function unpackFlow(data: unknown): Flow {
  const [origin, record, context, time, own] = listOf(data);
  const { store, key, digest } = recordOf(origin);
  if (typeof record !== "number" || typeof time !== "number") throw new TypeError("not a flow");
  if (typeof store !== "string" || typeof key !== "string" || typeof digest !== "string") throw new TypeError("not a flow");
  const flow = new Flow(origin as Origin, record, recordOf(context) as unknown as FlowContext, time);
  const fields = Object.entries(recordOf(own)).filter(([name]) => name in flow);
  return Object.assign(flow, Object.fromEntries(fields.map(([name, value]) => [name, readField(name, value)])));
}

function readField(name: string, value: unknown): unknown {
  return isField(name) && formOf(name) === "counter" ? counterOf(value) : value;
}
