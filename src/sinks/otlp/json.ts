import { type Body, bodyOf, RECORD_CLASSES, type RecordClass, recordClassOf } from "../../schemas/record.ts";
import { type Bytes, putDecimal, putHex, putPlain, putWords, type Words, wordsOf } from "./bytes.ts";
import { INTEGER, type Plan, REPEATING, type Step, TEXT, UID, type UidPrefix, uidPrefixes } from "./plan.ts";
import { MAX_SUMMARY, putSummary } from "./summary.ts";
import type { RecordWriter, RequestWriter, Syntax } from "./syntax.ts";
import { MAX_INT64, sayable } from "./wire.ts";

// OTLP/JSON: names in lowerCamelCase, 64-bit integers as decimal strings, enums as numbers. Everything that is written in a loop ends
// with a comma; the last comma is taken back where the list ends.
const COMMA = 0x2c;
const ZERO = 0x30;
/** Bytes of a record that are no attributes. */
const FRAME = 512;
/** Decimal digits of 2^53 - 1. */
const MAX_DIGITS = 16;

const encodeAttribute = (name: string, value: unknown): Buffer =>
  Buffer.from(`{"key":${printText(name)},"value":${printAny(value)}},`);

export const json: Syntax = {
  contentType: "application/json",
  encodeAttribute,
  recordWriter,
  requestWriter,
};

/** Lone surrogates, which UTF-8 cannot hold, become U+FFFD. */
const printText = (text: string): string => JSON.stringify(text.toWellFormed());

/** An AnyValue; an empty one for null. */
function printAny(value: unknown): string {
  switch (typeof value) {
    case "string":
      return `{"stringValue":${printText(value)}}`;
    case "boolean":
      return `{"boolValue":${value}}`;
    case "bigint":
      return value <= MAX_INT64 ? `{"intValue":"${value}"}` : `{"stringValue":"${value}"}`;
    case "number":
      if (Number.isSafeInteger(value)) return `{"intValue":"${value}"}`;
      return Number.isFinite(value) ? `{"doubleValue":${value}}` : `{"doubleValue":"${value}"}`;
    default:
      if (value === null || value === undefined) return "{}";
      if (Array.isArray(value)) return `{"arrayValue":{"values":[${value.map(printAny)}]}}`;
      return `{"kvlistValue":{"values":[${Object.entries(value).map(([key, item]) => `{"key":${printText(key)},"value":${printAny(item)}}`)}]}}`;
  }
}

/** What stands behind a text and behind an integer. */
const END = wordsOf(Buffer.from('"}},'));

/** What stands in front of a step's value. */
function headOf({ name, form }: Step): Words {
  return wordsOf(Buffer.from(`{"key":${printText(name)},"value":{"${form === INTEGER ? "intValue" : "stringValue"}":"`));
}

function recordWriter(plan: Plan, { body }: { body: Body }): RecordWriter {
  const { slots, steps } = plan;
  const stepHeads = steps.map(headOf);
  const uidPrefix = steps.map(({ name }) => uidPrefixes(name, encodeAttribute, END.length));
  const start = wordsOf(Buffer.from('{"timeUnixNano":"'));
  const heads = new Map<RecordClass, Words>();

  const writeAttributes = (out: Bytes, flow: Parameters<RecordWriter["write"]>[1]): void => {
    for (let index = 0; index < steps.length; index++) {
      const step = steps[index] as Step;
      if (step.form === UID) {
        const prefix = (uidPrefix[index] as UidPrefix)(flow.origin);
        if (flow.record > 0xffffffff) out.block(step.encode(flow.uid));
        else writeBetween(out, prefix, 8, (bytes, at) => putHex(bytes, at, flow.record));
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
        case TEXT: {
          const text = value as string;
          if (!writeBetween(out, stepHeads[index] as Words, text.length, (bytes, at) => putPlain(bytes, at, text))) {
            out.block(step.encode(text));
          }
          break;
        }
        case INTEGER:
          if (typeof value !== "number" || value < 0) out.block(step.encode(value));
          else writeBetween(out, stepHeads[index] as Words, MAX_DIGITS, (bytes, at) => putDecimal(bytes, at, value));
          break;
        default:
          out.block(step.encode(value));
      }
    }
  };

  return {
    observed(ms) {
      for (const recordClass of RECORD_CLASSES) {
        const { severityNumber, severityText, eventName } = recordClass;
        const text =
          `","observedTimeUnixNano":"${BigInt(sayable(ms)) * 1_000_000n}",` +
          `"severityNumber":${severityNumber},"severityText":"${severityText}","eventName":"${eventName}",`;
        heads.set(recordClass, wordsOf(Buffer.from(text)));
      }
    },
    write(out, flow, context) {
      plan.read(flow);
      const combined = plan.combined(flow);
      out.reserve(FRAME + context.length + combined.length);
      putWords(out.view, out.position, start.values);
      let at = putNanoseconds(out.bytes, out.position + start.length, flow.time);
      const head = heads.get(recordClassOf(flow)) as Words;
      putWords(out.view, at, head.values);
      at += head.length;
      if (body !== "none") {
        putWords(out.view, at, BODY.values);
        const end = body === "summary" ? putSummary(out.bytes, at + BODY.length, flow) : -1;
        if (end < 0) {
          out.position = at;
          out.block(Buffer.from(`"body":${printAny(bodyOf(flow, body) ?? "")},`));
          out.reserve(FRAME + context.length + combined.length);
          at = out.position;
        } else {
          putWords(out.view, end, BODY_END.values);
          at = end + BODY_END.length;
        }
      }
      putWords(out.view, at, ATTRIBUTES.values);
      out.position = at + ATTRIBUTES.length;
      const first = out.position;
      out.block(context);
      out.block(combined);
      writeAttributes(out, flow);
      if (out.position > first) out.position--;
      out.reserve(8);
      putWords(out.view, out.position, RECORD_END.values);
      out.position += RECORD_END.length;
    },
  };
}

const BODY = wordsOf(Buffer.from('"body":{"stringValue":"'));
const BODY_END = wordsOf(Buffer.from('"},'));
const ATTRIBUTES = wordsOf(Buffer.from('"attributes":['));
const RECORD_END = wordsOf(Buffer.from("]},"));
/** All that a record has beside its attributes. */
const FRAME_USED = 17 + 22 + 160 + 23 + MAX_SUMMARY + 3 + 14 + 3;
if (FRAME_USED > FRAME) throw new Error("a record's frame needs more room");

/** Writes `head`, what `put` writes in up to `most` bytes, and the end of an attribute; nothing when `put` returns -1. */
function writeBetween(out: Bytes, head: Words, most: number, put: (bytes: Buffer, at: number) => number): boolean {
  out.reserve(head.length + most + END.length + 7);
  const { bytes, position, view } = out;
  putWords(view, position, head.values);
  const end = put(bytes, position + head.length);
  if (end < 0) return false;
  putWords(view, end, END.values);
  out.position = end + END.length;
  return true;
}

/** Milliseconds as decimal nanoseconds. */
function putNanoseconds(bytes: Buffer, at: number, ms: number): number {
  ms = sayable(ms);
  if (ms === 0) {
    bytes[at] = ZERO;
    return at + 1;
  }
  at = putDecimal(bytes, at, ms);
  for (let index = 0; index < 6; index++) bytes[at++] = ZERO;
  return at;
}

function requestWriter({ name, version }: { name: string; version: string }): RequestWriter {
  const scope = `]},"scopeLogs":[{"scope":{"name":${printText(name)},"version":${printText(version)}},"logRecords":[`;
  const resourceStart = Buffer.from('{"resource":{"attributes":[');
  const scopeStart = Buffer.from(scope);
  let start = 0;
  let records = 0;
  const takeBackComma = (out: Bytes): void => {
    if (out.bytes[out.position - 1] === COMMA) out.position--;
  };
  return {
    encodeResource(attributes) {
      const list = attributes.at(-1) === COMMA ? attributes.subarray(0, -1) : attributes;
      return Buffer.concat([resourceStart, list, scopeStart]);
    },
    begin(out) {
      start = out.position;
      out.block(Buffer.from('{"resourceLogs":['));
    },
    beginResource(out, resource) {
      out.block(resource);
      records = out.position;
    },
    endResource(out) {
      if (out.position > records) takeBackComma(out);
      out.block(Buffer.from("]}]},"));
    },
    end(out) {
      takeBackComma(out);
      out.block(Buffer.from("]}"));
      return out.bytes.subarray(start, out.position);
    },
  };
}
