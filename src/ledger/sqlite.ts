import type { DatabaseSync } from "node:sqlite";
import type { Ledger, Problem, SinkStatus, SourceIdentity, SourceStatus } from "../contracts/ledger.ts";
import { UsageError } from "../lib/errors.ts";
import { alertLedger } from "./alerts.ts";
import { catalogueOf } from "./catalogue.ts";
import { onLedger } from "./failures.ts";
import { type LedgerFile, openLedgerFile, openLedgerToRead, ownerOf } from "./file.ts";
import { findingsOf } from "./findings.ts";
import { lettersOf } from "./letters.ts";
import { positionsOf } from "./positions.ts";
import { LEDGER_SCHEMA, LEDGER_VERSION, upgrade } from "./schema.ts";
import { idsOf, takeSources } from "./sources.ts";
import { type Tables, tablesOf } from "./statements.ts";
import { statesOf } from "./states.ts";

export interface LedgerOptions {
  /** A file, or `:memory:` for a ledger that dies with the process. */
  readonly path: string;
  /** The sources of the worker. Their names are those by which the ledger knows them. */
  readonly sources: readonly SourceIdentity[];
  /** Takes secrets out of what others said, before it is kept. */
  readonly scrub?: (text: string) => string;
  /** Told in one line of a source that was renamed, and of one that is not in the configuration any more. */
  readonly onNotice?: (line: string) => void;
}

/**
 * Opens the ledger for the one worker that writes it, and upgrades one of an earlier version. Throws UsageError when another worker holds
 * it, it belongs to other sources, or a newer version wrote it.
 */
export function openLedger({ path, sources, scrub = asItIs, onNotice = () => {} }: LedgerOptions): Ledger {
  const file = openLedgerFile(path);
  try {
    const tables = tablesOf(file);
    const ids = tables.transaction(() => {
      const { db } = file;
      const found = versionOf(db, path);
      if (found !== undefined && found < LEDGER_VERSION) upgrade(db, found);
      db.exec(LEDGER_SCHEMA);
      setMeta(db, "version", String(LEDGER_VERSION));
      return takeSources(tables, path, sources, onNotice);
    });
    return ledgerOn(file, tables, sources, ids, scrub, onNotice);
  } catch (error) {
    file.release();
    throw error;
  }
}

/**
 * Opens a ledger that a worker may be writing at this moment, to read its status and what it remembers of these sources; of one that is new
 * it remembers nothing. Throws UsageError.
 */
export function inspectLedger(path: string, sources: readonly SourceIdentity[] = []): Ledger {
  const db = openLedgerToRead(path);
  try {
    if (onLedger(path, () => versionOf(db, path)) !== LEDGER_VERSION) {
      throw new UsageError(
        "ledger-version",
        `ledger ${path} was written by an earlier version: the next \`flowferry run\` upgrades it`,
      );
    }
    const file = { path, db, check: () => {}, release: () => db.close() };
    const tables = tablesOf(file);
    const ids = onLedger(path, () => idsOf(tables, path, sources));
    return ledgerOn(file, tables, sources, ids, asItIs);
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

/** No source of a ledger has this id. */
const NEW = 0;

function ledgerOn(
  file: LedgerFile,
  tables: Tables,
  sources: readonly SourceIdentity[],
  ids: ReadonlyMap<string, number>,
  scrub: (text: string) => string,
  onNotice: (line: string) => void = () => {},
): Ledger {
  const { db } = file;
  const { sql, transaction, together, reading } = tables;
  const note = (source: number, kind: string, key: string, message: string, count: number) =>
    void sql(
      `insert into quality values (?1, ?2, ?3, ?4, ?5, ?6) on conflict do update
       set count = count + ?3, last_key = ?4, last_message = ?5, last_at = ?6`,
    ).run(source, kind, count, key, scrub(message), Date.now());
  const { add, addMany, ...letters } = lettersOf(tables, scrub);
  const { move, ...positions } = positionsOf(tables, add);
  const { setHead, ...states } = statesOf(tables);
  const { of, ...catalogue } = catalogueOf(tables, note, scrub);
  const bySourceOf = (some: readonly SourceIdentity[], known: ReadonlyMap<string, number>) =>
    new Map(some.map((source) => [source.name, of(source, known.get(source.name) ?? NEW)]));
  let bySource = bySourceOf(sources, ids);
  return {
    adopt(next, only) {
      if (only === "ask") reading(() => idsOf(tables, file.path, next));
      else
        bySource = bySourceOf(
          next,
          transaction(() => takeSources(tables, file.path, next, onNotice)),
        );
    },
    alerts: alertLedger(tables, scrub),
    states,
    of(source) {
      const found = bySource.get(source);
      if (found === undefined) throw new Error(`the ledger was not opened for source ${source}`);
      return found;
    },
    ...catalogue,
    ...findingsOf(tables, { add, addMany }, note),
    ...positions,
    ...letters,
    checkpoint: (name, head, moved) =>
      transaction(() => {
        setHead(name, head);
        move(name, moved);
      }),
    setAside: (set) => transaction(() => add(set)),
    together,
    setProblems: (problems) => transaction(() => setMeta(db, PROBLEMS, JSON.stringify(problems))),
    status: () => reading(() => statusOf(db, tables)),
    close: () => file.release(),
  };
}

function statusOf(db: DatabaseSync, { sql }: Tables): ReturnType<Ledger["status"]> {
  const sources = sql(
    `select name, store, configured = 1 as configured,
     (select count(*) from partitions where source = s.id) as partitions,
     (select count(*) from objects where source = s.id) as objects,
     (select count(distinct object) from pending where source = s.id) as pendingObjects,
     (select count(*) from parked where source = s.id) as parked,
     (select coalesce(sum(count), 0) from dead_letters where source = s.id) as deadLettered
     from sources s order by id`,
  )
    .all()
    .map((row) => ({ ...row, configured: row.configured === 1 }) as unknown as SourceStatus);
  const sum = (of: "partitions" | "objects" | "parked") =>
    sources.reduce((total, source) => (source.configured ? total + source[of] : total), 0);
  const sinks = sql(
    `select s.name, s.delivered, s.rejected, s.dead_lettered as setAside, s.filtered, s.sampled, s.aggregated,
     s.delivered + s.rejected + s.dead_lettered + s.filtered + s.sampled + s.aggregated as offered,
     s.last_delivery as lastDelivery, count(o.id) as pendingObjects, coalesce(sum(o.size), 0) as pendingBytes, min(o.time) as oldestPending
     from sinks s left join pending p on p.sink = s.id and p.source in (select id from sources where configured = 1)
     left join objects o on o.id = p.object
     where s.name not like '(%' group by s.id order by s.name`,
  ).all();
  const owner = ownerOf(db);
  const problems = owner === undefined ? [] : (JSON.parse(getMeta(db, PROBLEMS) ?? "[]") as Problem[]);
  return {
    sources,
    sinks: sinks.map(
      (row) =>
        ({
          ...row,
          lastDelivery: row.lastDelivery ?? undefined,
          oldestPending: row.oldestPending ?? undefined,
        }) as unknown as SinkStatus,
    ),
    quality: sql(
      `select s.name as source, kind, count, last_key as lastKey, last_message as lastMessage, last_at as lastAt
       from quality join sources s on s.id = quality.source order by s.id, kind`,
    ).all() as never,
    objects: sum("objects"),
    partitions: sum("partitions"),
    parked: sum("parked"),
    problems,
    owner,
  };
}
