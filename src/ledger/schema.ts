/** Raised when the tables change; a ledger of another version is refused by name. */
export const LEDGER_VERSION = 1;

export const LEDGER_SCHEMA = `
create table if not exists meta (name text primary key, value text not null) without rowid;
create table if not exists partitions (partition text primary key, mark text, horizon text) without rowid;
create table if not exists objects (
  id integer primary key autoincrement,
  partition text not null,
  ord text not null,
  key text not null,
  etag text not null,
  size integer not null,
  time integer not null,
  unique (key, etag)
);
create index if not exists objects_by_order on objects (partition, ord);
create table if not exists sinks (
  id integer primary key,
  name text not null unique,
  delivered integer not null default 0,
  rejected integer not null default 0,
  dead_lettered integer not null default 0,
  last_commit integer
);
create table if not exists pending (
  sink integer not null references sinks (id),
  object integer not null references objects (id),
  position integer not null default 0,
  primary key (sink, object)
) without rowid;
create index if not exists pending_by_object on pending (object);
create table if not exists dead_letters (
  id integer primary key,
  sink text not null,
  key text not null,
  etag text not null,
  first integer not null,
  last integer,
  count integer not null,
  code text not null,
  reason text not null,
  at integer not null,
  unique (sink, key, etag, first, code)
);
create table if not exists alert_keys (key text primary key, at integer not null) without rowid;
create table if not exists alerts (
  id integer not null,
  notifier text not null,
  body text not null,
  primary key (notifier, id)
) without rowid;
create table if not exists states (name text primary key, value text not null) without rowid;
create table if not exists quality (
  kind text primary key,
  count integer not null,
  last_key text not null,
  last_message text not null,
  last_at integer not null
) without rowid;
`;
