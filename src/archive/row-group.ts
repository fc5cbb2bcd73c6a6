import type { Flow } from "../flow/flow.ts";
import { type ColumnBuffer, columnBuffer } from "./column-buffer.ts";
import type { ArchiveColumn } from "./columns.ts";

/** So many rows a group may have. */
export const MOST_GROUP_ROWS = 32_768;

/** Rows that will stand together in a file, by column: flows are not kept. */
export class RowGroup {
  readonly columns: readonly ColumnBuffer[];
  readonly #times: number[] = [];
  readonly #records: number[] = [];

  constructor(columns: readonly ArchiveColumn[]) {
    this.columns = columns.map(columnBuffer);
  }

  get rows(): number {
    return this.#times.length;
  }

  add(flows: readonly Flow[]): void {
    for (const column of this.columns) column.add(flows, this.rows);
    for (const { time, record } of flows) {
      this.#times.push(time);
      this.#records.push(record);
    }
  }

  /** The rows by time. */
  order(): Uint32Array {
    const [times, records] = [this.#times, this.#records] as const;
    const order = Uint32Array.from(times, (_, row) => row);
    return order.sort(
      (one, other) => (times[one] as number) - (times[other] as number) || (records[one] as number) - (records[other] as number),
    );
  }
}
