import type { DatabaseSync } from "node:sqlite";
import { ALERTS_SCHEMA } from "./alerts.ts";
import { PLACES_SCHEMA } from "./places.ts";
import { SOURCES_SCHEMA } from "./sources.ts";
import { STATES_SCHEMA } from "./states.ts";

/** Raised when the tables change; each version but the first has a step in `UPGRADES`. */
export const LEDGER_VERSION = 4;

/** The tables that speak of sources and their objects. */
const OBJECT_TABLES = `${SOURCES_SCHEMA}
create table if not exists partitions (
  source integer not null references sources (id),
  partition text not null,
  mark text,
  horizon text,
  primary key (source, partition)
) without rowid;
create table if not exists objects (
  id integer primary key autoincrement,
  source integer not null references sources (id),
  partition text not null,
  ord text not null,
  key text not null,
  etag text not null,
  size integer not null,
  time integer not null,
  records integer,
  noted integer not null default 0,
  said integer default 0,
  unique (source, key, etag)
);
create table if not exists pending (
  sink integer not null references sinks (id),
  source integer not null references sources (id),
  object integer not null references objects (id),
  position integer not null default 0,
  settled integer not null default 0,
  primary key (sink, source, object)
) without rowid;
create table if not exists parked (
  object integer primary key references objects (id),
  source integer not null references sources (id),
  attempts integer not null,
  since integer not null,
  next_at integer not null,
  drawer text not null,
  code text not null,
  reason text not null
);
create table if not exists dead_letters (
  id integer primary key,
  sink text not null,
  source integer not null references sources (id),
  key text not null,
  etag text not null,
  first integer not null,
  last integer,
  count integer not null,
  code text not null,
  reason text not null,
  at integer not null,
  unique (sink, source, key, etag, first, code)
);
${PLACES_SCHEMA}create table if not exists quality (
  source integer not null references sources (id),
  kind text not null,
  count integer not null,
  last_key text not null,
  last_message text not null,
  last_at integer not null,
  primary key (source, kind)
) without rowid;
`;

export const LEDGER_SCHEMA = `
create table if not exists meta (name text primary key, value text not null) without rowid;
create table if not exists sinks (
  id integer primary key,
  name text not null unique,
  delivered integer not null default 0,
  rejected integer not null default 0,
  dead_lettered integer not null default 0,
  filtered integer not null default 0,
  sampled integer not null default 0,
  aggregated integer not null default 0,
  last_commit integer,
  last_delivery integer
);
${OBJECT_TABLES}
create index if not exists objects_by_source on objects (source);
create index if not exists objects_by_order on objects (source, partition, ord);
create index if not exists pending_by_object on pending (object);
create index if not exists parked_by_time on parked (source, next_at);
${ALERTS_SCHEMA}${STATES_SCHEMA}`;

/** Tables of version 2 that got a source, with their columns; those that refer to another one stand behind it. */
const MOVED = {
  objects: "id, partition, ord, key, etag, size, time, records, noted, said",
  partitions: "partition, mark, horizon",
  pending: "sink, object, position, settled",
  parked: "object, attempts, since, next_at, drawer, code, reason",
  dead_letters: "id, sink, key, etag, first, last, count, code, reason, at",
  quality: "kind, count, last_key, last_message, last_at",
};

/**
 * What makes a ledger of the version before one of this version, by the version it makes. Tables that are new come from the schema.
 * Version 1 is that of 0.1.0: its positions, dead letters and accounts are kept. It counted no records of objects, so an object that is
 * lost before it is read again is set aside without a count. What a log said of itself was noted when it was read first: that is known of
 * records which a sink has, and of all when one has finished the object. Version 2 was of one source, whose store stood in `meta`: it is
 * called so until a configuration names it.
 */
const UPGRADES: Readonly<Record<number, (db: DatabaseSync) => void>> = {
  2: (db) => {
    db.exec(`
alter table objects add column records integer;
alter table objects add column noted integer not null default 0;
alter table objects add column said integer default 0;
update objects set noted = coalesce((select max(position) from pending where pending.object = objects.id), 0);
update objects set said = null where exists (
  select 1 from sinks where last_commit is not null
  and not exists (select 1 from pending where pending.sink = sinks.id and pending.object = objects.id)
);
alter table sinks add column last_delivery integer;
update sinks set last_delivery = last_commit where delivered > 0;
alter table pending add column settled integer not null default 0;
`);
    countRejected(db);
  },
  3: (db) => {
    const store = db.prepare("select value from meta where name = 'source'").get()?.value as string | undefined;
    const lastId = db.prepare("select seq from sqlite_sequence where name = 'objects'").get()?.seq as number | undefined;
    // An index keeps its name when its table is called otherwise.
    for (const index of ["objects_by_order", "pending_by_object", "parked_by_time"]) db.exec(`drop index if exists ${index}`);
    const isThere = db.prepare("select 1 from sqlite_schema where type = 'table' and name = ?");
    const moved = Object.entries(MOVED).filter(([table]) => isThere.get(table) !== undefined);
    for (const [table] of moved) db.exec(`alter table ${table} rename to ${table}_2`);
    db.exec(OBJECT_TABLES);
    if (store !== undefined) db.prepare("insert into sources (id, name, store) values (1, ?1, ?1)").run(store);
    for (const [table, columns] of moved)
      db.exec(`insert into ${table} (source, ${columns}) select 1, ${columns} from ${table}_2`);
    for (const [table] of moved.toReversed()) db.exec(`drop table ${table}_2`);
    db.exec("delete from meta where name = 'source'; alter table sinks add column filtered integer not null default 0");
    // Ids that were given out once are never given out again.
    if (lastId !== undefined) {
      db.prepare("delete from sqlite_sequence where name = 'objects'").run();
      db.prepare("insert into sqlite_sequence values ('objects', ?)").run(lastId);
    }
  },
  4: (db) => {
    for (const column of ["sampled", "aggregated"]) {
      db.exec(`alter table sinks add column ${column} integer not null default 0`);
    }
  },
};

/** Brings the tables of a ledger of an earlier version up to this one. Within a transaction of its caller. */
export function upgrade(db: DatabaseSync, from: number): void {
  for (let version = from + 1; version <= LEDGER_VERSION; version += 1) UPGRADES[version]?.(db);
}

/**
 * Version 1 counted nothing in its letters of records that a receiver had refused in part: their number was in the sink's account alone,
 * which a replay of the letter would leave as it is. Every object of such a batch has a letter, whose reason begins with the numbers of the
 * whole batch, "3 of 40 records refused", and what was refused stands for the first of its records. No letter gets more than it points at,
 * all of a sink's together no more than its account holds.
 */
function countRejected(db: DatabaseSync): void {
  const letters = db.prepare(
    `select id, reason, last - first + 1 as records from dead_letters
     where sink = ? and code = 'rejected' and count = 0 and last is not null order by id`,
  );
  const count = db.prepare("update dead_letters set count = ? where id = ?");
  for (const { name, rejected } of db.prepare("select name, rejected from sinks").all()) {
    let inAccount = rejected as number;
    let batch = { reason: "", refused: 0, records: 0 };
    for (const { id, reason, records } of letters.all(name as string) as unknown as UncountedLetter[]) {
      if (batch.records <= 0 || batch.reason !== reason) batch = { reason, ...batchOf(reason) };
      const share = Math.min(batch.refused, records, inAccount);
      count.run(share, id);
      batch.refused -= share;
      batch.records -= records;
      inAccount -= share;
    }
  }
}

interface UncountedLetter {
  readonly id: number;
  readonly reason: string;
  readonly records: number;
}

function batchOf(reason: string): { refused: number; records: number } {
  const [, refused = 0, records = 0] = reason.match(/^(\d+) of (\d+) records refused/) ?? [];
  return { refused: Number(refused), records: Number(records) };
}
