import { readFile } from "node:fs/promises";
import { isatty } from "node:tty";
import { Option } from "commander";
import type { Config } from "../config/load.ts";
import { describeError, UsageError } from "../lib/errors.ts";
import { changesOf } from "../run/changes.ts";
import type { Logger } from "../telemetry/telemetry.ts";

/** How often the file of a configuration is looked at. */
const LOOK_MS = 2_000;

export function watchOption(): Option {
  return new Option(
    "--watch",
    "take up the configuration when its file changes; SIGHUP does so at once, and also for files that it takes values from",
  )
    .default(false)
    .conflicts(["untilCaughtUp", "object", "event"]);
}

/** A configuration that may be read again while a worker runs. */
export interface Reloadable {
  /** `-` for standard input, which is read once. */
  readonly file: string;
  readonly watch: boolean;
  load(): Promise<Config>;
  /** What works now. */
  current(): Config;
  /** Goes on under the configuration. Throws UsageError where that cannot be, and then goes on as before. */
  apply(config: Config): Promise<void>;
  /** What is said of the worker's health: why its configuration is not what the file says; undefined when it is. */
  tell(refusal: string | undefined): void;
  /** Somebody has closed the terminal. */
  hangUp(): void;
}

/**
 * Takes up the configuration again at SIGHUP, and with `watch` when its file changes; when the worker is `ready`, if that is later. The
 * returned function ends it.
 */
export function reloading(reloadable: Reloadable, ready: Promise<unknown>, log: Logger): () => void {
  const { file, watch } = reloadable;
  const onTerminal = isatty(2);
  let running = false;
  let again = false;
  const reload = async (): Promise<void> => {
    again = true;
    if (running) return;
    running = true;
    await ready;
    while (again) {
      again = false;
      await reloadOnce(reloadable, log);
    }
    running = false;
  };
  const onSignal = () => {
    if (onTerminal && !isatty(2)) reloadable.hangUp();
    else if (file === "-") log.warn("the configuration came from standard input, and cannot be read again: restart the worker");
    else void reload();
  };
  process.on("SIGHUP", onSignal);
  const watching = watch && file !== "-" ? watchFile(file, () => void reload(), log) : undefined;
  return () => {
    process.off("SIGHUP", onSignal);
    watching?.();
  };
}

async function reloadOnce({ load, current, apply, tell }: Reloadable, log: Logger): Promise<void> {
  try {
    const next = await load();
    const changes = changesOf(current(), next);
    if (changes.length > 0) await apply(next);
    tell(undefined);
    if (changes.length === 0) log.info("the configuration has not changed");
    else log.info(`the configuration is taken up, changed: ${changes.join(", ")}`);
  } catch (error) {
    const faults = error instanceof UsageError ? error.message.split("\n") : [describeError(error)];
    for (const fault of faults) log.error(`configuration refused, the one before stays: ${fault}`);
    tell(faults.join("; "));
  }
}

/** Calls `onChange` when the file holds another text than before, at two looks in a row. */
function watchFile(file: string, onChange: () => void, log: Logger): () => void {
  let taken: string | undefined;
  let seen: string | undefined;
  let isGone = false;
  const look = async () => {
    try {
      const text = await readFile(file, "utf8");
      taken ??= text;
      if (text !== taken && text === seen) {
        taken = text;
        onChange();
      }
      seen = text;
      isGone = false;
    } catch (error) {
      if (!isGone) log.warn(`the configuration cannot be watched now, the one before stays: ${describeError(error)}`);
      isGone = true;
    }
  };
  void look();
  const clock = setInterval(() => void look(), LOOK_MS).unref();
  return () => clearInterval(clock);
}
