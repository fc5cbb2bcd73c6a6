import type { Announced, EventForm } from "../../contracts/object-event.ts";
import { describeError, UsageError } from "../../lib/errors.ts";

/** Envelopes within envelopes, and lists within lists. */
const DEEPEST = 4;

/** What a text of events tells. */
export interface Told {
  /** Each object once. */
  readonly announced: readonly Announced[];
  /** Messages of no known form. */
  readonly unknown: number;
}

/**
 * Reads events: a JSON object, a list of them, or one on each line; in the envelope of a notification service or in none. Throws UsageError
 * for a text that is not JSON.
 */
export function readEvents(forms: readonly EventForm[], text: string): Told {
  const announced = new Map<string, Announced>();
  let unknown = 0;
  const take = (value: unknown, depth: number): void => {
    if (depth > DEEPEST) unknown += 1;
    else if (Array.isArray(value)) for (const one of value) take(one, depth + 1);
    else if (!isObject(value)) unknown += 1;
    else if (envelope(value) !== undefined) take(envelope(value), depth + 1);
    else {
      const told = forms.map((form) => form.read(value)).find((found) => found !== undefined);
      if (told === undefined) unknown += 1;
      for (const object of told ?? []) announced.set(JSON.stringify([object.bucket, object.key]), object);
    }
  };
  for (const value of valuesOf(text)) take(value, 0);
  return { announced: [...announced.values()], unknown };
}

/** What AWS SNS and SQS carry: the event as a text, or a list of messages with such texts. */
function envelope(message: Readonly<Record<string, unknown>>): unknown {
  const { Type, Message, Records } = message;
  if (Type === "Notification" && typeof Message === "string") return parsed(Message);
  if (!Array.isArray(Records)) return undefined;
  const bodies = Records.map((record) => (isObject(record) ? (record.body ?? within(record.Sns)) : undefined));
  return bodies.length > 0 && bodies.every((body) => typeof body === "string") ? bodies.map((body) => parsed(body)) : undefined;
}

const within = (sns: unknown) => (isObject(sns) ? sns.Message : undefined);

/** What is no JSON is of no known form. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function valuesOf(text: string): unknown[] {
  try {
    return [JSON.parse(text)];
  } catch (error) {
    const lines = text.split("\n").filter((line) => line.trim() !== "");
    if (lines.length < 2) throw notJson(error);
    try {
      return lines.map((line) => JSON.parse(line));
    } catch (other) {
      throw notJson(other);
    }
  }
}

function notJson(cause: unknown): UsageError {
  return new UsageError("bad-event", `the event is not JSON: ${describeError(cause)}`, { cause });
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
