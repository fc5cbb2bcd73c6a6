import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Alert } from "../../src/contracts/alert.ts";
import type { Version } from "./supply.ts";

interface Letter {
  readonly sink: string;
  readonly key: string;
  readonly etag: string;
  readonly first: number;
  readonly last: number | null;
  readonly count: number;
  readonly code: string;
}

/** What a ledger holds while nobody has it open; read from a copy, so that what a crash has left is left. */
export class Memory {
  readonly letters: readonly Letter[];
  readonly parked: number;
  /** Alerts that wait, by notifier. */
  readonly waiting: ReadonlyMap<string, readonly Alert[]>;
  readonly #known: ReadonlySet<string>;
  /** Number of the last record that is acknowledged, by sink and object that waits for it. */
  readonly #positions: ReadonlyMap<string, number>;
  readonly #letters = new Map<string, Letter[]>();

  private constructor(db: DatabaseSync | undefined) {
    const all = (sql: string) => db?.prepare(sql).all() ?? [];
    this.letters = all("select sink, key, etag, first, last, count, code from dead_letters") as unknown as Letter[];
    for (const letter of this.letters) {
      const name = nameOf(letter.sink, letter);
      this.#letters.set(name, [...(this.#letters.get(name) ?? []), letter]);
    }
    this.parked = all("select object from parked").length;
    this.#known = new Set(all("select key, etag from objects").map(({ key, etag }) => `${key}\0${etag}`));
    this.#positions = new Map(
      all(
        "select s.name, o.key, o.etag, p.position from pending p join sinks s on s.id = p.sink join objects o on o.id = p.object",
      ).map(({ name, key, etag, position }) => [
        nameOf(String(name), { key: String(key), etag: String(etag) }),
        Number(position),
      ]),
    );
    const alerts = all("select notifier, body from alerts order by id");
    this.waiting = new Map(
      [...new Set(alerts.map(({ notifier }) => String(notifier)))].map((name) => [
        name,
        alerts.filter(({ notifier }) => notifier === name).map(({ body }) => JSON.parse(String(body)) as Alert),
      ]),
    );
  }

  static of(path: string): Memory {
    if (!existsSync(path)) return new Memory(undefined);
    const folder = mkdtempSync(join(tmpdir(), "flowferry-ledger-"));
    try {
      for (const end of ["", "-wal"]) if (existsSync(path + end)) copyFileSync(path + end, join(folder, `ledger${end}`));
      const db = new DatabaseSync(join(folder, "ledger"));
      try {
        const isMade = db.prepare("select 1 from sqlite_schema where name = 'alerts'").get() !== undefined;
        return new Memory(isMade ? db : undefined);
      } finally {
        db.close();
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  knows({ key, etag }: Version): boolean {
    return this.#known.has(`${key}\0${etag}`);
  }

  /** Of an object that the sink has not finished; undefined where it does not wait for it. */
  position(sink: string, version: Version): number | undefined {
    return this.#positions.get(nameOf(sink, version));
  }

  /** Whether a dead letter names the record; of sink "" the records that nobody can decode. */
  names(sink: string, version: Version, record: number): boolean {
    return (this.#letters.get(nameOf(sink, version)) ?? []).some(
      ({ first, last }) => first <= record && record <= (last ?? Number.POSITIVE_INFINITY),
    );
  }
}

function nameOf(sink: string, { key, etag }: { readonly key: string; readonly etag: string }): string {
  return `${sink}\0${key}\0${etag}`;
}
