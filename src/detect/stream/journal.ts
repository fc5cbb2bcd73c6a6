import type { StatePart } from "../../contracts/state-ledger.ts";
import type { Row } from "./rows.ts";
import type { Table } from "./table.ts";
import type { Visit } from "./visit.ts";
import { type Json, listOf } from "./window.ts";

/** A part is closed when it has grown to so many characters. */
const PART_SIZE = 65_536;
/** So many groups more than twice those there are may be stored of a table before it is written anew. */
const SLACK = 500;

/** What the head of a state says of one table. */
export type Entry = readonly [
  id: string,
  fingerprint: string,
  /** Parts with lower numbers are of no use. */
  since: number,
  /** Groups whose latest touch was before this one are forgotten. */
  floor: number,
  touches: number,
  size: number,
  common: Json,
];

interface Stored {
  readonly number: number;
  readonly groups: number;
  /** The latest touch of a group in it. */
  readonly latest: number;
}

/**
 * What is stored of one table. Each save adds parts with the groups touched since the save before; of a group in several parts the latest
 * counts. Groups are forgotten in the order of their touches, so that one number, the floor, says which of those stored are gone. When too
 * much of what is stored is of no use any more, a save writes the whole table anew.
 */
export class Journal {
  readonly id: string;
  /** Changes with everything that the table's data depends on. */
  readonly fingerprint: string;
  readonly table: Table;
  #parts: Stored[] = [];
  #groups = 0;
  #floor = 0;
  /** Everything touched up to here is stored. */
  #saved = 0;
  #since = 0;

  constructor(id: string, fingerprint: string, table: Table) {
    this.id = id;
    this.fingerprint = fingerprint;
    this.table = table;
  }

  /** How many groups are stored beyond those that there may be, 0 when there is no need to write the table anew. */
  get waste(): number {
    return Math.max(0, this.#groups - 2 * this.table.groups.size - SLACK);
  }

  /** How many groups a save of what was touched has at most. */
  get touched(): number {
    const { touches, size } = this.table.groups;
    return Math.min(touches - this.#saved, size);
  }

  /** Begins a save of the table as it is now, of the whole of it if asked to. `next`: lowest number of its new parts. */
  begin(whole: boolean, next: number): Draft {
    const anew = whole || this.#saved === 0;
    return new Draft(this.table, this.#entry(anew ? next : this.#since), anew ? 0 : this.#saved);
  }

  /** The draft is saved. Returns the numbers of parts that are of no use any more. */
  done({ entry, parts }: Draft): number[] {
    for (const part of parts) this.#store(part);
    return this.#goOn(entry);
  }

  /** Takes in a part of which the entry speaks. Throws TypeError when it is none of this table. */
  load(number: number, data: unknown, [, , , floor]: Entry): void {
    const groups = listOf(data).map(listOf);
    let latest = 0;
    for (const [touched, ...fields] of groups) {
      if (typeof touched !== "number") throw new TypeError("not a touch");
      latest = Math.max(latest, touched);
      if (touched >= floor) this.table.unpack(touched, fields);
    }
    this.#store({ number, groups: groups.length, latest });
  }

  /** To be called when all parts are loaded. Returns the numbers of those that are of no use. Throws TypeError when something is missing. */
  settle(entry: Entry): number[] {
    const [, , , , touches, size, common] = entry;
    const { groups } = this.table;
    if (groups.size !== size) throw new TypeError(`${groups.size} groups instead of ${size}`);
    this.table.common?.unpack(common);
    groups.settle(touches);
    return this.#goOn(entry);
  }

  /** Takes over what the other's table holds, and where that is stored. This table is empty, and the other is of no use any more. */
  adopt(other: Journal): void {
    const { groups, common } = other.table;
    const visit = groups.visit(0, (row) => this.table.unpack(groups.touched(row), other.table.pack(row)));
    while (visit.next()) {}
    this.table.common?.unpack(common?.pack() ?? null);
    this.table.groups.settle(groups.touches);
    this.#parts = other.#parts;
    this.#groups = other.#groups;
    this.#floor = other.#floor;
    this.#saved = other.#saved;
    this.#since = other.#since;
  }

  /** Numbers of the parts that are stored. */
  get stored(): number[] {
    return this.#parts.map(({ number }) => number);
  }

  #entry(since: number): Entry {
    const { groups, common } = this.table;
    return [this.id, this.fingerprint, since, groups.oldestTouch, groups.touches, groups.size, common?.pack() ?? null];
  }

  #store(part: Stored): void {
    this.#parts.push(part);
    this.#groups += part.groups;
  }

  /** The entry is in the head. Returns the numbers of parts that are of no use any more. */
  #goOn([, , since, floor, touches]: Entry): number[] {
    this.#saved = touches;
    if (since === this.#since && floor === this.#floor) return [];
    this.#since = since;
    this.#floor = floor;
    const useless = ({ number, latest }: Stored): boolean => number < since || latest < floor;
    const [gone, left] = [this.#parts.filter(useless), this.#parts.filter((part) => !useless(part))];
    this.#parts = left;
    for (const { groups } of gone) this.#groups -= groups;
    return gone.map(({ number }) => number);
  }
}

/** A table that is being saved, as it was when that began. */
export class Draft {
  readonly entry: Entry;
  /** What has been made of it so far. */
  readonly parts: Stored[] = [];
  readonly #visit: Visit;
  /** Full parts without a number. */
  readonly #full: { readonly value: string; readonly groups: number; readonly latest: number }[] = [];
  #rows: string[] = [];
  #size = 0;
  #latest = 0;

  /** Groups touched no later than `after` are left out. */
  constructor(table: Table, entry: Entry, after: number) {
    this.entry = entry;
    this.#visit = table.groups.visit(after, (row) => this.#add(table, row));
  }

  /** The next part, with that number; undefined when there is none. */
  take(number: number): StatePart | undefined {
    while (this.#full.length === 0 && this.#visit.next()) {}
    if (this.#full.length === 0 && this.#rows.length > 0) this.#close();
    const part = this.#full.shift();
    if (part === undefined) return undefined;
    this.parts.push({ number, groups: part.groups, latest: part.latest });
    return { number, value: part.value };
  }

  abandon(): void {
    this.#visit.end();
  }

  #add(table: Table, row: Row): void {
    const touched = table.groups.touched(row);
    const text = JSON.stringify([touched, ...table.pack(row)]);
    this.#rows.push(text);
    this.#size += text.length;
    this.#latest = Math.max(this.#latest, touched);
    if (this.#size >= PART_SIZE) this.#close();
  }

  #close(): void {
    const value = `[${JSON.stringify(this.entry[0])},[${this.#rows.join()}]]`;
    this.#full.push({ value, groups: this.#rows.length, latest: this.#latest });
    this.#rows = [];
    this.#size = 0;
    this.#latest = 0;
  }
}
