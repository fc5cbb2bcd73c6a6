import type { Ledger, ParkedObject, QueuedObject, SourceIdentity, SourceLedger } from "../contracts/ledger.ts";
import type { Discovery, Standing } from "../contracts/source.ts";
import type { ObjectVersion } from "../contracts/store.ts";
import type { Tables } from "./statements.ts";

const OBJECT = "o.id, s.name as source, o.key, o.etag, o.size, o.time, o.records";
const OF_SOURCE = "join sources s on s.id = o.source";
const PARKED = `p.attempts, p.since, p.next_at, p.drawer, p.code, p.reason, ${OBJECT}`;

interface Catalogue extends Pick<Ledger, "register" | "parked" | "parkedFor" | "countParked"> {
  /** `id` is that of the source in the ledger. */
  of(source: SourceIdentity, id: number): SourceLedger;
}

/** Within a transaction of its caller; `source` is the id in the ledger. */
export type Note = (source: number, kind: string, key: string, message: string, count: number) => void;

/** What was discovered, who waits for it, and what cannot be read now. */
export function catalogueOf({ sql, transaction, reading }: Tables, note: Note, scrub: (text: string) => string): Catalogue {
  let participants = "[]";
  const parkedRows = (tail: string, ...values: number[]) =>
    reading(() =>
      sql(`select ${PARKED} from parked p join objects o on o.id = p.object ${OF_SOURCE} ${tail}`).all(...values),
    ).map(toParked);
  const of = ({ name, store }: SourceIdentity, source: number): SourceLedger => ({
    name,
    store,
    seen: {
      mark: (partition) =>
        reading(() =>
          sql("select mark from partitions where source = ? and partition = ? and mark is not null").get(source, partition),
        )?.mark as string | undefined,
      partitions: () =>
        reading(() =>
          sql("select partition from partitions where source = ? and mark is not null order by partition").all(source),
        ).map((row) => row.partition as string),
      waiting: (partition, limit) =>
        reading(() =>
          sql(
            `select key, etag from objects o where source = ? and partition = ? and exists
             (select 1 from pending w join sinks k on k.id = w.sink where w.object = o.id and k.name in (select value from json_each(?)))
             order by ord limit ?`,
          ).all(source, partition, participants, limit),
        ) as unknown as ObjectVersion[],
      unseen: (page) =>
        reading(() =>
          sql(
            `select key as place from json_each(?) where not exists
             (select 1 from objects where source = ? and objects.key = value ->> 0 and etag = value ->> 1)`,
          ).all(JSON.stringify(page.map(({ key, etag }) => [key, etag])), source),
        ).map(({ place }) => page[place as number] as (typeof page)[number]),
    },
    discover: ({ partition, objects, mark, forgetBefore }: Discovery) =>
      transaction(() => {
        let added = 0;
        for (const { order, key, etag, size, time } of objects) {
          const result = sql(
            "insert or ignore into objects (source, partition, ord, key, etag, size, time) values (?, ?, ?, ?, ?, ?, ?)",
          ).run(source, partition, order, key, etag, size, Math.round(time));
          if (result.changes === 0) continue;
          sql(
            "insert into pending (sink, source, object) select id, ?, ? from sinks where name in (select value from json_each(?))",
          ).run(source, result.lastInsertRowid, participants);
          added += 1;
        }
        sql(
          `insert into partitions values (?1, ?2, ?3, ?4) on conflict do update
           set mark = coalesce(excluded.mark, mark), horizon = coalesce(excluded.horizon, horizon)`,
        ).run(source, partition, mark ?? null, forgetBefore ?? null);
        if (forgetBefore !== undefined) {
          sql(
            `delete from objects where source = ? and partition = ? and ord < ?
             and not exists (select 1 from pending where pending.object = objects.id)
             and not exists (select 1 from parked where parked.object = objects.id)`,
          ).run(source, partition, forgetBefore);
        }
        return added;
      }),
    withdraw: (objects) =>
      transaction(() => {
        const ids: number[] = [];
        for (const { key, etag } of objects) {
          const id = sql("select id from objects where source = ? and key = ? and etag = ?").get(source, key, etag)?.id as
            | number
            | undefined;
          if (id === undefined) continue;
          for (const table of ["pending", "parked"]) sql(`delete from ${table} where object = ?`).run(id);
          sql("delete from objects where id = ?").run(id);
          ids.push(id);
        }
        return ids;
      }),
    standing: ({ key, etag }) => {
      const row = reading(() =>
        sql(
          `select p.since, p.attempts, p.code, p.reason from objects o left join parked p on p.object = o.id
           where o.source = ? and o.key = ? and o.etag = ? and exists
           (select 1 from pending w join sinks k on k.id = w.sink where w.object = o.id and k.name in (select value from json_each(?)))`,
        ).get(source, key, etag, participants),
      );
      if (row === undefined) return undefined;
      return { parked: row.since === null ? undefined : ({ ...row } as unknown as Standing["parked"]) };
    },
    pending: (sink, { after, through, limit }) =>
      reading(() =>
        sql(
          `select ${OBJECT} from pending p join objects o on o.id = p.object ${OF_SOURCE}
           where p.sink = (select id from sinks where name = ?) and p.source = ? and p.object > ? and p.object <= ?
           and not exists (select 1 from parked where parked.object = p.object) order by p.object limit ?`,
        ).all(sink, source, after, through, limit),
      ).map(toObject),
    discovered: (after, limit) =>
      reading(() =>
        sql(
          `select ${OBJECT} from objects o ${OF_SOURCE} where o.source = ? and o.id > ?
           and not exists (select 1 from parked where parked.object = o.id) order by o.id limit ?`,
        ).all(source, after, limit),
      ).map(toObject),
    holds: (count, after) =>
      reading(() =>
        sql("select 1 from objects where source = ? and id > ? order by id limit 1 offset ?").get(source, after, count - 1),
      ) !== undefined,
    lastId: () =>
      (reading(() => sql("select seq from sqlite_sequence where name = 'objects'").get())?.seq as number | undefined) ?? 0,
    unpark: (id) => void transaction(() => sql("delete from parked where object = ?").run(id)),
    park: (id, { attempts, nextAt, drawer, code, reason }) =>
      void transaction(() =>
        sql(
          `insert into parked (object, source, attempts, since, next_at, drawer, code, reason) values (?, ?, ?, ?, ?, ?, ?, ?) on conflict do update set attempts = excluded.attempts,
           next_at = excluded.next_at, drawer = excluded.drawer, code = excluded.code, reason = excluded.reason`,
        ).run(id, source, attempts, Date.now(), Math.round(nextAt), drawer, code, scrub(reason)),
      ),
    due: (now, limit) => parkedRows("where p.source = ? and p.next_at <= ? order by p.next_at limit ?", source, now, limit),
    nextDue: () =>
      (reading(() => sql("select min(next_at) as at from parked where source = ?").get(source))?.at as number | null) ??
      undefined,
    parkedObject: (id) => parkedRows("where p.object = ?", id)[0],
    countParked: () => reading(() => sql("select count(*) as n from parked where source = ?").get(source))?.n as number,
    wakeParked: (ids) =>
      void transaction(() =>
        ids === undefined
          ? sql("update parked set next_at = 0 where source = ?").run(source)
          : sql("update parked set next_at = 0 where source = ? and object in (select value from json_each(?))").run(
              source,
              JSON.stringify(ids),
            ),
      ),
    newest: () =>
      reading(() => sql(`select ${OBJECT} from objects o ${OF_SOURCE} where o.source = ? order by o.id desc limit 1`).all(source))
        .map(toObject)
        .at(0),
    note: (kind, key, message) => transaction(() => note(source, kind, key, message, 1)),
  });
  return {
    of,
    register(names) {
      participants = JSON.stringify(names);
      return transaction(() =>
        names.filter((name) => sql("insert or ignore into sinks (name) values (?)").run(name).changes === 1),
      );
    },
    parked: (limit) => parkedRows("order by p.object limit ?", limit),
    parkedFor: (sink, limit) =>
      reading(() =>
        sql(
          `select k.name as sink, w.position, ${PARKED} from parked p join objects o on o.id = p.object ${OF_SOURCE}
           join pending w on w.object = p.object join sinks k on k.id = w.sink
           where ?1 is null or k.name = ?1 order by p.object, k.name limit ?2`,
        ).all(sink ?? null, limit),
      ).map(({ sink: name, position, ...row }) => ({ ...toParked(row), sink: name as string, position: position as number })),
    countParked: () => reading(() => sql("select count(*) as n from parked").get())?.n as number,
  };
}

function toObject(row: Record<string, unknown>): QueuedObject {
  return { ...row, records: row.records ?? undefined } as unknown as QueuedObject;
}

function toParked(row: Record<string, unknown>): ParkedObject {
  const { attempts, since, next_at: nextAt, drawer, code, reason, ...object } = row;
  return { object: toObject(object), attempts, since, nextAt, drawer, code, reason } as unknown as ParkedObject;
}
