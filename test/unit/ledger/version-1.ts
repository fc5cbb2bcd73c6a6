/** The tables of a ledger of version 0.1.0, as that version made them. */
export const VERSION_1 = `
create table meta (name text primary key, value text not null) without rowid;
create table partitions (partition text primary key, mark text, horizon text) without rowid;
create table objects (
  id integer primary key autoincrement,
  partition text not null,
  ord text not null,
  key text not null,
  etag text not null,
  size integer not null,
  time integer not null,
  unique (key, etag)
);
create index objects_by_order on objects (partition, ord);
create table sinks (
  id integer primary key,
  name text not null unique,
  delivered integer not null default 0,
  rejected integer not null default 0,
  dead_lettered integer not null default 0,
  last_commit integer
);
create table pending (
  sink integer not null references sinks (id),
  object integer not null references objects (id),
  position integer not null default 0,
  primary key (sink, object)
) without rowid;
create index pending_by_object on pending (object);
create table dead_letters (
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
create table alert_keys (key text primary key, at integer not null) without rowid;
create table alerts (
  id integer not null,
  notifier text not null,
  body text not null,
  primary key (notifier, id)
) without rowid;
create table states (name text primary key, value text not null) without rowid;
create table quality (
  kind text primary key,
  count integer not null,
  last_key text not null,
  last_message text not null,
  last_at integer not null
) without rowid;
`;
