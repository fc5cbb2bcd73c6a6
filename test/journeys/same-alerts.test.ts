import { closeSync, existsSync, fstatSync, mkdirSync, openSync, readSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { type GeneratedObject, generate } from "../../src/generator/generate.ts";
import { lookupFiles } from "../../src/generator/lookup-files.ts";
import { writeBucket } from "../../src/generator/write.ts";
import { runs } from "../runs.ts";
import type { Ended } from "./program.ts";
import { recordsOf, runToEnd, setting, toFile, until } from "./setting.ts";

const { path, write, configFor, begin } = setting();

/** Six hours with all incidents; objects of 10 to 20 minutes. */
const OPTIONS = { format: "oci", flows: runs(6_000, 2), objects: 36, vnics: 16, spanMs: 6 * 3_600_000 } as const;
/** So many objects come at once. */
const STEP = 6;
/** Of objects in another order: lots of so many change places with their neighbours, so that half of them come up to an hour late. What comes at once is read in the order of its names. */
const SWAPPED = 3;

async function made(): Promise<GeneratedObject[]> {
  const generation = generate(OPTIONS);
  const objects: GeneratedObject[] = [];
  await writeBucket(generation, path("made"), (object) => objects.push(object), new AbortController().signal);
  for (const [name, content] of Object.entries(lookupFiles(generation))) write(name, content);
  return objects;
}

const TABLES = { servers: "servers.csv", networks: "networks.csv", subnets: "subnets.csv" };

const configOf = (name: string, enrich: Partial<typeof TABLES>) =>
  configFor([toFile({ path: `${name}.ndjson` })], {
    source: { type: "directory", path: name },
    enrich,
    alerts: { lateness: "3650d", minLevel: "low" },
    ledger: { path: `${name}.db` },
    run: { pollMs: 100, checkpointMs: 200, shutdownMs: 10_000 },
  });

const expectDone = ({ code, stderr }: Ended) => expect(code, stderr).toBe(0);

/** As whoever writes a bucket does: a whole object at once. */
function put(folder: string, { key, bytes }: GeneratedObject): void {
  const file = path(folder, key);
  mkdirSync(dirname(file), { recursive: true });
  const draft = path(`draft-${folder}`);
  writeFileSync(draft, bytes);
  renameSync(draft, file);
}

/** Every incident that was raised, by rule, who is in it, and interval. */
function incidentsIn(name: string): string[] {
  const ledger = new DatabaseSync(path(`${name}.db`), { readOnly: true });
  try {
    return ledger
      .prepare("select key from alert_keys order by key")
      .all()
      .map(({ key }) => String(key));
  } finally {
    ledger.close();
  }
}

/** Puts the objects in this order, some at a time, and waits until each lot is delivered; `between` may end the worker and begin another. */
async function tailed(
  name: string,
  objects: readonly GeneratedObject[],
  { enrich, kill, step = STEP }: { enrich: Partial<typeof TABLES>; kill: boolean; step?: number },
): Promise<string[]> {
  mkdirSync(path(name));
  const config = configOf(name, enrich);
  const arrived = arrivedIn(path(`${name}.ndjson`));
  let worker = begin(["run", "-c", config]);
  for (let from = 0; from < objects.length; from += step) {
    for (const object of objects.slice(from, from + step)) put(name, object);
    const due = recordsOf(objects.slice(0, from + step));
    await until(`${due} records`, worker, () => arrived() >= due);
    if (!kill) continue;
    worker.child.kill("SIGKILL");
    await worker.ended;
    worker = begin(["run", "-c", config]);
  }
  worker.child.kill("SIGTERM");
  await worker.ended;
  // What a killed worker had no time to save is read again.
  expectDone(await runToEnd(config));
  return incidentsIn(name);
}

/** How many different records a growing file of lines has; each look reads on from the one before. */
function arrivedIn(path: string): () => number {
  const uids = new Set<string>();
  let read = 0;
  return () => {
    if (!existsSync(path)) return 0;
    const grown = readFrom(path, read);
    // What stands behind the last end of a line is being written.
    const whole = grown.subarray(0, grown.lastIndexOf("\n") + 1);
    read += whole.length;
    for (const line of whole.toString().split("\n")) if (line !== "") uids.add(JSON.parse(line).attributes["log.record.uid"]);
    return uids.size;
  };
}

function readFrom(path: string, position: number): Buffer {
  const file = openSync(path, "r");
  try {
    const bytes = Buffer.allocUnsafe(Math.max(0, fstatSync(file).size - position));
    return bytes.subarray(0, readSync(file, bytes, { position }));
  } finally {
    closeSync(file);
  }
}

test.each([
  ["names, subnets and networks are in tables", TABLES],
  // What is common has to be learnt, from flows in their order.
  ["there are no tables", {}],
])(
  "where %s, one bucket gives the same alerts at once, as it grows, over kills, and in another order",
  {
    timeout: 240_000,
  },
  async (_, enrich) => {
    const objects = await made();
    for (const object of objects) put("whole", object);
    expectDone(await runToEnd(configOf("whole", enrich)));
    const whole = incidentsIn("whole");
    expect(whole.map((key) => key.split("|")[0])).toEqual(
      expect.arrayContaining(["beacon", "brute_force_succeeded", "exfiltration_volume", "ssh_accepted_from_outside"]),
    );
    expect(await tailed("growing", objects, { enrich, kill: false })).toEqual(whole);
    expect(await tailed("killed", objects, { enrich, kill: true })).toEqual(whole);
    const lots = objects.flatMap((_, at) => (at % SWAPPED === 0 ? [objects.slice(at, at + SWAPPED)] : []));
    const swapped = lots.flatMap((_, at) => lots[at % 2 === 0 ? at + 1 : at - 1] ?? []);
    expect(swapped).toHaveLength(objects.length);
    expect(await tailed("swapped", swapped, { enrich, kill: false, step: SWAPPED })).toEqual(whole);
  },
);
