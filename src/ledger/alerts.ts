import type { Alert } from "../contracts/alert.ts";
import type { AlertBook, AlertLedger, AlertOutcome, QueuedAlert, RaisedAlert, RefusedAlert } from "../contracts/alert-ledger.ts";
import type { Tables } from "./statements.ts";

/**
 * Tables of the alerts. A ledger of before there were books has alerts that wait and no account of them: it begins with these.
 */
export const ALERTS_SCHEMA = `
create table if not exists alert_keys (key text primary key, at integer not null) without rowid;
create index if not exists alert_keys_by_time on alert_keys (at);
create table if not exists alerts (
  id integer not null,
  notifier text not null,
  body text not null,
  primary key (notifier, id)
) without rowid;
create table if not exists refused_alerts (
  id integer primary key,
  notifier text not null,
  body text not null,
  code text not null,
  reason text not null,
  at integer not null
);
create index if not exists refused_alerts_by_notifier on refused_alerts (notifier);
create table if not exists alert_books (
  notifier text primary key,
  raised integer not null default 0,
  told integer not null default 0,
  late integer not null default 0,
  repeated integer not null default 0,
  last_told integer
) without rowid;
insert or ignore into alert_books (notifier, raised) select notifier, count(*) from alerts group by notifier;
`;

type Row = Record<string, unknown>;

/** The alerts' part of a ledger. `scrub` takes secrets out of what others said, before it is kept. */
export function alertLedger({ sql, transaction, reading }: Tables, scrub: (text: string) => string): AlertLedger {
  const newId = () => sql("select coalesce(max(id), 0) + 1 as id from alerts").get()?.id as number;
  const remove = (id: number, notifier: string) =>
    sql("delete from alerts where id = ? and notifier = ?").run(id, notifier).changes === 1;
  const queue = (notifiers: readonly string[], body: string) => {
    const id = newId();
    for (const notifier of notifiers) sql("insert into alerts values (?, ?, ?)").run(id, notifier, body);
  };
  const isNew = (key: string) => sql("select 1 from alert_keys where key = ?").get(key) === undefined;
  const raise = ({ alert, late }: RaisedAlert, notifiers: readonly string[]): AlertOutcome => {
    const outcome = !isNew(alert.key) ? "repeated" : late ? "late" : "queued";
    for (const notifier of notifiers) {
      sql("update alert_books set raised = raised + 1, late = late + ?, repeated = repeated + ? where notifier = ?").run(
        outcome === "late" ? 1 : 0,
        outcome === "repeated" ? 1 : 0,
        notifier,
      );
    }
    if (outcome === "queued") {
      sql("insert into alert_keys values (?, ?)").run(alert.key, Date.now());
      queue(notifiers, JSON.stringify(alert));
    }
    return outcome;
  };
  return {
    raise: (raised, notifiers) =>
      transaction(() => {
        for (const notifier of notifiers) sql("insert or ignore into alert_books (notifier) values (?)").run(notifier);
        return raised.map((one) => raise(one, notifiers));
      }),
    waiting: (notifier, limit, except = []) =>
      reading(() =>
        sql(
          "select id, body from alerts where notifier = ? and id not in (select value from json_each(?)) order by id limit ?",
        ).all(notifier, JSON.stringify(except), limit),
      ).map(alertIn) as unknown as QueuedAlert[],
    queued: (id, notifier) => {
      const row = reading(() => sql("select id, body from alerts where id = ? and notifier = ?").get(id, notifier));
      return row === undefined ? undefined : (alertIn(row) as unknown as QueuedAlert);
    },
    settle: (id, notifier) =>
      transaction(() => {
        if (!remove(id, notifier)) return;
        sql("update alert_books set told = told + 1, last_told = ? where notifier = ?").run(Date.now(), notifier);
      }),
    refuse: (id, notifier, code, reason) =>
      transaction(() => {
        sql(
          `insert into refused_alerts (notifier, body, code, reason, at)
           select notifier, body, ?, ?, ? from alerts where id = ? and notifier = ?`,
        ).run(code, scrub(reason), Date.now(), id, notifier);
        remove(id, notifier);
      }),
    refused: (notifier, limit) =>
      reading(() =>
        sql("select id, body, code, reason, at from refused_alerts where notifier = ? order by id limit ?").all(notifier, limit),
      ).map(alertIn) as unknown as RefusedAlert[],
    refusedSinceTold: (notifier) =>
      reading(() =>
        sql(
          `select count(*) as n from refused_alerts r join alert_books b on b.notifier = r.notifier
           where r.notifier = ? and r.at > coalesce(b.last_told, -1)`,
        ).get(notifier),
      )?.n as number,
    requeue: (notifier) =>
      transaction(() => {
        const refused = sql("select body from refused_alerts where notifier = ? order by id").all(notifier);
        for (const { body } of refused) queue([notifier], body as string);
        sql("delete from refused_alerts where notifier = ?").run(notifier);
        return refused.length;
      }),
    books: () =>
      reading(() =>
        sql(
          `select notifier, raised, told, late, repeated, last_told as lastTold,
           (select count(*) from alerts where alerts.notifier = alert_books.notifier) as waiting,
           (select count(*) from refused_alerts where refused_alerts.notifier = alert_books.notifier) as refused
           from alert_books order by notifier`,
        ).all(),
      ).map(({ lastTold, ...rest }) => ({ ...rest, lastTold: lastTold ?? undefined }) as unknown as AlertBook),
    forget: (before) => void transaction(() => sql("delete from alert_keys where at < ?").run(before)),
  };
}

function alertIn({ body, ...rest }: Row) {
  return { ...rest, alert: JSON.parse(body as string) as Alert };
}
