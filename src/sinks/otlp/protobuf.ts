import type { Flow } from "../../flow/flow.ts";
import { type Body, bodyOf, RECORD_CLASSES, type RecordClass, recordClassOf } from "../../schemas/record.ts";
import { type Bytes, putHex, putPlain, putWords, type Words, wordsOf } from "./bytes.ts";
import { INTEGER, type Plan, REPEATING, type Step, TEXT, UID, type UidPrefix, uidPrefixes } from "./plan.ts";
import { requestWriter } from "./protobuf-request.ts";
import { MAX_SUMMARY, putSummary } from "./summary.ts";
import type { RecordWriter, Syntax } from "./syntax.ts";
import { anyValue, delimited, keyValue, putNanoseconds, putVarint, varintLength } from "./wire.ts";

// Tags (field number × 8 + wire type) of LogRecord and AnyValue in opentelemetry-proto 1.11.
const RECORD_TAG = 0x12;
const TIME_TAG = 0x09;
const SEVERITY_NUMBER_TAG = 0x10;
const SEVERITY_TEXT = 3;
const BODY = 5;
const BODY_TAG = 0x2a;
const ATTRIBUTES = 6;
const ATTRIBUTES_TAG = 0x32;
const OBSERVED_TIME_TAG = 0x59;
const EVENT_NAME = 12;
const ANY_STRING_TAG = 0x0a;
const ANY_INT_TAG = 0x18;

/** Largest length that takes one byte. The hot path writes no others; what is longer goes through the general encoder. */
const MAX_SHORT = 0x7f;
/** Bytes of a record that are no attributes. */
const FRAME = 256;
/** Most bytes of a varint, with its tag. */
const MAX_INT = 11;

const encodeAttribute = (name: string, value: unknown): Buffer => delimited(ATTRIBUTES, keyValue(name, value));

export const protobuf: Syntax = {
  contentType: "application/x-protobuf",
  encodeAttribute,
  recordWriter,
  requestWriter,
};

/** What stands in front of an attribute's value, with the lengths to be filled in. */
interface Head {
  readonly words: Words;
  /** Bytes of the attribute behind its own length that are not the value. */
  readonly overhead: number;
}

function headOf({ name }: Step): Head {
  const key = delimited(1, Buffer.from(name));
  return { words: wordsOf(Buffer.concat([Buffer.of(ATTRIBUTES_TAG, 0), key, Buffer.of(0x12, 0)])), overhead: key.length + 2 };
}

function recordWriter(plan: Plan, { body }: { body: Body }): RecordWriter {
  const { slots, steps } = plan;
  const stepHeads = steps.map(headOf);
  const uidPrefix = steps.map(({ name }) => uidPrefixes(name, encodeAttribute, 0));
  const heads = new Map<RecordClass, Words>();
  const tails = new Map<RecordClass, Words>();
  for (const recordClass of RECORD_CLASSES) {
    const severity = Buffer.of(SEVERITY_NUMBER_TAG, recordClass.severityNumber);
    heads.set(recordClass, wordsOf(Buffer.concat([severity, delimited(SEVERITY_TEXT, Buffer.from(recordClass.severityText))])));
  }

  const writeAttributes = (out: Bytes, flow: Flow): void => {
    for (let index = 0; index < steps.length; index++) {
      const step = steps[index] as Step;
      if (step.form === UID) {
        writeUid(out, step, (uidPrefix[index] as UidPrefix)(flow.origin), flow);
        continue;
      }
      const value = step.slot >= 0 ? slots[step.slot] : step.get(flow);
      if (value === undefined) continue;
      switch (step.form) {
        case REPEATING: {
          const words = step.repeating.of(value);
          out.reserve(words.length + 3);
          putWords(out.view, out.position, words.values);
          out.position += words.length;
          break;
        }
        case TEXT:
          writeText(out, step, stepHeads[index] as Head, value as string);
          break;
        case INTEGER:
          writeInteger(out, step, stepHeads[index] as Head, value as number | bigint);
          break;
        default:
          out.block(step.encode(value));
      }
    }
  };

  return {
    observed(ms) {
      const time = Buffer.alloc(9, OBSERVED_TIME_TAG);
      putNanoseconds(new DataView(time.buffer, time.byteOffset, time.byteLength), 1, ms);
      for (const recordClass of RECORD_CLASSES) {
        tails.set(recordClass, wordsOf(Buffer.concat([time, delimited(EVENT_NAME, Buffer.from(recordClass.eventName))])));
      }
    },
    write(out, flow, context) {
      const recordClass = recordClassOf(flow);
      plan.read(flow);
      const combined = plan.combined(flow);
      out.reserve(FRAME + context.length + combined.length);
      const { bytes, position: start, view } = out;
      // The record's length stands at start + 1 and is written last; two bytes are left for it, as most records need.
      bytes[start] = RECORD_TAG;
      bytes[start + 3] = TIME_TAG;
      putNanoseconds(view, start + 4, flow.time);
      let at = start + 12;
      const head = heads.get(recordClass) as Words;
      putWords(view, at, head.values);
      at += head.length;
      if (body !== "none") {
        const end = body === "summary" ? putSummary(bytes, at + 4, flow) : -1;
        if (end < 0) {
          out.position = at;
          writeLongBody(out, bodyOf(flow, body) ?? "", context.length + combined.length);
          at = out.position;
        } else {
          bytes[at] = BODY_TAG;
          bytes[at + 1] = end - at - 2;
          bytes[at + 2] = ANY_STRING_TAG;
          bytes[at + 3] = end - at - 4;
          at = end;
        }
      }
      out.bytes.set(context, at);
      at += context.length;
      out.bytes.set(combined, at);
      out.position = at + combined.length;
      writeAttributes(out, flow);
      const tail = tails.get(recordClass) as Words;
      out.reserve(tail.length + 8);
      putWords(out.view, out.position, tail.values);
      out.position += tail.length;
      putRecordLength(out, start);
    },
  };
}

function writeLongBody(out: Bytes, body: string, roomAfter: number): void {
  out.block(delimited(BODY, anyValue(body)));
  out.reserve(roomAfter);
}

function writeUid(out: Bytes, step: Step, prefix: Words, flow: Flow): void {
  if (flow.record > 0xffffffff) {
    out.block(step.encode(flow.uid));
    return;
  }
  out.reserve(prefix.length + 11);
  putWords(out.view, out.position, prefix.values);
  out.position = putHex(out.bytes, out.position + prefix.length, flow.record);
}

function writeText(out: Bytes, step: Step, head: Head, text: string): void {
  const { length } = text;
  const { words, overhead } = head;
  if (overhead + 2 + length <= MAX_SHORT) {
    out.reserve(words.length + length + 5);
    const { bytes, position: start } = out;
    putWords(out.view, start, words.values);
    const at = start + words.length;
    bytes[start + 1] = overhead + 2 + length;
    bytes[at - 1] = 2 + length;
    bytes[at] = ANY_STRING_TAG;
    bytes[at + 1] = length;
    const end = putPlain(bytes, at + 2, text);
    if (end >= 0) {
      out.position = end;
      return;
    }
  }
  out.block(step.encode(text));
}

function writeInteger(out: Bytes, step: Step, { words, overhead }: Head, value: number | bigint): void {
  if (typeof value !== "number" || value < 0 || overhead + MAX_INT > MAX_SHORT) {
    out.block(step.encode(value));
    return;
  }
  out.reserve(words.length + MAX_INT + 3);
  const { bytes, position: start } = out;
  putWords(out.view, start, words.values);
  const at = start + words.length;
  bytes[at] = ANY_INT_TAG;
  const end = putVarint(bytes, at + 1, value);
  bytes[start + 1] = overhead + end - at;
  bytes[at - 1] = end - at;
  out.position = end;
}

/** Fills in the length of the record that begins at `start`, moving it where two bytes are not what the length needs. */
function putRecordLength(out: Bytes, start: number): void {
  const from = start + 3;
  const length = out.position - from;
  const needed = varintLength(length);
  if (needed !== 2) {
    out.reserve(needed);
    out.bytes.copyWithin(start + 1 + needed, from, out.position);
    out.position += needed - 2;
  }
  putVarint(out.bytes, start + 1, length);
}

if (MAX_SUMMARY + 2 > MAX_SHORT) throw new Error("a summary needs lengths of one byte");
