import { deserialize, serialize } from "node:v8";
import { type ContextDraft, ContextPool } from "./contexts.ts";
import type { Flow } from "./flow.ts";
import { type Columns, numbersOf, readNamed, referencesOf } from "./named-rows.ts";
import { Indexed } from "./packed-values.ts";
import { readRows } from "./read-rows.ts";
import { LAYOUT, NUMBER_FIELDS, REFERENCE_FIELDS } from "./row-layout.ts";
import { writeRows } from "./write-rows.ts";

/** Of 32 bits each: layout, flows, texts, bytes of the texts. */
const HEAD = 4;
/** In the place of a text's length: the value is no text of Latin-1, and stands among the others. */
const OTHER = 0xffffffff;

/**
 * Flows as one run of bytes, which may be transferred to another thread: rows of fixed length, then every value that is no number once,
 * however many flows have it. Origins, contexts and objects that flows share are shared again after `unpack`. The bytes are for this
 * program: they change with its version (`unpack` refuses others) and must not be read from where strangers could have written them.
 */
export function pack(flows: readonly Flow[]): ArrayBuffer {
  const rows = rowsIn(new ArrayBuffer(rowBytes(flows.length)), flows.length);
  const [origins, contexts, values] = [new Indexed(), new Indexed(), new Indexed()];
  writeRows(flows, rows.numbers, rows.references, { origins, contexts, values });

  const lengths = new Uint32Array(values.all.length);
  const others: unknown[] = [];
  let textBytes = 0;
  for (const [index, value] of values.all.entries()) {
    if (typeof value === "string" && isLatin1(value)) {
      lengths[index] = value.length;
      textBytes += value.length;
    } else {
      lengths[index] = OTHER;
      others.push(value);
    }
  }
  const rest = serialize([origins.all, contexts.all, others]);

  const { end } = rows;
  const textsAt = end + lengths.byteLength;
  const packed = rows.memory.transfer(textsAt + textBytes + rest.length);
  new Uint32Array(packed, 0, HEAD).set([LAYOUT, flows.length, lengths.length, textBytes]);
  new Uint32Array(packed, end, lengths.length).set(lengths);
  const bytes = new Uint8Array(packed);
  let at = textsAt;
  for (let index = 0; index < lengths.length; index++) {
    if (lengths[index] === OTHER) continue;
    const text = values.all[index] as string;
    for (let place = 0; place < text.length; place++) bytes[at++] = text.charCodeAt(place);
  }
  bytes.set(rest, at);
  return packed;
}

/** The columns of what this version packs. */
export const COLUMNS: Columns = { layout: LAYOUT, numbers: NUMBER_FIELDS, references: REFERENCE_FIELDS };

/**
 * What `pack` has packed. Equal contexts of several packs are one object where they come from one pool. `written`: the columns of whoever has
 * packed it, where that may have been another version. Throws for other bytes.
 */
export function unpack(packed: ArrayBuffer, pool = new ContextPool(), written: Columns = COLUMNS): Flow[] {
  const [layout, count = 0, texts = 0, textBytes = 0] = new Uint32Array(packed, 0, HEAD);
  if (layout !== written.layout) throw new Error("the flows were packed by another version of this program");
  const { numbers, references, end } = rowsIn(packed, count, written);
  const lengths = new Uint32Array(packed, end, texts);
  const bytes = Buffer.from(packed);
  let at = end + lengths.byteLength;
  const [origins, contexts, others] = deserialize(bytes.subarray(at + textBytes)) as [unknown[], ContextDraft[], unknown[]];
  const values: unknown[] = [];
  let other = 0;
  for (const length of lengths) {
    if (length === OTHER) {
      values.push(others[other++]);
    } else {
      values.push(bytes.toString("latin1", at, at + length));
      at += length;
    }
  }
  const shared = contexts.map((context) => context && pool.intern(context));
  const indexed = { origins, contexts: shared, values };
  if (layout === LAYOUT) return readRows(count, numbers, references, indexed);
  return readNamed(count, { numbers, references }, indexed, written);
}

function rowBytes(flows: number, columns: Columns = COLUMNS): number {
  return HEAD * 4 + flows * (numbersOf(columns) * 8 + referencesOf(columns) * 4);
}

/** Where the rows of so many flows stand; `end` is behind the last. */
function rowsIn(memory: ArrayBuffer, flows: number, columns: Columns = COLUMNS) {
  const numbers = new Float64Array(memory, HEAD * 4, flows * numbersOf(columns));
  const references = new Uint32Array(memory, HEAD * 4 + numbers.byteLength, flows * referencesOf(columns));
  return { memory, numbers, references, end: rowBytes(flows, columns) };
}

function isLatin1(text: string): boolean {
  for (let place = 0; place < text.length; place++) if (text.charCodeAt(place) > 0xff) return false;
  return true;
}
