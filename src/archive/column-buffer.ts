import type { ByteWriter, SchemaElement } from "hyparquet-writer";
import { writeColumn } from "hyparquet-writer/src/column.js";
import { encodeNestedValues } from "hyparquet-writer/src/dremel.js";
import { schemaPathResolver } from "hyparquet-writer/src/schema.js";
import type { Flow } from "../flow/flow.ts";
import { type Chunk, writeChunk, zstd } from "./chunk.ts";
import type { ArchiveColumn } from "./columns.ts";
import type { Page } from "./page.ts";

/** The values of a column for the rows of a group. */
export interface ColumnBuffer {
  /** What the flows have, for the rows from that one on: rows come in their order, from 0 on. */
  add(flows: readonly Flow[], first: number): void;
  /** Writes the rows in the order of their places in `order`. Once. */
  write(writer: ByteWriter, order: Uint32Array): Chunk;
}

export function columnBuffer(column: ArchiveColumn): ColumnBuffer {
  switch (column.type) {
    case "VARCHAR[]":
      return new Lists(column);
    case "BOOLEAN":
      return new Booleans(column);
    case "VARCHAR":
    case "JSON":
      return column.isUnique === true ? new UniqueTexts(column) : new Texts(column);
    default:
      return new Integers(column);
  }
}

const ROWS = 256;
const grown = <T extends Uint8Array | Uint16Array | Float64Array>(old: T, make: new (size: number) => T, row: number): T => {
  const next = new make(Math.max(ROWS, row + 1, old.length * 2));
  next.set(old);
  return next;
};

const none = (): never => {
  throw new Error("no row has a value");
};

/** Texts that mostly repeat. A place is that of the text, from 1 on; 0 is none. */
class Texts implements ColumnBuffer {
  readonly #column: ArchiveColumn;
  readonly #places = new Map<unknown, number>();
  readonly #texts: string[] = [];
  #rows = new Uint16Array(0);
  #nulls = 0;
  #last: unknown = undefined;
  #lastPlace = 0;

  constructor(column: ArchiveColumn) {
    this.#column = column;
  }

  add(flows: readonly Flow[], first: number): void {
    const { value: get } = this.#column;
    const known = this.#places;
    let [last, place] = [this.#last, this.#lastPlace];
    let row = first;
    for (const flow of flows) {
      const value = get(flow);
      if (value !== last) {
        place = value === undefined ? 0 : (known.get(value) ?? this.#placeOf(value));
        last = value;
      }
      if (place === 0) this.#nulls += 1;
      else if (row >= this.#rows.length) this.#rows = grown(this.#rows, Uint16Array, row);
      if (row < this.#rows.length) this.#rows[row] = place;
      row += 1;
    }
    [this.#last, this.#lastPlace] = [last, place];
  }

  write(writer: ByteWriter, order: Uint32Array): Chunk {
    const { column, places, texts, nulls } = { column: this.#column, places: this.#rows, texts: this.#texts, nulls: this.#nulls };
    const rows = order.length;
    const there = rows - nulls;
    const isWorth = texts.length * 2 <= there || texts.length === 1;
    // In memory of their own: they are kept until the file is whole, and would keep the slab that small buffers share.
    const ends = column.type === "JSON" ? [] : bounds(texts.map((text) => Buffer.from(text)));
    const [least, most] = ends.map((bytes) => bytes && Uint8Array.from(bytes));
    const at = (index: number) => placeOf(places, order[index] as number);
    const writeTexts = (page: Page) => {
      if (!isWorth) {
        for (let index = 0; index < rows; index += 1) {
          const place = at(index);
          if (place > 0) page.text(texts[place - 1] as string);
        }
        return;
      }
      const numbers = new Uint16Array(there);
      for (let index = 0, next = 0; index < rows; index += 1) {
        const place = at(index);
        if (place === 0) continue;
        numbers[next] = place - 1;
        next += 1;
      }
      writeNumbers(page, numbers, texts.length);
    };
    return writeChunk(writer, {
      ...{ type: "BYTE_ARRAY", path: [column.name], rows, nulls, isRequired: false, least, most },
      present: () => statesOf(order, (row) => (placeOf(places, row) === 0 ? 0 : 1)),
      ...(isWorth &&
        there > 0 && {
          dictionary: {
            count: texts.length,
            write: (page) => {
              for (const text of texts) page.text(text);
            },
          },
        }),
      write: writeTexts,
    });
  }

  #placeOf(value: unknown): number {
    const { text } = this.#column;
    const written = text === undefined ? (value as string) : text(value);
    const place = written === undefined ? 0 : this.#texts.push(written);
    this.#places.set(value, place);
    return place;
  }
}

/** A text that no other row has, and that every row has. */
class UniqueTexts implements ColumnBuffer {
  readonly #column: ArchiveColumn;
  readonly #texts: string[] = [];

  constructor(column: ArchiveColumn) {
    this.#column = column;
  }

  add(flows: readonly Flow[]): void {
    for (const flow of flows) this.#texts.push(this.#column.value(flow) as string);
  }

  write(writer: ByteWriter, order: Uint32Array): Chunk {
    return writeChunk(writer, {
      ...{ type: "BYTE_ARRAY", path: [this.#column.name], rows: order.length, nulls: 0, isRequired: false },
      ...{ present: none, least: undefined, most: undefined },
      write: (page) => {
        for (const row of order) page.text(this.#texts[row] as string);
      },
    });
  }
}

/** Whole numbers; those beyond 2^53 beside the others. */
class Integers implements ColumnBuffer {
  readonly #column: ArchiveColumn;
  readonly #large = new Map<number, bigint>();
  #rows = new Float64Array(0);
  #nulls = 0;

  constructor(column: ArchiveColumn) {
    this.#column = column;
  }

  add(flows: readonly Flow[], first: number): void {
    const { value: get } = this.#column;
    let row = first;
    for (const flow of flows) {
      const value = get(flow) as number | bigint | undefined;
      if (value !== undefined) this.#set(row, value);
      else {
        this.#nulls += 1;
        if (row < this.#rows.length) this.#rows[row] = Number.NaN;
      }
      row += 1;
    }
  }

  #set(row: number, value: number | bigint): void {
    if (row >= this.#rows.length) {
      const before = this.#rows.length;
      this.#rows = grown(this.#rows, Float64Array, row);
      if (before < row) this.#rows.fill(Number.NaN, before, row);
    }
    if (typeof value === "bigint") this.#large.set(row, value);
    this.#rows[row] = Number(value);
  }

  write(writer: ByteWriter, order: Uint32Array): Chunk {
    const { name, elements } = this.#column;
    const type = elements[0]?.type as "INT32" | "INT64";
    const numbers = this.#rows;
    const [large, nulls, rows] = [this.#large, this.#nulls, order.length];
    const at = (row: number): number | bigint => large.get(row) ?? (numbers[row] as number);
    const writeOne = (page: Page, value: number | bigint) => (type === "INT32" ? page.int32(value as number) : page.int64(value));
    const there = nulls === 0 ? order : order.filter((row) => row < numbers.length && !Number.isNaN(numbers[row]));
    const dictionary = large.size > 0 ? undefined : dictionaryOf(numbers, there);
    const [least, most] = there.length === 0 ? [] : large.size > 0 ? bounds(Array.from(there, at)) : ends(numbers, there);
    return writeChunk(writer, {
      ...{ type, path: [name], rows, nulls, isRequired: elements[0]?.repetition_type === "REQUIRED" },
      ...{ least: type === "INT64" && least !== undefined ? BigInt(least) : least },
      ...{ most: type === "INT64" && most !== undefined ? BigInt(most) : most },
      present: () => statesOf(order, (row) => (row < numbers.length && !Number.isNaN(numbers[row]) ? 1 : 0)),
      ...(dictionary && {
        dictionary: {
          count: dictionary.values.length,
          write: (page) => {
            for (const value of dictionary.values) writeOne(page, value);
          },
        },
      }),
      write: (page) => {
        if (dictionary !== undefined) writeNumbers(page, dictionary.places, dictionary.values.length);
        else for (const row of there) writeOne(page, at(row));
      },
    });
  }
}

class Booleans implements ColumnBuffer {
  readonly #column: ArchiveColumn;
  /** 0 none, 1 no, 2 yes. */
  #rows = new Uint8Array(0);
  #nulls = 0;

  constructor(column: ArchiveColumn) {
    this.#column = column;
  }

  add(flows: readonly Flow[], first: number): void {
    let row = first;
    for (const flow of flows) {
      const value = this.#column.value(flow) as boolean | undefined;
      if (value === undefined) this.#nulls += 1;
      else if (row >= this.#rows.length) this.#rows = grown(this.#rows, Uint8Array, row);
      if (row < this.#rows.length) this.#rows[row] = value === undefined ? 0 : value ? 2 : 1;
      row += 1;
    }
  }

  write(writer: ByteWriter, order: Uint32Array): Chunk {
    const states = statesOf(order, (row) => this.#rows[row] ?? 0);
    const there = states.filter((state) => state > 0).map((state) => state - 1);
    const has = (value: number) => there.includes(value);
    return writeChunk(writer, {
      ...{ type: "BOOLEAN", path: [this.#column.name], rows: order.length, nulls: this.#nulls, isRequired: false },
      ...{ least: there.length === 0 ? undefined : has(0) ? 0 : 1, most: there.length === 0 ? undefined : has(1) ? 1 : 0 },
      present: () => states.map((state) => Math.min(1, state)),
      write: (page) => page.bits(there, there.length),
    });
  }
}

/** Few rows have one: written by the library. */
class Lists implements ColumnBuffer {
  readonly #column: ArchiveColumn;
  readonly #rows = new Map<number, readonly string[]>();

  constructor(column: ArchiveColumn) {
    this.#column = column;
  }

  add(flows: readonly Flow[], first: number): void {
    for (const [index, flow] of flows.entries()) {
      const value = this.#column.value(flow) as readonly string[] | undefined;
      if (value !== undefined) this.#rows.set(first + index, value);
    }
  }

  write(writer: ByteWriter, order: Uint32Array): Chunk {
    const { name, elements } = this.#column;
    const schema: SchemaElement[] = [{ name: "flow", num_children: 1 }, ...elements];
    const path = schemaPathResolver(schema)([name, "list", "element"]);
    const schemaPath = path.map(({ element }) => element);
    const column = {
      ...{ columnName: `${name}.list.element`, element: schemaPath.at(-1) as SchemaElement, schemaPath },
      ...{ codec: "ZSTD" as const, compressors: { ZSTD: zstd }, stats: true, pageSize: 1 << 20 },
      ...{ columnIndex: false, offsetIndex: false },
    };
    const rows = Array.from(order, (row) => this.#rows.get(row));
    return writeColumn({ writer, column, pageData: encodeNestedValues(path, rows) }).chunk;
  }
}

function statesOf(order: Uint32Array, stateOf: (row: number) => number): Uint8Array {
  const states = new Uint8Array(order.length);
  for (let index = 0; index < order.length; index += 1) states[index] = stateOf(order[index] as number);
  return states;
}

const placeOf = (places: Uint16Array, row: number): number => (row < places.length ? (places[row] as number) : 0);

/** Places in a dictionary of so many values. */
function writeNumbers(page: Page, numbers: Uint16Array, values: number): void {
  const bitWidth = Math.max(1, 32 - Math.clz32(values - 1));
  page.byte(bitWidth);
  page.hybrid(numbers, numbers.length, bitWidth);
}

/** The different numbers and which each row has, if they are few. */
function dictionaryOf(numbers: Float64Array, rows: Uint32Array): { values: number[]; places: Uint16Array } | undefined {
  const places = new Uint16Array(rows.length);
  const known = new Map<number, number>();
  for (let index = 0; index < rows.length; index += 1) {
    const value = numbers[rows[index] as number] as number;
    let place = known.get(value);
    if (place === undefined) {
      place = known.size;
      known.set(value, place);
      if (place > 1_000 && place * 4 > index) return undefined;
    }
    places[index] = place;
  }
  return known.size === 0 || (known.size > 1 && known.size * 2 > rows.length) ? undefined : { values: [...known.keys()], places };
}

function ends(numbers: Float64Array, rows: Uint32Array): [least: number, most: number] {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const row of rows) {
    const value = numbers[row] as number;
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return [least, most];
}

function bounds<T extends Buffer | number | bigint>(values: readonly T[]): [least?: T, most?: T] {
  const before = (one: T, other: T) => (Buffer.isBuffer(one) ? one.compare(other as Buffer) < 0 : one < other);
  const [first, ...others] = values;
  if (first === undefined) return [];
  let [least, most]: [T, T] = [first, first];
  for (const value of others) {
    if (before(value, least)) least = value;
    if (before(most, value)) most = value;
  }
  return [least, most];
}
