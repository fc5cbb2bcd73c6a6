import type { DatabaseSync } from "node:sqlite";
import type {
  Acknowledged,
  DeadLetter,
  DeadLetterFilter,
  Discovery,
  Ledger,
  QueuedObject,
  SinkStatus,
  StoredDeadLetter,
} from "../contracts.ts";
import { UsageError } from "../errors.ts";
import { alertLedger } from "./alerts.ts";
import { onLedger } from "./failures.ts";
import { type LedgerFile, openLedgerFile, openLedgerToRead, ownerOf } from "./file.ts";
import { LEDGER_SCHEMA, LEDGER_VERSION } from "./schema.ts";
import { transactionOn } from "./transaction.ts";

/** The name under which records that no sink can have are stored; a sink cannot be called so. */
const NO_SINK = "";

export interface LedgerOptions {
  /** A file, or `:memory:` for a ledger that dies with the process. */
  readonly path: string;
  /** Identity of the bucket: a ledger serves one source, and refuses another. */
  readonly source: string;
}

/** Opens the ledger for the one worker that writes it. Throws UsageError when another worker holds it or it belongs to another source. */
export function openLedger(options: LedgerOptions): Ledger {
  const { path, source } = options;
  const file = openLedgerFile(path);
  try {
    onLedger(path, () => {
      file.db.exec(LEDGER_SCHEMA);
      refuseOther(file.db, path, "version", String(LEDGER_VERSION));
      refuseOther(file.db, path, "source", source);
    });
    return ledgerOn(file);
  } catch (error) {
    file.release();
    throw error;
  }
}

/** Opens a ledger that a worker may be writing at this moment, to read its status. */
export function inspectLedger(path: string): Ledger {
  const db = openLedgerToRead(path);
  return ledgerOn({ path, db, check: () => {}, release: () => db.close() });
}

function getMeta(db: DatabaseSync, name: string): string | undefined {
  return db.prepare("select value from meta where name = ?").get(name)?.value as string | undefined;
}

function setMeta(db: DatabaseSync, name: string, value: string): void {
  db.prepare("insert into meta values (?, ?) on conflict do update set value = excluded.value").run(name, value);
}

function refuseOther(db: DatabaseSync, path: string, name: string, value: string): void {
  const stored = getMeta(db, name);
  if (stored === undefined) setMeta(db, name, value);
  else if (stored !== value) {
    throw new UsageError(
      `ledger-${name}`,
      `ledger ${path} has ${name} ${stored}, this run has ${value}: use another ledger.path`,
    );
  }
}

function ledgerOn(file: LedgerFile): Ledger {
  const { db } = file;
  const sql = (text: string) => db.prepare(text);
  const markOf = sql("select mark from partitions where partition = ? and mark is not null");
  const partitions = sql("select partition from partitions where mark is not null order by partition");
  const known = sql("select 1 from objects where key = ? and etag = ?");
  const addObject = sql("insert or ignore into objects (partition, ord, key, etag, size, time) values (?, ?, ?, ?, ?, ?)");
  const addPending = sql(
    "insert into pending (sink, object) select id, ? from sinks where name in (select value from json_each(?))",
  );
  const setPartition = sql(
    `insert into partitions values (?1, ?2, ?3) on conflict do update
     set mark = coalesce(excluded.mark, mark), horizon = coalesce(excluded.horizon, horizon)`,
  );
  const forget = sql(
    "delete from objects where partition = ? and ord < ? and not exists (select 1 from pending where pending.object = objects.id)",
  );
  const forgetOne = sql(
    `delete from objects where id = ?1 and not exists (select 1 from pending where object = ?1)
     and ord < (select horizon from partitions where partitions.partition = objects.partition)`,
  );
  const pending = sql(
    `select o.id, o.key, o.etag, o.size, o.time from pending p join objects o on o.id = p.object
     where p.sink = (select id from sinks where name = ?) and p.object > ? and p.object <= ? order by p.object limit ?`,
  );
  const discovered = sql("select id, key, etag, size, time from objects where id > ? order by id limit ?");
  const lastId = sql("select seq from sqlite_sequence where name = 'objects'");
  const position = sql("select position from pending where sink = (select id from sinks where name = ?) and object = ?");
  const setPosition = sql("update pending set position = ? where sink = (select id from sinks where name = ?) and object = ?");
  const account = sql(
    `update sinks set delivered = delivered + ?, rejected = rejected + ?, dead_lettered = dead_lettered + ?, last_commit = ? where name = ?`,
  );
  const finish = sql("delete from pending where sink = (select id from sinks where name = ?) and object = ?");
  const stateOf = sql("select value from states where name = ?");
  const saveState = sql("insert into states values (?, ?) on conflict do update set value = excluded.value");
  const addLetter = sql(
    `insert or ignore into dead_letters (sink, key, etag, first, last, count, code, reason, at) values (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const removeLetter = sql("delete from dead_letters where id = ?");
  const addNote = sql(
    `insert into quality values (?1, 1, ?2, ?3, ?4) on conflict do update
     set count = count + 1, last_key = ?2, last_message = ?3, last_at = ?4`,
  );
  let participants = "[]";

  const transaction = transactionOn(file);
  const setAside = (letters: readonly DeadLetter[]) => {
    for (const { sink, key, etag, from, to, count, code, reason } of letters) {
      addLetter.run(sink ?? NO_SINK, key, etag, from, to ?? null, count, code, reason, Date.now());
    }
  };

  return {
    alerts: alertLedger(db, transaction),
    seen: {
      mark: (partition) => markOf.get(partition)?.mark as string | undefined,
      partitions: () => partitions.all().map((row) => row.partition as string),
      has: (key, etag) => known.get(key, etag) !== undefined,
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
          const result = addObject.run(partition, order, key, etag, size, Math.round(time));
          if (result.changes === 0) continue;
          addPending.run(result.lastInsertRowid, participants);
          added += 1;
        }
        setPartition.run(partition, mark ?? null, forgetBefore ?? null);
        if (forgetBefore !== undefined) forget.run(partition, forgetBefore);
        return added;
      }),
    pending: (sink, { after, through, limit }) => pending.all(sink, after, through, limit) as unknown as QueuedObject[],
    discovered: (after, limit) => discovered.all(after, limit) as unknown as QueuedObject[],
    lastId: () => (lastId.get()?.seq as number | undefined) ?? 0,
    position: (sink, id) => position.get(sink, id)?.position as number | undefined,
    commit: (sink, id, through, acknowledged: Acknowledged) =>
      transaction(() => {
        setPosition.run(through, sink, id);
        const deadLettered = acknowledged.deadLetters.reduce((sum, letter) => sum + letter.count, 0);
        account.run(acknowledged.delivered, acknowledged.rejected, deadLettered, Date.now(), sink);
        setAside(acknowledged.deadLetters);
      }),
    finish: (sink, id) =>
      transaction(() => {
        finish.run(sink, id);
        forgetOne.run(id);
      }),
    checkpoint: (name, state, positions) =>
      transaction(() => {
        saveState.run(name, state);
        for (const { id, position, finished } of positions) {
          if (!finished) {
            setPosition.run(position, name, id);
            continue;
          }
          finish.run(name, id);
          forgetOne.run(id);
        }
      }),
    state: (name) => stateOf.get(name)?.value as string | undefined,
    setAside: (letters) => transaction(() => setAside(letters)),
    deadLetters: (filter, limit) => {
      const { where, values } = conditions(filter);
      const rows = sql(
        `select id, sink, key, etag, first, last, count, code, reason, at from dead_letters ${where} order by id limit ?`,
      ).all(...values, limit);
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
      return sql(`select coalesce(sum(count), 0) as n from dead_letters ${where}`).get(...values)?.n as number;
    },
    removeDeadLetters: (ids) =>
      transaction(() => {
        for (const id of ids) removeLetter.run(id);
      }),
    note: (kind, key, message) => void addNote.run(kind, key, message, Date.now()),
    status: () => ({
      sinks: sql(
        `select s.name, s.delivered, s.rejected, s.dead_lettered as deadLettered, s.last_commit as lastCommit, count(o.id) as pendingObjects,
         coalesce(sum(o.size), 0) as pendingBytes, min(o.time) as oldestPending
         from sinks s left join pending p on p.sink = s.id left join objects o on o.id = p.object
         where s.name not like '(%' group by s.id order by s.name`,
      )
        .all()
        .map(
          (row) =>
            ({
              ...row,
              lastCommit: row.lastCommit ?? undefined,
              oldestPending: row.oldestPending ?? undefined,
            }) as unknown as SinkStatus,
        ),
      quality: sql(
        "select kind, count, last_key as lastKey, last_message as lastMessage, last_at as lastAt from quality order by kind",
      ).all() as never,
      objects: sql("select count(*) as n from objects").get()?.n as number,
      partitions: sql("select count(*) as n from partitions").get()?.n as number,
      owner: ownerOf(db),
    }),
    close: () => file.release(),
  };
}

function conditions({ sink, key, code }: DeadLetterFilter): { where: string; values: string[] } {
  const wanted: [string, string][] = [];
  if (sink !== undefined) wanted.push(["sink", sink ?? NO_SINK]);
  if (key !== undefined) wanted.push(["key", key]);
  if (code !== undefined) wanted.push(["code", code]);
  return {
    where: wanted.length === 0 ? "" : `where ${wanted.map(([column]) => `${column} = ?`).join(" and ")}`,
    values: wanted.map(([, value]) => value),
  };
}
