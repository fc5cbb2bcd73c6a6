import type { SourceIdentity } from "../contracts/ledger.ts";
import { UsageError } from "../lib/errors.ts";
import type { Tables } from "./statements.ts";

/** `configured`: whether the last worker had it in its configuration. */
export const SOURCES_SCHEMA = `
create table if not exists sources (
  id integer primary key,
  name text not null unique,
  store text not null,
  configured integer not null default 1
);
`;

interface KnownSource extends SourceIdentity {
  readonly id: number;
}

/** What becomes of the sources of a ledger under a configuration. */
interface Match {
  /** By the name that the configuration has now. */
  readonly known: ReadonlyMap<string, KnownSource>;
  readonly added: readonly SourceIdentity[];
  /** What the configuration lacks. */
  readonly left: readonly KnownSource[];
}

/**
 * Finds the sources of a configuration among those of a ledger: by name, or, where the name is new, the one other source of the same store
 * whose name is gone, which was renamed. Throws UsageError for a name that stands for another store now, and when the ledger knows none of
 * the configured sources: then it is another worker's.
 */
function match(path: string, rows: readonly KnownSource[], sources: readonly SourceIdentity[]): Match {
  const known = new Map<string, KnownSource>();
  const refused = ({ name, store }: SourceIdentity, other: SourceIdentity) =>
    new UsageError(
      "ledger-source",
      `ledger ${path} has source ${other.store}, this run has ${store} (${name}): use another ledger.path`,
    );
  for (const source of sources) {
    const row = rows.find(({ name }) => name === source.name);
    if (row === undefined) continue;
    if (row.store !== source.store) throw refused(source, row);
    known.set(source.name, row);
  }
  const isFree = ({ name }: SourceIdentity) => !known.has(name);
  for (const { store } of sources.filter(isFree)) {
    const [fresh, second] = sources.filter((source) => source.store === store && isFree(source));
    const [row, other] = rows.filter((source) => source.store === store && ![...known.values()].includes(source));
    if (fresh !== undefined && second === undefined && row !== undefined && other === undefined) known.set(fresh.name, row);
  }
  const [first] = rows;
  if (first !== undefined && known.size === 0 && sources[0] !== undefined) throw refused(sources[0], first);
  const taken = [...known.values()];
  return { known, added: sources.filter(isFree), left: rows.filter((row) => !taken.includes(row)) };
}

const rowsOf = ({ sql }: Tables) => sql("select id, name, store from sources order by id").all() as unknown as KnownSource[];

/** The ids of the configured sources as far as the ledger knows them, by name. Writes nothing. */
export function idsOf(tables: Tables, path: string, sources: readonly SourceIdentity[]): ReadonlyMap<string, number> {
  return new Map([...match(path, rowsOf(tables), sources).known].map(([name, { id }]) => [name, id]));
}

/**
 * Writes the sources of a configuration into the ledger, within a transaction of its caller. Returns their ids by name. `onNotice` is told
 * in one line of a source that has another name now, and of one that the configuration lacks: what is known of both is kept.
 */
export function takeSources(
  tables: Tables,
  path: string,
  sources: readonly SourceIdentity[],
  onNotice: (line: string) => void,
): ReadonlyMap<string, number> {
  const { sql } = tables;
  const { known, added, left } = match(path, rowsOf(tables), sources);
  // Names may have changed places: each is free before it is given.
  for (const { id } of known.values()) sql("update sources set name = ? where id = ?").run(`(${id})`, id);
  for (const [name, { id, name: before, store }] of known) {
    sql("update sources set name = ?, configured = 1 where id = ?").run(name, id);
    if (before !== name && before !== store)
      onNotice(`source ${before} (${store}) is called ${name} now: it goes on where it was`);
  }
  for (const { name, store } of added) sql("insert into sources (name, store) values (?, ?)").run(name, store);
  for (const { id, name, store } of left) {
    sql("update sources set configured = 0 where id = ?").run(id);
    const { objects } = sql("select count(distinct object) as objects from pending where source = ?").get(id) as {
      objects: number;
    };
    const { records } = sql("select coalesce(sum(count), 0) as records from dead_letters where source = ?").get(id) as {
      records: number;
    };
    onNotice(
      `source ${name} (${store}) is not in the configuration: what the ledger has of it is kept (${objects} objects that wait, ${records} records set aside)`,
    );
  }
  return new Map(rowsOf(tables).map(({ name, id }) => [name, id]));
}
