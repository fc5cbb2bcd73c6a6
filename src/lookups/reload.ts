import { basename } from "node:path";
import { describeError } from "../errors.ts";
import type { LookupOptions } from "./options.ts";
import { loadTables, snapshotOf, type TableName, type Tables, tablePaths } from "./tables.ts";
import { type Change, look, WatchedFile } from "./watched-file.ts";

/** Something happened to the lookup files. */
export interface LookupEvent {
  /**
   * reloaded: changed files are in use from now on. refused: a file is broken or gone, and what was last good of it stays in use;
   * said again only when the file changes. recovered: a refused file holds again what is in use.
   */
  readonly kind: "reloaded" | "refused" | "recovered";
  /** False for refused. */
  readonly ok: boolean;
  readonly tables: readonly TableName[];
  /** Version of the tables in use after the event. */
  readonly version: string;
  /** One line; for refused it names file, line and reason. */
  readonly message: string;
}

/** The tables in use, kept up to date with their files until it is closed. */
export interface TableWatch {
  readonly tables: Tables;
  close(): void;
}

const DEFAULT_REFRESH_MS = 1_000;

/**
 * Reads the tables (UsageError where one is missing or wrong), then looks at the files every `refreshMs`. A changed file is read
 * when it looks the same at two looks; all that changed is taken over in one step, each file only if it is good. The timer
 * does not keep the process alive.
 */
export async function watchTables(options: LookupOptions, onEvent: (event: LookupEvent) => void): Promise<TableWatch> {
  const looks = await Promise.all(tablePaths(options).map(({ path }) => look(path)));
  const loaded = await loadTables(options);
  const files = loaded.map((table, i) => new WatchedFile(table, looks[i] ?? { stamp: "", uncertain: true }));
  let tables = snapshotOf(loaded);
  let closed = false;
  let failure = "";

  const say = (kind: LookupEvent["kind"], names: readonly TableName[], message: string) =>
    onEvent({ kind, ok: kind !== "refused", tables: names, version: tables.version, message });

  const refresh = async () => {
    const due = await Promise.all(files.map(async (file) => ((await file.due()) ? [file] : [])));
    const reads = await Promise.all(due.flat().map((file) => file.read()));
    if (closed) return;
    const changes: [WatchedFile, Change][] = [];
    if (reads.includes(undefined)) return;
    for (const [i, file] of due.flat().entries()) {
      const change = reads[i]?.();
      if (change !== undefined) changes.push([file, change]);
    }
    const taken = changes.flatMap(([, change]) => (change.kind === "good" ? [change] : []));
    if (taken.length > 0) tables = snapshotOf(files.map((file) => file.loaded));
    for (const [
      {
        loaded: { table, path },
      },
      change,
    ] of changes) {
      if (change.kind === "refused") say("refused", [table], `${change.message}; the last good ${table} table stays in use`);
      if (change.kind === "recovered") say("recovered", [table], `${path}: is good again, and holds what is in use`);
    }
    if (taken.length === 0) return;
    const names = taken.map((change) => {
      const { path, rows } = change.loaded;
      return `${basename(path)} (${rows} ${rows === 1 ? "row" : "rows"}${change.recovered ? ", good again" : ""})`;
    });
    const message = `lookup tables reloaded: ${names.join(", ")}; version ${tables.version}`;
    say(
      "reloaded",
      taken.map((change) => change.loaded.table),
      message,
    );
  };

  const tick = async () => {
    try {
      await refresh();
      failure = "";
    } catch (error) {
      const reason = describeError(error);
      if (reason !== failure && !closed) say("refused", [], `lookup files cannot be watched: ${reason}; the tables stay in use`);
      failure = reason;
    }
    if (!closed) schedule();
  };
  let timer: NodeJS.Timeout;
  const schedule = () => {
    timer = setTimeout(() => void tick(), options.refreshMs ?? DEFAULT_REFRESH_MS).unref();
  };
  schedule();
  return {
    get tables() {
      return tables;
    },
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}
