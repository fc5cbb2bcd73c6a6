import { grown } from "./columns.ts";
import { type Keys, NONE } from "./texts.ts";

export interface GroupLimits {
  /** Most groups of one table; the one untouched for longest makes room. */
  readonly groups: number;
  /** Most items (times, values) that all groups of one table hold together. */
  readonly items: number;
}

/** Where a group stands in its table, until it is forgotten. */
export type Row = number;

/** Of a row: the rows touched next before and after it, its key, and how many items it held when they were last counted. */
const OLDER = 0;
const YOUNGER = 1;
const KEY = 2;
const WEIGHT = 3;
const WIDTH = 4;

/**
 * Groups by key, in the order in which they were last touched, within limits. Most groups never see a second flow, and there are many of
 * them: so they are rows of numbers, not objects that the garbage collector has to follow.
 */
export class Groups<State> {
  evicted = 0;
  readonly #limits: GroupLimits;
  readonly #keys: Keys;
  /** By key: its row + 1, or 0. */
  #rowOf = new Int32Array(16);
  #rows = new Int32Array(16 * WIDTH);
  #newest = new Float64Array(16);
  readonly #states: (State | undefined)[] = [];
  readonly #free: Row[] = [];
  #size = 0;
  #oldest: Row = NONE;
  #youngest: Row = NONE;
  #items = 0;

  constructor(limits: GroupLimits, keys: Keys) {
    this.#limits = limits;
    this.#keys = keys;
  }

  get size(): number {
    return this.#size;
  }

  /** The group of that key as it stands; NONE when there is none. */
  find(key: number): Row {
    return key === NONE ? NONE : (this.#rowOf[key] ?? 0) - 1;
  }

  /** The group of that key, now the youngest; NONE when there is none. */
  touch(key: number, time: number): Row {
    const row = this.find(key);
    if (row === NONE) return NONE;
    if (time > this.newest(row)) this.#newest[row] = time;
    if (row !== this.#youngest) {
      this.#unlink(row);
      this.#link(row);
    }
    return row;
  }

  /** Takes in a group whose key is new, as the youngest, and takes over one use of the key. */
  add(key: number, time: number, state: State): Row {
    if (this.find(key) !== NONE) throw new TypeError(`a second group of the key ${this.#keys.text(key)}`);
    if (this.#size >= this.#limits.groups) this.#evict();
    const row = this.#free.pop() ?? this.#states.length;
    this.#rows = grown(this.#rows, row * WIDTH + WEIGHT);
    this.#newest = grown(this.#newest, row);
    this.#rowOf = grown(this.#rowOf, key);
    this.#rowOf[key] = row + 1;
    this.#rows[row * WIDTH + KEY] = key;
    this.#rows[row * WIDTH + WEIGHT] = 0;
    this.#newest[row] = time;
    this.#states[row] = state;
    this.#link(row);
    this.#size++;
    return row;
  }

  key(row: Row): number {
    return this.#rows[row * WIDTH + KEY] as number;
  }

  /** Latest event time that touched the group. */
  newest(row: Row): number {
    return this.#newest[row] as number;
  }

  state(row: Row): State {
    return this.#states[row] as State;
  }

  setState(row: Row, state: State): void {
    this.#states[row] = state;
  }

  /** Tells how many items the group holds now. Older groups make room when the table holds too many. */
  weigh(row: Row, items: number): void {
    const at = row * WIDTH + WEIGHT;
    this.#items += items - (this.#rows[at] as number);
    this.#rows[at] = items;
    while (this.#items > this.#limits.items && this.#oldest !== row) this.#evict();
  }

  /** Forgets the longest untouched groups while their latest time lies before the given one. */
  expire(before: number): void {
    while (this.#oldest !== NONE && this.newest(this.#oldest) < before) this.#remove(this.#oldest);
  }

  /** Every group, the longest untouched first. */
  *[Symbol.iterator](): Generator<Row> {
    for (let row = this.#oldest; row !== NONE; row = this.#rows[row * WIDTH + YOUNGER] as Row) yield row;
  }

  #evict(): void {
    if (this.#oldest === NONE) return;
    this.#remove(this.#oldest);
    this.evicted++;
  }

  #remove(row: Row): void {
    this.#unlink(row);
    const key = this.key(row);
    this.#rowOf[key] = 0;
    this.#keys.release(key);
    this.#states[row] = undefined;
    this.#free.push(row);
    this.#size--;
    this.#items -= this.#rows[row * WIDTH + WEIGHT] as number;
  }

  #link(row: Row): void {
    const rows = this.#rows;
    rows[row * WIDTH + OLDER] = this.#youngest;
    rows[row * WIDTH + YOUNGER] = NONE;
    if (this.#youngest === NONE) this.#oldest = row;
    else rows[this.#youngest * WIDTH + YOUNGER] = row;
    this.#youngest = row;
  }

  #unlink(row: Row): void {
    const rows = this.#rows;
    const older = rows[row * WIDTH + OLDER] as Row;
    const younger = rows[row * WIDTH + YOUNGER] as Row;
    if (older === NONE) this.#oldest = younger;
    else rows[older * WIDTH + YOUNGER] = younger;
    if (younger === NONE) this.#youngest = older;
    else rows[younger * WIDTH + OLDER] = older;
  }
}
