import { gzipSync } from "node:zlib";
import type { DamagedDraft } from "../formats/format.ts";
import type { ObjectTruth } from "../truth.ts";
import type { Host } from "../world.ts";
import { type Entry, recoverable, truthOf } from "./entries.ts";

/** Header and flows of one object. */
export interface IbmObject {
  readonly host: Host;
  readonly entries: readonly Entry[];
  /** Capture window, in seconds since the epoch. */
  readonly from: number;
  readonly to: number;
}

type Rest = Pick<DamagedDraft, "bytes" | "truth" | "record" | "outcome">;
type Text = (object: IbmObject, header?: { count: number; state: string }) => string;

/** An object with one thing broken in it, and what is left to read. */
export function damagedObject(kind: string, object: IbmObject, textOf: Text): Rest {
  const { entries } = object;
  const place = entries.length >> 1;
  const whole = textOf(object);
  const good = (bytes: Uint8Array, truth: ObjectTruth = truthOf(entries)): Rest => ({
    bytes,
    truth,
    record: null,
    outcome: "good",
  });
  switch (kind) {
    case "truncated-gzip":
      return truncated(gzip(whole), whole, entries);
    case "half-line":
      return halfObject(whole, entries, place);
    case "empty-object":
      return good(new Uint8Array(0), truthOf([]));
    case "empty-gzip":
      return good(gzip(""), truthOf([]));
    case "empty-flow-logs":
      return good(gzip(textOf({ ...object, entries: [] })), truthOf([]));
    case "wrong-count":
      return good(gzip(textOf(object, { count: entries.length - 1, state: "ok" })), { ...truthOf(entries), countMismatch: 1 });
    case "bom":
      return good(gzip(`\xef\xbb\xbf${whole}`));
    case "members":
      return good(Buffer.concat([gzip(whole.slice(0, whole.length >> 1)), gzip(whole.slice(whole.length >> 1))]));
    case "plain":
      return good(Buffer.from(whole, "latin1"));
    default:
      return badElement(kind, object, place, textOf);
  }
}

function badElement(kind: string, object: IbmObject, place: number, textOf: Text): Rest {
  const copied = object.entries[place] as Entry;
  const text = breakElement(kind, copied.text);
  const entry = { ...copied, text };
  const bytes = gzip(textOf({ ...object, entries: object.entries.toSpliced(place, 0, entry) }));
  const truth = truthOf(object.entries);
  truth.records++;
  if (kind !== "big-counter") {
    truth.bad++;
    return { bytes, truth, record: place + 1, outcome: "bad" };
  }
  if (entry.accepted) truth.accept++;
  else truth.reject++;
  truth.bytes += 18_446_744_073_709_551_615n;
  truth.bytesReverse += entry.bytesReverse;
  return { bytes, truth, record: place + 1, outcome: "good" };
}

function breakElement(kind: string, good: string): string {
  const address = /"initiator_ip":"[^"]+"/;
  switch (kind) {
    case "long-line":
      return good.replace('"ether_type":"IPv4"', `"ether_type":"${"x".repeat(10 * 1024 * 1024)}"`);
    case "nul":
      return good.replace(address, '"initiator_ip":"10.20.\0.7"');
    case "invalid-utf8":
      return good.replace(address, '"initiator_ip":"10.20.\xff\xfe.7"');
    case "bad-address":
      return good.replace(address, '"initiator_ip":"10.100.xx.197"');
    case "bad-port":
      return good.replace(/"target_port":\d+/, '"target_port":70000');
    case "null-field":
      return good.replace(address, '"initiator_ip":null');
    case "big-counter":
      return good.replace(/"bytes_from_initiator":\d+/, '"bytes_from_initiator":18446744073709551615');
    default:
      throw new RangeError(`this format knows no damage ${kind}`);
  }
}

/** JSON that ends inside an element. */
function halfObject(whole: string, entries: readonly Entry[], place: number): Rest {
  const element = entries[place] as Entry;
  const end = whole.indexOf(element.text) + (element.text.length >> 1);
  const truth = truthOf(entries.slice(0, place));
  truth.broken = 1;
  return { bytes: gzip(whole.slice(0, end)), truth, record: place + 1, outcome: "broken" };
}

/** Gzip that ends where what is left ends inside an element. */
function truncated(bytes: Uint8Array, whole: string, entries: readonly Entry[]): Rest {
  const body = whole.indexOf("[") + 1;
  for (let cut = Math.floor(bytes.length * 0.6); cut > 20; cut--) {
    const length = recoverable(bytes.subarray(0, cut)).length - body;
    let [end, complete] = [0, 0];
    for (const { text } of entries) {
      if (end + text.length > length) break;
      end += text.length + 1;
      complete++;
    }
    if (complete === 0 || length - end < 2) continue;
    const truth = truthOf(entries.slice(0, complete));
    truth.broken = 1;
    return { bytes: bytes.subarray(0, cut), truth, record: complete + 1, outcome: "broken" };
  }
  throw new RangeError("too few flows to cut");
}

function gzip(text: string): Uint8Array {
  return gzipSync(Buffer.from(text, "latin1"), { level: 6 });
}
