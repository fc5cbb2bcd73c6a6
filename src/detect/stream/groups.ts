import { NONE } from "./numbering.ts";
import { INTEGERS, KEY, NEWEST, NUMBERS, OLDER, type Row, Rows, TOUCHED, WEIGHT, YOUNGER } from "./rows.ts";
import type { Keys } from "./texts.ts";
import { Visit } from "./visit.ts";

export interface GroupLimits {
  /** Most groups of one table; the one untouched for longest makes room. */
  readonly groups: number;
  /** Most items (times, values) that all groups of one table hold together. */
  readonly items: number;
}

/**
 * Groups by key, in the order in which they were last touched, within limits. Most groups never see a second flow, and there are many of
 * them: so they are rows of numbers, not objects that the garbage collector has to follow.
 */
export class Groups<State> {
  evicted = 0;
  readonly rows = new Rows();
  /** Told of each row before it changes or goes. */
  readonly #visit = new Visit(this.rows);
  readonly #limits: GroupLimits;
  readonly #keys: Keys;
  /** The number of this table among those over the same keys. */
  readonly #table: number;
  readonly #states: (State | undefined)[] = [];
  readonly #free: Row[] = [];
  #size = 0;
  #touches = 0;
  #oldest: Row = NONE;
  #youngest: Row = NONE;
  #items = 0;

  constructor(limits: GroupLimits, keys: Keys) {
    this.#limits = limits;
    this.#keys = keys;
    this.#table = keys.rows.register();
  }

  get size(): number {
    return this.#size;
  }

  /** How often a group was added or touched: the number of the latest touch. */
  get touches(): number {
    return this.#touches;
  }

  /** The latest touch of the group untouched for longest: groups whose latest touch was before it are forgotten. What is to come, when there is no group. */
  get oldestTouch(): number {
    return this.#oldest === NONE ? this.#touches + 1 : this.touched(this.#oldest);
  }

  /**
   * Shows the groups touched after that touch, as they are now, one at each call of `next`: a group that changes before is shown at that
   * moment. One visit at a time.
   */
  visit(after: number, show: (row: Row) => void): Visit {
    this.#visit.begin(this.#youngest, after, show);
    return this.#visit;
  }

  /** The group of that key as it stands; NONE when there is none. */
  find(key: number): Row {
    return key === NONE ? NONE : this.#keys.rows.get(key, this.#table);
  }

  /** The group of that key, now the youngest; NONE when there is none. */
  touch(key: number, time: number): Row {
    const row = this.find(key);
    if (row === NONE) return NONE;
    this.renew(row);
    if (time > this.newest(row)) this.rows.numbers[row * NUMBERS + NEWEST] = time;
    return row;
  }

  /** The group is now the youngest. To be called before anything of it changes. */
  renew(row: Row): void {
    const { numbers } = this.rows;
    const at = row * NUMBERS + TOUCHED;
    if ((numbers[at] as number) <= this.#visit.latest) this.#visit.before(row);
    numbers[at] = ++this.#touches;
    if (row === this.#youngest) return;
    this.#unlink(row);
    this.#link(row);
  }

  /** Takes in a group whose key is new, as the youngest, and takes over one use of the key. */
  add(key: number, time: number, state: State): Row {
    if (this.find(key) !== NONE) throw new TypeError(`a second group of the key ${this.#keys.text(key)}`);
    if (this.#size >= this.#limits.groups) this.#evict();
    const row = this.#begin(key);
    this.rows.numbers[row * NUMBERS + TOUCHED] = ++this.#touches;
    this.rows.numbers[row * NUMBERS + NEWEST] = time;
    this.#states[row] = state;
    return row;
  }

  /**
   * Puts back a saved group, in place of one of the same key that was touched earlier, and takes over one use of the key. Limits hold and
   * the order is right after `settle`.
   */
  load(key: number, touched: number, time: number, state: State, items: number): Row {
    const known = this.find(key);
    if (known !== NONE && touched <= this.touched(known))
      throw new TypeError(`the group of the key ${this.#keys.text(key)} comes again`);
    if (known !== NONE) this.#keys.release(key);
    const row = known === NONE ? this.#begin(key) : known;
    const weight = row * INTEGERS + WEIGHT;
    this.#items += items - (this.rows.integers[weight] as number);
    this.rows.integers[weight] = items;
    this.rows.numbers[row * NUMBERS + TOUCHED] = touched;
    this.rows.numbers[row * NUMBERS + NEWEST] = time;
    this.#states[row] = state;
    return row;
  }

  /** To be called when all groups are loaded; `touches`: the number of the latest touch when they were saved. */
  settle(touches: number): void {
    const rows = [...this].sort((a, b) => this.touched(a) - this.touched(b));
    this.#oldest = NONE;
    this.#youngest = NONE;
    for (const row of rows) this.#link(row);
    this.#touches = touches;
    while (this.#size > this.#limits.groups || (this.#items > this.#limits.items && this.#oldest !== this.#youngest))
      this.#evict();
  }

  key(row: Row): number {
    return this.rows.integers[row * INTEGERS + KEY] as number;
  }

  /** Latest event time that touched the group. */
  newest(row: Row): number {
    return this.rows.numbers[row * NUMBERS + NEWEST] as number;
  }

  /** The number of the group's latest touch. */
  touched(row: Row): number {
    return this.rows.numbers[row * NUMBERS + TOUCHED] as number;
  }

  state(row: Row): State {
    return this.#states[row] as State;
  }

  setState(row: Row, state: State): void {
    this.#states[row] = state;
  }

  /** Tells how many items the group holds now. Older groups make room when the table holds too many. */
  weigh(row: Row, items: number): void {
    const { integers } = this.rows;
    const at = row * INTEGERS + WEIGHT;
    this.#items += items - (integers[at] as number);
    integers[at] = items;
    while (this.#items > this.#limits.items && this.#oldest !== row) this.#evict();
  }

  /** Forgets the longest untouched groups while their latest time lies before the given one. */
  expire(before: number): void {
    while (this.#oldest !== NONE && this.newest(this.#oldest) < before) this.#remove(this.#oldest);
  }

  /** Forgets the longest untouched group. */
  removeOldest(): void {
    if (this.#oldest !== NONE) this.#remove(this.#oldest);
  }

  /** Every group, the longest untouched first. */
  *[Symbol.iterator](): Generator<Row> {
    for (let row = this.#oldest; row !== NONE; row = this.rows.integers[row * INTEGERS + YOUNGER] as Row) yield row;
  }

  /** A row for the key, as the youngest; nothing else of it is set. */
  #begin(key: number): Row {
    const row = this.#free.pop() ?? this.#states.length;
    this.rows.reach(row);
    this.#keys.rows.set(key, this.#table, row);
    this.rows.integers[row * INTEGERS + KEY] = key;
    this.rows.integers[row * INTEGERS + WEIGHT] = 0;
    this.#link(row);
    this.#size++;
    return row;
  }

  #evict(): void {
    if (this.#oldest === NONE) return;
    this.removeOldest();
    this.evicted++;
  }

  #remove(row: Row): void {
    if (this.touched(row) <= this.#visit.latest) this.#visit.before(row);
    this.#unlink(row);
    const key = this.key(row);
    this.#keys.rows.set(key, this.#table, NONE);
    this.#keys.release(key);
    this.#states[row] = undefined;
    this.#free.push(row);
    this.#size--;
    this.#items -= this.rows.integers[row * INTEGERS + WEIGHT] as number;
  }

  #link(row: Row): void {
    const { integers } = this.rows;
    integers[row * INTEGERS + OLDER] = this.#youngest;
    integers[row * INTEGERS + YOUNGER] = NONE;
    if (this.#youngest === NONE) this.#oldest = row;
    else integers[this.#youngest * INTEGERS + YOUNGER] = row;
    this.#youngest = row;
  }

  #unlink(row: Row): void {
    const { integers } = this.rows;
    const older = integers[row * INTEGERS + OLDER] as Row;
    const younger = integers[row * INTEGERS + YOUNGER] as Row;
    if (older === NONE) this.#oldest = younger;
    else integers[older * INTEGERS + YOUNGER] = younger;
    if (younger === NONE) this.#youngest = older;
    else integers[younger * INTEGERS + OLDER] = older;
  }
}
