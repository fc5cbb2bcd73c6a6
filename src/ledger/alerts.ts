import type { DatabaseSync } from "node:sqlite";
import type { Alert, AlertLedger } from "../contracts.ts";

/** The alerts' part of a ledger. `transaction` runs its argument as one transaction. */
export function alertLedger(db: DatabaseSync, transaction: <T>(work: () => T) => T): AlertLedger {
  const remember = db.prepare("insert or ignore into alert_keys values (?, ?)");
  const nextId = db.prepare("select coalesce(max(id), 0) + 1 as id from alerts");
  const queue = db.prepare("insert into alerts values (?, ?, ?)");
  const queued = db.prepare("select id, body from alerts where notifier = ? order by id limit ?");
  const settle = db.prepare("delete from alerts where id = ? and notifier = ?");
  const forget = db.prepare("delete from alert_keys where at < ?");
  return {
    queueAlert: (alert, notifiers) =>
      transaction(() => {
        if (remember.run(alert.key, Date.now()).changes === 0) return false;
        const id = nextId.get()?.id as number;
        for (const notifier of notifiers) queue.run(id, notifier, JSON.stringify(alert));
        return true;
      }),
    queuedAlerts: (notifier, limit) =>
      queued.all(notifier, limit).map(({ id, body }) => ({ id: id as number, alert: JSON.parse(body as string) as Alert })),
    settleAlert: (id, notifier) => void settle.run(id, notifier),
    forgetAlerts: (before) => void forget.run(before),
  };
}
