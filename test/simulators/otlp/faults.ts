import type { RawAnswer } from "../raw-answer.ts";

/** What goes wrong with one request. Without `store`, records are kept exactly when the answer says that they were taken. */
export interface Fault {
  /** Answer with this status; a 4xx or 5xx carries a google.rpc.Status with `message`. */
  status?: number;
  message?: string;
  /** Value of Retry-After: seconds or an HTTP date. */
  retryAfter?: string;
  /** Further headers of the answer. */
  headers?: Record<string, string>;
  /** Answer with these bytes instead of what belongs there. */
  body?: string;
  contentType?: string;
  /** Take all but the first `rejected` records. */
  partialSuccess?: { rejected: number; message: string };
  /** Break the connection: before the body is read, or after it and before an answer. */
  reset?: "before-reading" | "after-reading";
  /** Read the request, keep nothing of it, and answer so. */
  raw?: RawAnswer | ((request: { headers: Readonly<Record<string, unknown>>; body: Buffer }) => RawAnswer);
  /** Read the request and never answer. */
  hang?: boolean;
  /** Answer this much later. */
  delayMs?: number;
  /** Keep the records whatever the answer says: a receiver that took them and then failed. */
  store?: boolean;
}

/** Faults by request number, counted from 1: `"3"`, `"3-5"`, `"3-"` (from the third on), `"*"` (all). The first that fits wins. */
export type FaultPlan = Record<string, Fault>;

export function faultFor(plan: FaultPlan, request: number): Fault | undefined {
  for (const [range, fault] of Object.entries(plan)) {
    if (covers(range, request)) return fault;
  }
  return undefined;
}

function covers(range: string, request: number): boolean {
  if (range === "*") return true;
  const match = /^(\d+)(?:(-)(\d+)?)?$/.exec(range);
  if (match === null) throw new Error(`fault plan: ${JSON.stringify(range)} is no request number, range or *`);
  const from = Number(match[1]);
  const to = match[2] === undefined ? from : match[3] === undefined ? Number.POSITIVE_INFINITY : Number(match[3]);
  return request >= from && request <= to;
}
