/** What is followed under one key. Tables extend it with what they follow. */
export class Group {
  readonly key: string;
  /** Latest event time that touched the group. */
  newest: number;
  /** Items that the group held when they were last counted. */
  weight = 0;
  older: this | undefined = undefined;
  younger: this | undefined = undefined;

  constructor(key: string, newest: number) {
    this.key = key;
    this.newest = newest;
  }
}

/** What several tables keep under one key. */
interface Cell {
  /** The group of each table, by the table's slot. */
  readonly slots: (Group | undefined)[];
  used: number;
}

/** Finds groups by key. Tables over the same fields share one index, so that a flow's key is looked up once for all of them. */
export class KeyIndex {
  readonly #cells = new Map<string, Cell>();
  #tables = 0;
  /** What was found last: the tables ask for the same key one after the other. */
  #lastKey = "";
  #lastCell: Cell | undefined;

  /** A slot for one more table. */
  register(): number {
    return this.#tables++;
  }

  get(key: string, slot: number): Group | undefined {
    return this.#find(key)?.slots[slot];
  }

  set(key: string, slot: number, group: Group): void {
    let cell = this.#find(key);
    if (cell === undefined) {
      cell = { slots: new Array<Group | undefined>(this.#tables).fill(undefined), used: 0 };
      this.#cells.set(key, cell);
      this.#lastCell = cell;
    }
    if (cell.slots[slot] === undefined) cell.used++;
    cell.slots[slot] = group;
  }

  delete(key: string, slot: number): void {
    const cell = this.#cells.get(key);
    if (cell?.slots[slot] === undefined) return;
    cell.slots[slot] = undefined;
    if (--cell.used > 0) return;
    this.#cells.delete(key);
    if (key === this.#lastKey) this.#lastCell = undefined;
  }

  #find(key: string): Cell | undefined {
    if (key !== this.#lastKey) {
      this.#lastCell = this.#cells.get(key);
      this.#lastKey = key;
    }
    return this.#lastCell;
  }
}

export interface GroupLimits {
  /** Most groups of one table; the one untouched for longest makes room. */
  readonly groups: number;
  /** Most items (times, values) that all groups of one table hold together. */
  readonly items: number;
}

/** Groups by key, in the order in which they were last touched, within limits. */
export class Groups<Entry extends Group> {
  evicted = 0;
  readonly #index: KeyIndex;
  readonly #slot: number;
  readonly #limits: GroupLimits;
  #size = 0;
  #oldest: Entry | undefined;
  #youngest: Entry | undefined;
  #items = 0;

  constructor(limits: GroupLimits, index: KeyIndex = new KeyIndex()) {
    this.#limits = limits;
    this.#index = index;
    this.#slot = index.register();
  }

  get size(): number {
    return this.#size;
  }

  /** The group of that key as it stands; undefined when there is none. */
  peek(key: string): Entry | undefined {
    return this.#index.get(key, this.#slot) as Entry | undefined;
  }

  /** The group of that key, now the youngest; undefined when there is none. */
  touch(key: string, time: number): Entry | undefined {
    const entry = this.#index.get(key, this.#slot) as Entry | undefined;
    if (entry === undefined) return undefined;
    if (time > entry.newest) entry.newest = time;
    if (entry !== this.#youngest) {
      this.#unlink(entry);
      this.#link(entry);
    }
    return entry;
  }

  /** Takes in a group whose key is new, as the youngest. */
  add(entry: Entry): Entry {
    this.#index.set(entry.key, this.#slot, entry);
    this.#link(entry);
    if (++this.#size > this.#limits.groups) this.#evict();
    return entry;
  }

  /** Tells how many items the group holds now. Older groups make room when the table holds too many. */
  weigh(entry: Entry, items: number): void {
    this.#items += items - entry.weight;
    entry.weight = items;
    while (this.#items > this.#limits.items && this.#oldest !== entry) this.#evict();
  }

  /** Forgets the longest untouched groups while their latest time lies before the given one. */
  expire(before: number): void {
    while (this.#oldest !== undefined && this.#oldest.newest < before) this.#remove(this.#oldest);
  }

  /** Every group, the longest untouched first. */
  *[Symbol.iterator](): Generator<Entry> {
    for (let entry = this.#oldest; entry !== undefined; entry = entry.younger) yield entry;
  }

  #evict(): void {
    if (this.#oldest === undefined) return;
    this.#remove(this.#oldest);
    this.evicted++;
  }

  #remove(entry: Entry): void {
    this.#unlink(entry);
    this.#index.delete(entry.key, this.#slot);
    this.#size--;
    this.#items -= entry.weight;
  }

  #link(entry: Entry): void {
    entry.older = this.#youngest;
    entry.younger = undefined;
    if (this.#youngest === undefined) this.#oldest = entry;
    else this.#youngest.younger = entry;
    this.#youngest = entry;
  }

  #unlink(entry: Entry): void {
    if (entry.older === undefined) this.#oldest = entry.younger;
    else entry.older.younger = entry.younger;
    if (entry.younger === undefined) this.#youngest = entry.older;
    else entry.younger.older = entry.older;
  }
}
