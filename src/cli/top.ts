import { setTimeout as sleep } from "node:timers/promises";
import { Command } from "commander";
import { printable } from "../lib/printable.ts";
import { askTop, type Top } from "../live/socket.ts";
import type { Sum } from "../live/talkers.ts";
import { bytes, count, duration, rate } from "../live/words.ts";
import { tableLines } from "../reports/table.ts";
import { configOption } from "./config-option.ts";
import type { CliContext } from "./context.ts";
import { requireSocket } from "./tap.ts";

/** Back to the first place of the terminal; and away with what is behind a line, and below the last one. */
const [HOME, REST_OF_LINE, REST] = ["\u001b[H", "\u001b[K", "\u001b[J"];
const EVERY_MS = 1000;

export function topCommand(context: CliContext): Command {
  return new Command("top")
    .description("Show what a running worker does: sources, sinks, who talks to whom, ports, alerts. Ctrl-C ends it.")
    .addOption(configOption(context.env))
    .option("--once", "show it once, and end", false)
    .option("--json", "show it once, as one JSON line", false)
    .action(async ({ config: file, once, json }: { config: string; once: boolean; json: boolean }) => {
      const path = requireSocket((await context.loadConfig(file)).ledgerPath);
      if (json) context.print(JSON.stringify(await askTop(path, context.signal)));
      else if (once || !context.stderr.isTTY)
        for (const line of topLines(await askTop(path, context.signal))) context.print(line);
      else await watch(context, path);
    });
}

async function watch({ stderr, secrets, signal }: CliContext, path: string): Promise<void> {
  stderr.write(HOME + REST);
  while (!signal.aborted) {
    const width = (stderr.columns ?? 80) - 1;
    const height = (stderr.rows ?? 24) - 1;
    const lines = topLines(await askTop(path, signal)).slice(0, height);
    const shown = lines.map((line) => `${printable(secrets.scrub(line)).slice(0, width)}${REST_OF_LINE}\n`);
    stderr.write(`${HOME}${shown.join("")}${REST}`);
    await sleep(EVERY_MS, undefined, { signal }).catch(() => {});
  }
}

/** What a worker does, for people. */
export function topLines({ version, at, startedAt, problems, sources, sinks, talkers, alerts }: Top): string[] {
  const health =
    problems.length === 0
      ? ["everything does its work"]
      : problems.map(({ part, reason, since }) => `${part} does not do its work for ${duration(at - since)}: ${reason}`);
  return [
    `flowferry ${version}, up ${duration(at - startedAt)}`,
    ...health,
    "",
    ...tableLines(
      ["source", "flows/s", "flows", "objects", "parked"],
      sources.map(({ name, flowsPerSecond, flows, objects, parked }) => {
        return [name, rate(flowsPerSecond), count(flows), count(objects), parked];
      }),
    ),
    "",
    ...tableLines(
      ["sink", "flows/s", "delivered", "lag", "wait", "set aside", "rejected"],
      sinks.map(({ name, flowsPerSecond, delivered, lagMs, waiting, setAside, rejected }) => {
        return [
          name,
          rate(flowsPerSecond),
          count(delivered),
          lagMs === undefined ? "none" : duration(lagMs),
          waiting,
          setAside,
          rejected,
        ];
      }),
    ),
    ...sumLines("who talks to whom, last minute", talkers.pairs),
    ...sumLines("port", talkers.ports),
    ...(alerts.length === 0 ? [] : ["", ...alerts.slice(0, 5).map(alertLine(at))]),
  ];
}

function sumLines(title: string, sums: readonly Sum[]): string[] {
  if (sums.length === 0) return [];
  return [
    "",
    ...tableLines(
      [title, "flows", "bytes"],
      sums.map(({ name, flows, bytes: sum }) => [name, flows, bytes(sum)]),
    ),
  ];
}

const alertLine =
  (at: number) =>
  ({ at: raised, level, summary }: Top["alerts"][number]) =>
    `${duration(at - raised)} ago  ${level}  ${summary}`;
