import type { Ledger, ParkedObject, QueuedObject } from "../contracts/ledger.ts";
import type { Discovery } from "../contracts/source.ts";
import type { Tables } from "./statements.ts";

type Catalogue = Pick<
  Ledger,
  | "seen"
  | "discover"
  | "withdraw"
  | "pending"
  | "discovered"
  | "lastId"
  | "unpark"
  | "park"
  | "due"
  | "nextDue"
  | "parkedObject"
  | "parked"
  | "parkedFor"
  | "countParked"
  | "wakeParked"
> & { register(names: readonly string[]): string[] };

const OBJECT = "o.id, o.key, o.etag, o.size, o.time, o.records";
const PARKED = `p.attempts, p.since, p.next_at, p.drawer, p.code, p.reason, ${OBJECT}`;

/** What was discovered, who waits for it, and what cannot be read now. */
export function catalogueOf({ sql, transaction, reading }: Tables, scrub: (text: string) => string): Catalogue {
  let participants = "[]";
  const parkedRows = (tail: string, ...values: number[]) =>
    reading(() => sql(`select ${PARKED} from parked p join objects o on o.id = p.object ${tail}`).all(...values)).map(toParked);
  return {
    seen: {
      mark: (partition) =>
        reading(() => sql("select mark from partitions where partition = ? and mark is not null").get(partition))?.mark as
          | string
          | undefined,
      partitions: () =>
        reading(() => sql("select partition from partitions where mark is not null order by partition").all()).map(
          (row) => row.partition as string,
        ),
      unseen: (page) =>
        reading(() =>
          sql(
            `select key as place from json_each(?) where not exists
             (select 1 from objects where objects.key = value ->> 0 and etag = value ->> 1)`,
          ).all(JSON.stringify(page.map(({ key, etag }) => [key, etag]))),
        ).map(({ place }) => page[place as number] as (typeof page)[number]),
    },
    register(names) {
      participants = JSON.stringify(names);
      return transaction(() =>
        names.filter((name) => sql("insert or ignore into sinks (name) values (?)").run(name).changes === 1),
      );
    },
    discover: ({ partition, objects, mark, forgetBefore }: Discovery) =>
      transaction(() => {
        let added = 0;
        for (const { order, key, etag, size, time } of objects) {
          const result = sql(
            "insert or ignore into objects (partition, ord, key, etag, size, time) values (?, ?, ?, ?, ?, ?)",
          ).run(partition, order, key, etag, size, Math.round(time));
          if (result.changes === 0) continue;
          sql("insert into pending (sink, object) select id, ? from sinks where name in (select value from json_each(?))").run(
            result.lastInsertRowid,
            participants,
          );
          added += 1;
        }
        sql(
          `insert into partitions values (?1, ?2, ?3) on conflict do update
           set mark = coalesce(excluded.mark, mark), horizon = coalesce(excluded.horizon, horizon)`,
        ).run(partition, mark ?? null, forgetBefore ?? null);
        if (forgetBefore !== undefined) {
          sql(
            `delete from objects where partition = ? and ord < ?
             and not exists (select 1 from pending where pending.object = objects.id)
             and not exists (select 1 from parked where parked.object = objects.id)`,
          ).run(partition, forgetBefore);
        }
        return added;
      }),
    withdraw: (objects) =>
      transaction(() => {
        const ids: number[] = [];
        for (const { key, etag } of objects) {
          const id = sql("select id from objects where key = ? and etag = ?").get(key, etag)?.id as number | undefined;
          if (id === undefined) continue;
          for (const table of ["pending", "parked"]) sql(`delete from ${table} where object = ?`).run(id);
          sql("delete from objects where id = ?").run(id);
          ids.push(id);
        }
        return ids;
      }),
    pending: (sink, { after, through, limit }) =>
      reading(() =>
        sql(
          `select ${OBJECT} from pending p join objects o on o.id = p.object
           where p.sink = (select id from sinks where name = ?) and p.object > ? and p.object <= ?
           and not exists (select 1 from parked where parked.object = p.object) order by p.object limit ?`,
        ).all(sink, after, through, limit),
      ).map(toObject),
    discovered: (after, limit) =>
      reading(() =>
        sql(
          `select ${OBJECT} from objects o where o.id > ?
           and not exists (select 1 from parked where parked.object = o.id) order by o.id limit ?`,
        ).all(after, limit),
      ).map(toObject),
    lastId: () =>
      (reading(() => sql("select seq from sqlite_sequence where name = 'objects'").get())?.seq as number | undefined) ?? 0,
    unpark: (id) => void transaction(() => sql("delete from parked where object = ?").run(id)),
    park: (id, { attempts, nextAt, drawer, code, reason }) =>
      void transaction(() =>
        sql(
          `insert into parked values (?, ?, ?, ?, ?, ?, ?) on conflict do update set attempts = excluded.attempts,
           next_at = excluded.next_at, drawer = excluded.drawer, code = excluded.code, reason = excluded.reason`,
        ).run(id, attempts, Date.now(), Math.round(nextAt), drawer, code, scrub(reason)),
      ),
    due: (now, limit) => parkedRows("where p.next_at <= ? order by p.next_at limit ?", now, limit),
    nextDue: () => (reading(() => sql("select min(next_at) as at from parked").get())?.at as number | null) ?? undefined,
    parkedObject: (id) => parkedRows("where p.object = ?", id)[0],
    parked: (limit) => parkedRows("order by p.object limit ?", limit),
    parkedFor: (sink, limit) =>
      reading(() =>
        sql(
          `select s.name as sink, w.position, ${PARKED} from parked p join objects o on o.id = p.object
           join pending w on w.object = p.object join sinks s on s.id = w.sink
           where ?1 is null or s.name = ?1 order by p.object, s.name limit ?2`,
        ).all(sink ?? null, limit),
      ).map(({ sink: name, position, ...row }) => ({ ...toParked(row), sink: name as string, position: position as number })),
    countParked: () => reading(() => sql("select count(*) as n from parked").get())?.n as number,
    wakeParked: () => void transaction(() => sql("update parked set next_at = 0").run()),
  };
}

function toObject(row: Record<string, unknown>): QueuedObject {
  return { ...row, records: row.records ?? undefined } as unknown as QueuedObject;
}

function toParked(row: Record<string, unknown>): ParkedObject {
  const { attempts, since, next_at: nextAt, drawer, code, reason, ...object } = row;
  return { object: toObject(object), attempts, since, nextAt, drawer, code, reason } as unknown as ParkedObject;
}
