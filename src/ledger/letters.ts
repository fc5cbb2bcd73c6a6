import type { RecordRange } from "../contracts/decoder.ts";
import {
  type DeadLetter,
  type DeadLetterFilter,
  type Ledger,
  MANY_BAD,
  type StoredDeadLetter,
  UNBALANCED,
} from "../contracts/ledger.ts";
import { placesOf } from "./places.ts";
import type { Tables } from "./statements.ts";

/** The name under which records that no sink can have are stored; a sink cannot be called so. */
export const NO_SINK = "";
const SOURCE = "(select id from sources where name = ?)";

export interface Letters extends Pick<Ledger, "deadLetters" | "countDeadLetters" | "settleLetter" | "placesOf"> {
  /** Within a transaction of its caller. */
  add(letters: readonly DeadLetter[]): number;
  /** A letter for these bad records of an object, which lists them unless it is not `listed`. Within a transaction of its caller. */
  addMany(of: Bad, ranges: readonly RecordRange[], listed: boolean): DeadLetter;
}

/** In which object records are bad, and why the first of them is. */
type Bad = Pick<DeadLetter, "source" | "key" | "etag" | "reason">;

/** So many records, where the end of the object is not known one for all of them. */
export function countOf(ranges: readonly RecordRange[]): number {
  return ranges.reduce((sum, { from, to }) => sum + (to === undefined ? 1 : to - from + 1), 0);
}

/** Pointers to what was set aside. */
export function lettersOf(tables: Tables, scrub: (text: string) => string): Letters {
  const { sql, transaction, reading } = tables;
  const places = placesOf(tables);
  const add = (letters: readonly DeadLetter[]) => {
    let added = 0;
    for (const { sink, source, key, etag, from, to, count, code, reason, sums } of letters) {
      const values = [sink ?? NO_SINK, source, key, etag, from, to ?? null, count, code, scrub(reason), Date.now()] as const;
      const inserted = sql(
        `insert or ignore into dead_letters (sink, source, key, etag, first, last, count, code, reason, at)
         values (?, ${SOURCE}, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ).run(...values);
      if (inserted.changes === 1) {
        added += 1;
        if (sums !== undefined) places.append(Number(inserted.lastInsertRowid), [sums]);
      } else {
        // A pointer from the same record on, for the same cause: the wider one holds the other.
        sql(
          `update dead_letters set last = iif(last is null or ?6 is null, null, max(last, ?6)), count = max(count, ?7), reason = ?9
           where sink = ?1 and source = (select id from sources where name = ?2) and key = ?3 and etag = ?4 and first = ?5 and code = ?8
           and ?10 > 0`,
        ).run(...values);
      }
    }
    return added;
  };
  const addMany = ({ source, key, etag, reason: first }: Bad, ranges: readonly RecordRange[], listed: boolean) => {
    const [from = 0, to] = [ranges[0]?.from, ranges.at(-1)?.to];
    const reason = `bad here and further on, first: ${first}`;
    const letter = { sink: undefined, source, key, etag, from, to, count: countOf(ranges), code: MANY_BAD, reason };
    add([letter]);
    const stored = sql(
      `select id from dead_letters where sink = '${NO_SINK}' and source = ${SOURCE} and key = ? and etag = ? and first = ? and code = '${MANY_BAD}'`,
    ).get(source, key, etag, from);
    if (listed) places.append(stored?.id as number, ranges);
    return letter;
  };
  return {
    add,
    addMany,
    placesOf: (letter) => places.of(letter),
    deadLetters: (filter, limit) => {
      const { where, values } = conditions(filter);
      const rows = reading(() =>
        sql(
          `select d.id, d.sink, s.name as source, d.key, d.etag, d.first, d.last, d.count, d.code, d.reason, d.at
           from dead_letters d join sources s on s.id = d.source ${where} order by d.id limit ?`,
        ).all(...values, limit),
      );
      return rows.map(
        ({ sink, first, last, ...rest }) =>
          ({
            ...rest,
            sink: sink === NO_SINK ? undefined : sink,
            from: first,
            to: last ?? undefined,
          }) as unknown as StoredDeadLetter,
      );
    },
    countDeadLetters: (filter) => {
      const { where, values } = conditions(filter);
      return reading(() => sql(`select coalesce(sum(count), 0) as n from dead_letters d ${where}`).get(...values))?.n as number;
    },
    settleLetter: ({ id, sink, count, code, ...object }, outcomes, undecodable) =>
      transaction(() => {
        const isOfSums = sink !== undefined && places.of(id) !== undefined;
        sql("delete from dead_letters where id = ?").run(id);
        if (undecodable !== undefined) addMany({ ...object, reason: undecodable.reason }, undecodable.places, true);
        for (const [name, outcome] of outcomes) {
          const { filtered = 0, sampled = 0, aggregated = 0, delivered, rejected, setAside, deadLetters } = outcome;
          // What a sink's letter counted leaves the account in which it stood; of records that no sink could have, none was in an account.
          const own = sink === name;
          const [wasRejected, wasAside] = own ? (code === "rejected" ? [count, 0] : [0, count]) : [0, 0];
          // One that does not say which of its records it counts brings all of them: no more of them are new than it counts. So does one
          // of sums, when the sink does not sum as it did.
          const all = filtered + sampled + aggregated + delivered + rejected + setAside;
          const isVague = own && (["rejected", UNBALANCED].includes(code) || (isOfSums && all > count));
          const held = isVague ? [0, 0, 0] : [filtered, sampled, aggregated];
          const taken = isVague ? Math.max(0, count - rejected - setAside) : delivered;
          sql(
            `update sinks set delivered = delivered + ?, rejected = max(0, rejected + ?), dead_lettered = max(0, dead_lettered + ?),
             filtered = filtered + ?, sampled = sampled + ?, aggregated = aggregated + ?,
             last_delivery = iif(? > 0, ?, last_delivery) where name = ?`,
          ).run(taken, rejected - wasRejected, setAside - wasAside, ...held, delivered, Date.now(), name);
          add(deadLetters);
        }
      }),
  };
}

function conditions({ sink, source, key, code }: DeadLetterFilter): { where: string; values: string[] } {
  const wanted: [string, string][] = [];
  if (sink !== undefined) wanted.push(["d.sink = ?", sink ?? NO_SINK]);
  if (source !== undefined) wanted.push([`d.source = ${SOURCE}`, source]);
  if (key !== undefined) wanted.push(["d.key = ?", key]);
  if (code !== undefined) wanted.push(["d.code = ?", code]);
  return {
    where: wanted.length === 0 ? "" : `where ${wanted.map(([condition]) => condition).join(" and ")}`,
    values: wanted.map(([, value]) => value),
  };
}
