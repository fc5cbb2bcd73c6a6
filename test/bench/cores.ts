import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import { onPath } from "../backends/servers/process.ts";

/** Processors as `taskset -c` takes them: `0`, `0,1`. */
export type Cores = string;

/** Whoever is compared has the first processor, or the first two; the receiver has the next one, or shares the last. */
export const ONE: Cores = "0";
export const TWO: Cores = "0,1";
export const receiverBeside = (cores: Cores): Cores => String(Math.min(cores.split(",").length, availableParallelism() - 1));

/** Whether programs can be kept to processors here. */
export const canPin = (): boolean => onPath("taskset") && availableParallelism() >= 2;

/** Starts a program on these processors. Where it cannot be kept to them, it has all. */
export function spawnOn(cores: Cores | undefined, command: readonly string[], options: SpawnOptions): ChildProcess {
  const [program = "", ...args] = cores === undefined || !canPin() ? command : ["taskset", "-c", cores, ...command];
  return spawn(program, args, options);
}
