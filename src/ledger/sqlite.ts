import type { DatabaseSync } from "node:sqlite";
import type { Ledger, Problem, SinkStatus } from "../contracts/ledger.ts";
import { UsageError } from "../lib/errors.ts";
import { alertLedger } from "./alerts.ts";
import { catalogueOf } from "./catalogue.ts";
import { onLedger } from "./failures.ts";
import { type LedgerFile, openLedgerFile, openLedgerToRead, ownerOf } from "./file.ts";
import { findingsOf } from "./findings.ts";
import { lettersOf } from "./letters.ts";
import { positionsOf } from "./positions.ts";
import { LEDGER_SCHEMA, LEDGER_VERSION, upgrade } from "./schema.ts";
import { type Tables, tablesOf } from "./statements.ts";
import { statesOf } from "./states.ts";
import { transactionOn } from "./transaction.ts";

export interface LedgerOptions {
  /** A file, or `:memory:` for a ledger that dies with the process. */
  readonly path: string;
  /** Identity of the bucket: a ledger serves one source, and refuses another. */
  readonly source: string;
  /** Takes secrets out of what others said, before it is kept. */
  readonly scrub?: (text: string) => string;
}

/**
 * Opens the ledger for the one worker that writes it, and upgrades one of an earlier version. Throws UsageError when another worker holds
 * it, it belongs to another source, or a newer version wrote it.
 */
export function openLedger({ path, source, scrub = asItIs }: LedgerOptions): Ledger {
  const file = openLedgerFile(path);
  try {
    transactionOn(file)(() => {
      const { db } = file;
      const found = versionOf(db, path);
      if (found !== undefined && found < LEDGER_VERSION) upgrade(db, found);
      db.exec(LEDGER_SCHEMA);
      setMeta(db, "version", String(LEDGER_VERSION));
      const stored = getMeta(db, "source");
      if (stored === undefined) setMeta(db, "source", source);
      else if (stored !== source) {
        throw new UsageError(
          "ledger-source",
          `ledger ${path} has source ${stored}, this run has ${source}: use another ledger.path`,
        );
      }
    });
    return ledgerOn(file, scrub);
  } catch (error) {
    file.release();
    throw error;
  }
}

/** Opens a ledger that a worker may be writing at this moment, to read its status. Throws UsageError. */
export function inspectLedger(path: string): Ledger {
  const db = openLedgerToRead(path);
  try {
    if (onLedger(path, () => versionOf(db, path)) !== LEDGER_VERSION) {
      throw new UsageError(
        "ledger-version",
        `ledger ${path} was written by an earlier version: the next \`flowferry run\` upgrades it`,
      );
    }
    return ledgerOn({ path, db, check: () => {}, release: () => db.close() }, asItIs);
  } catch (error) {
    db.close();
    throw error;
  }
}

function versionOf(db: DatabaseSync, path: string): number | undefined {
  const isNew = db.prepare("select 1 from sqlite_schema where name = 'meta'").get() === undefined;
  const text = isNew ? undefined : getMeta(db, "version");
  if (text === undefined) return undefined;
  const version = Number(text);
  if (Number.isInteger(version) && version >= 1 && version <= LEDGER_VERSION) return version;
  throw new UsageError(
    "ledger-version",
    `ledger ${path} has version ${text}, this program knows up to ${LEDGER_VERSION}: run the version that wrote it, or use another ledger.path`,
  );
}

function getMeta(db: DatabaseSync, name: string): string | undefined {
  return db.prepare("select value from meta where name = ?").get(name)?.value as string | undefined;
}

function setMeta(db: DatabaseSync, name: string, value: string): void {
  db.prepare("insert into meta values (?, ?) on conflict do update set value = excluded.value").run(name, value);
}

const PROBLEMS = "problems";

const asItIs = (text: string) => text;

function ledgerOn(file: LedgerFile, scrub: (text: string) => string): Ledger {
  const { db } = file;
  const tables = tablesOf(file);
  const { sql, transaction, reading } = tables;
  const note = (kind: string, key: string, message: string, count = 1) =>
    void sql(
      `insert into quality values (?1, ?2, ?3, ?4, ?5) on conflict do update
       set count = count + ?2, last_key = ?3, last_message = ?4, last_at = ?5`,
    ).run(kind, count, key, scrub(message), Date.now());
  const { add, ...letters } = lettersOf(tables, scrub);
  const { move, ...positions } = positionsOf(tables, add);
  const { setHead, ...states } = statesOf(tables);
  return {
    alerts: alertLedger(tables, scrub),
    states,
    ...catalogueOf(tables, scrub),
    ...findingsOf(tables, add, note),
    ...positions,
    ...letters,
    checkpoint: (name, head, moved) =>
      transaction(() => {
        setHead(name, head);
        move(name, moved);
      }),
    setAside: (set) => transaction(() => add(set)),
    note: (kind, key, message) => transaction(() => note(kind, key, message)),
    setProblems: (problems) => transaction(() => setMeta(db, PROBLEMS, JSON.stringify(problems))),
    status: () => reading(() => statusOf(db, tables)),
    close: () => file.release(),
  };
}

function statusOf(db: DatabaseSync, { sql }: Tables): ReturnType<Ledger["status"]> {
  const count = (table: string) => sql(`select count(*) as n from ${table}`).get()?.n as number;
  const sinks = sql(
    `select s.name, s.delivered, s.rejected, s.dead_lettered as setAside, s.delivered + s.rejected + s.dead_lettered as offered,
     s.last_delivery as lastDelivery, count(o.id) as pendingObjects, coalesce(sum(o.size), 0) as pendingBytes, min(o.time) as oldestPending
     from sinks s left join pending p on p.sink = s.id left join objects o on o.id = p.object
     where s.name not like '(%' group by s.id order by s.name`,
  ).all();
  const owner = ownerOf(db);
  const problems = owner === undefined ? [] : (JSON.parse(getMeta(db, PROBLEMS) ?? "[]") as Problem[]);
  return {
    sinks: sinks.map(
      (row) =>
        ({
          ...row,
          lastDelivery: row.lastDelivery ?? undefined,
          oldestPending: row.oldestPending ?? undefined,
        }) as unknown as SinkStatus,
    ),
    quality: sql(
      "select kind, count, last_key as lastKey, last_message as lastMessage, last_at as lastAt from quality order by kind",
    ).all() as never,
    objects: count("objects"),
    partitions: count("partitions"),
    parked: count("parked"),
    problems,
    owner,
  };
}
