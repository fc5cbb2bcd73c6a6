import { statSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, expect } from "vitest";
import type { GeneratedObject } from "../../src/generator/generate.ts";
import type { GenerateOptions } from "../../src/generator/options.ts";
import { type FaultPlan, type Receiver, startReceiver } from "../simulators/otlp/receiver.ts";
import { writeObjects } from "./bucket.ts";
import {
  type Begun,
  beginHere,
  type Ended,
  flowferry,
  type Running,
  spawned,
  start,
  type Workplace,
  workplace,
} from "./program.ts";
import { expectedRecords, type PlainRecord } from "./second-decoder.ts";

const STACK_TRACE = /^\s+at .*:\d+:\d+\)?$/m;

/** A folder, receivers and processes for each test of the calling file; the hooks that it registers release them. */
export function setting() {
  let current: Workplace;
  const receivers: Receiver[] = [];
  const running: Running[] = [];
  const here: ReturnType<typeof beginHere>[] = [];

  beforeEach(() => {
    current = workplace();
  });
  afterEach(async () => {
    for (const { child, ended } of running.splice(0)) {
      child.kill("SIGKILL");
      await ended;
    }
    for (const one of here.splice(0)) {
      if (!one.hasEnded()) one.interrupt("SIGTERM");
      await one.ended;
    }
    for (const receiver of receivers.splice(0)) await receiver.close();
    current.remove();
  });

  const path = (...parts: string[]) => current.path(...parts);
  return {
    path,
    write: (name: string, content: string | Uint8Array) => current.write(name, content),
    lines: (name: string) => current.lines(name),
    /** Tails the folder `bucket`, unless `rest` says otherwise. */
    configFor: (sinks: readonly object[], rest: object = {}) =>
      current.config({
        source: { type: "directory", path: "bucket" },
        sinks,
        run: { pollMs: 200, shutdownMs: 10_000, retry: { initialMs: 20, maxMs: 100 } },
        ...rest,
      }),
    async receive(faults: FaultPlan = {}, options: object = {}): Promise<Receiver> {
      const receiver = await startReceiver({ keep: "uids", faults, ...options });
      receivers.push(receiver);
      return receiver;
    },
    /** Starts the program; what still runs after the test is killed. */
    begin(args: readonly string[], env?: NodeJS.ProcessEnv): Running {
      const process = start(args, env);
      running.push(process);
      return process;
    },
    /** Begins the program in this process; what still runs after the test is interrupted. */
    beginHere(args: readonly string[], env?: NodeJS.ProcessEnv): ReturnType<typeof beginHere> {
      const begun = beginHere(args, env);
      here.push(begun);
      return begun;
    },
    /** Makes up a folder of objects. */
    async bucket(options: Partial<GenerateOptions> = {}, folder = "bucket"): Promise<GeneratedObject[]> {
      return writeObjects(path(folder), { format: "oci", flows: 2_000, objects: 8, vnics: 8, ...options });
    },
    /** The records of a folder, by their uids. The etag of a file is its size, time of writing in ns and inode, in base 36. */
    expectedIn(objects: readonly GeneratedObject[], folder = "bucket"): Map<string, PlainRecord> {
      const put = objects.map(({ key, bytes }) => {
        const { size, mtimeNs, ino } = statSync(path(folder, key), { bigint: true });
        return { key, bytes, etag: [size, mtimeNs, ino].map((part) => part.toString(36)).join("-") };
      });
      return expectedRecords(pathToFileURL(path(folder)).href, put);
    },
  };
}

export const recordsOf = (objects: readonly GeneratedObject[]) => objects.reduce((sum, { records }) => sum + records, 0);

export const toReceiver = ({ url }: Receiver, options: object = {}) => ({
  type: "otlp",
  name: "out",
  endpoint: url,
  batch: { records: 100, lingerMs: 20 },
  ...options,
});

export const toFile = (options: object = {}) => ({ type: "ndjson", path: "out.ndjson", ...options });

const untilCaughtUp = (config: string) => ["run", "-c", config, "--until-caught-up", "--json"];
export const runToEnd = (config: string) => flowferry(untilCaughtUp(config));
export const spawnedToEnd = (config: string) => spawned(untilCaughtUp(config));

/** Waits for a condition that the running program is to bring about, at most a minute. */
export async function until<T>(what: string, process: Begun, condition: () => T | Promise<T>): Promise<NonNullable<T>> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const result = await condition();
    if (result) return result;
    if (process.hasEnded()) throw new Error(`the run ended before ${what}: ${process.stderr()}`);
    if (Date.now() > deadline) throw new Error(`not within a minute: ${what}; ${process.stderr()}`);
    await sleep(20);
  }
}

/** Ended with this code, said these things on stderr, and no stack trace. */
export function expectRefusal(ended: Ended, code: number, ...said: string[]): void {
  expect(ended.code, ended.stderr).toBe(code);
  for (const text of said) expect(ended.stderr).toContain(text);
  expect(ended.stderr).not.toMatch(STACK_TRACE);
}
