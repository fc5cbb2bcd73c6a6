import { basename } from "node:path";
import { CLOCK, type Clock } from "../../lib/clock.ts";
import { describeError } from "../../lib/errors.ts";
import { Keeper } from "./keeper.ts";
import type { TableName } from "./kinds.ts";
import type { Copy } from "./last-good.ts";
import { type OpenedFiles, openFiles } from "./open-files.ts";
import type { LookupOptions } from "./options.ts";
import { countOf, type KeptTable, snapshotOf, type Tables } from "./tables.ts";
import { dueTogether, readTogether } from "./together.ts";
import type { Change, Staleness, WatchedFile } from "./watched-file.ts";

/** Something happened to the lookup files. */
export interface LookupEvent {
  /**
   * reloaded: changed files are in use from now on. refused: a file is broken, gone, suspiciously short or never at rest, and what
   * was last good of it stays in use; said again only when the file changes. recovered: such a file holds again what is in use.
   * unkept: a copy of what is good cannot be written or read; kept: it is written after all.
   */
  readonly kind: "reloaded" | "refused" | "recovered" | "unkept" | "kept";
  /** False for refused and unkept. */
  readonly ok: boolean;
  readonly tables: readonly TableName[];
  /** Version of the tables in use after the event. */
  readonly version: string;
  /** One line; for refused it names file, line and reason. */
  readonly message: string;
}

/** A table that is not as its file is. */
export interface StaleTable {
  readonly table: TableName;
  readonly file: string;
  /** One line that names the file. */
  readonly reason: string;
  /** In ms since the epoch. */
  readonly since: number;
}

/** The tables in use, kept up to date with their files until it is closed. */
export interface TableWatch {
  readonly tables: Tables;
  /** The files of what is in use, where their bytes are kept: another list after each change. */
  readonly kept: readonly KeptTable[];
  stale(): StaleTable[];
  close(): void;
}

type Changes = readonly (readonly [WatchedFile, Change])[];

const DEFAULT_REFRESH_MS = 1_000;
/** Pause between two looks while a file changes, in ms. */
const NEAR_MS = 250;
/** So long is waited at the start for a file that is being written, in ms; then its copy goes on. */
const START_MS = 5_000;

/**
 * Reads the tables, then looks at their files every `refreshMs`, closer while one changes. A file that has changed is read when it
 * rests; all that have are taken over in one step, each only if it is good and not suspiciously short. What is taken is copied to
 * the folder `lastGood`; at the start such a copy stands in for a file that is broken, gone, short or being written, and without one
 * that is a UsageError. The start keeps the process alive, the watch does not.
 */
export async function watchTables(
  options: LookupOptions,
  onEvent: (event: LookupEvent) => void,
  clock: Clock = CLOCK,
): Promise<TableWatch> {
  const refreshMs = options.refreshMs ?? DEFAULT_REFRESH_MS;
  const closing = new AbortController();
  const { signal } = closing;
  let tables = snapshotOf([]);
  let kept: readonly KeptTable[] = [];
  let failure: Staleness | undefined;

  const say = (kind: LookupEvent["kind"], names: readonly TableName[], message: string) => {
    if (signal.aborted) return;
    onEvent({ kind, ok: kind !== "refused" && kind !== "unkept", tables: names, version: tables.version, message });
  };
  const keeper = new Keeper((ok, { loaded }, message) => say(ok ? "kept" : "unkept", [loaded.table], message));
  const opened = await openFiles(options, clock.now(), (message) => say("unkept", [], message));
  const { files } = opened;
  const use = () => {
    tables = snapshotOf(files.map(({ loaded }) => loaded));
    kept = files.flatMap(({ loaded: { table, path, digest, bytes } }) =>
      bytes === undefined ? [] : [{ table, path, digest, bytes }],
    );
  };
  use();

  /** Takes over what has changed and rests. Resolves to what came of it, and to whether more is to come soon. */
  const refresh = async (watched: readonly WatchedFile[]): Promise<{ changes: Changes; soon: boolean }> => {
    const now = clock.now();
    const { due, changing } = await dueTogether(watched, now);
    const changes = await readTogether(due, now);
    if (changes?.some(([, { kind }]) => kind === "good")) use();
    return { changes: changes ?? [], soon: changing || changes === undefined };
  };

  const keepTaken = async (changes: Changes) => {
    for (const [file, change] of changes) if (change.kind === "good") await keeper.keep(file, change.bytes);
  };

  const start = async ({ changed, uncopied }: OpenedFiles) => {
    await Promise.all(Array.from(uncopied, ([file, bytes]) => keeper.keep(file, bytes)));
    const refuse = (file: WatchedFile, reason: string) => {
      const { table, rows } = file.loaded;
      const { at } = changed.get(file) as Copy;
      const copy = `the last good ${table} table, of ${new Date(at).toISOString()} (${countOf(rows)})`;
      say("refused", [table], `${reason}; starts with ${copy}`);
    };
    for (const end = clock.now() + START_MS; changed.size > 0; await clock.wait(NEAR_MS, signal, "foreground")) {
      const { changes, soon } = await refresh([...changed.keys()]);
      for (const [file, change] of changes) if (change.kind === "refused") refuse(file, change.message);
      await keepTaken(changes);
      if (!soon || clock.now() >= end) break;
    }
    for (const file of changed.keys()) {
      const reason = file.unrest(clock.now(), 0);
      if (reason !== undefined) refuse(file, reason);
    }
  };

  const tick = async (): Promise<boolean> => {
    const { changes, soon } = await refresh(files);
    const refuse = ({ loaded: { table } }: WatchedFile, reason: string) =>
      say("refused", [table], `${reason}; the last good ${table} table stays in use`);
    for (const [file, change] of changes) {
      const { table, path } = file.loaded;
      if (change.kind === "refused") refuse(file, change.message);
      if (change.kind === "recovered") say("recovered", [table], `${path}: is good again, and holds what is in use`);
    }
    const taken = changes.flatMap(([, change]) => (change.kind === "good" ? [change] : []));
    if (taken.length > 0) {
      const names = taken.map(
        ({ loaded, recovered }) => `${basename(loaded.path)} (${countOf(loaded.rows)}${recovered ? ", good again" : ""})`,
      );
      const message = `lookup tables reloaded: ${names.join(", ")}; version ${tables.version}`;
      const changed = taken.map(({ loaded }) => loaded.table);
      say("reloaded", changed, message);
    }
    for (const file of files) {
      const reason = file.unrest(clock.now());
      if (reason !== undefined) refuse(file, reason);
    }
    await keepTaken(changes);
    await keeper.retry(clock.now());
    return soon;
  };

  const watch = async () => {
    let soon = false;
    for (;;) {
      await clock.wait(soon ? Math.min(NEAR_MS, refreshMs) : refreshMs, signal, "background");
      if (signal.aborted) return;
      try {
        soon = await tick();
        failure = undefined;
      } catch (error) {
        const reason = `lookup files cannot be watched: ${describeError(error)}`;
        if (reason !== failure?.reason) {
          failure = { reason, since: clock.now() };
          say("refused", [], `${reason}; the tables stay in use`);
        }
      }
    }
  };

  await start(opened);
  void watch();
  return {
    get tables() {
      return tables;
    },
    get kept() {
      return kept;
    },
    stale: () =>
      files.flatMap((file) => {
        const stale = file.stale ?? failure;
        return stale === undefined ? [] : [{ table: file.loaded.table, file: file.loaded.path, ...stale }];
      }),
    close: () => closing.abort(),
  };
}
