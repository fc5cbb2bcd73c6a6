/** Where the groups of a key stand, in every table over these keys: side by side, since a flow is asked for in one table after the other. */
export class RowIndex {
  #tables = 0;
  /** Of each key, for each table: the row + 1, or 0. */
  #rows = new Int32Array(0);

  /** The number of one more table. To be called for all of them before the first row is set. */
  register(): number {
    if (this.#rows.length > 0) throw new Error("a table came after the first group");
    return this.#tables++;
  }

  /** The row of the key's group in the table, -1 when it has none. */
  get(key: number, table: number): number {
    const at = key * this.#tables + table;
    return at < this.#rows.length ? (this.#rows[at] as number) - 1 : -1;
  }

  /** -1 for none. */
  set(key: number, table: number, row: number): void {
    const end = (key + 1) * this.#tables;
    if (end > this.#rows.length) {
      const wider = new Int32Array(Math.max(end, this.#rows.length * 2));
      wider.set(this.#rows);
      this.#rows = wider;
    }
    this.#rows[key * this.#tables + table] = row + 1;
  }
}
