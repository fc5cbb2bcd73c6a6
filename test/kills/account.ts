import { readdirSync } from "node:fs";
import { expect } from "vitest";
import { openFlows } from "../../src/query/flows.ts";
import { spawned } from "../journeys/program.ts";
import type { Memory } from "./memory.ts";
import { ARCHIVE, isUnwanted, type Scene, UNWANTED } from "./scene.ts";
import type { Version } from "./supply.ts";

/** Files of the worker and of its configuration, and none that was there only for a moment. */
const REMAINS = [
  ...[ARCHIVE, "flowferry.db", "flowferry.db.lock", "flowferry.db.tables", "flowferry.yaml", "networks.csv", "out.ndjson"],
  ...["quiet.yaml", "servers.csv", "subnets.csv"],
];

/** Only what was meant to be is left of it all, and the copy of the table is that of `table`. */
export function expectNoRemains({ place, tables }: Scene, table: string): void {
  expect(readdirSync(place.folder).sort()).toEqual(REMAINS);
  const copies = readdirSync(place.path("flowferry.db.tables"));
  expect(copies.map((name) => name.replace(/-[0-9a-f]{12}\.csv$/, "")).sort()).toEqual(["networks", "servers", "subnets"]);
  expect(tables.copy()).toBe(table);
}

/** Every record is at every sink or named in a dead letter, and only what is bad, refused or replaced is named. Returns how many are. */
export function expectEverything({ supply, sinks, memory }: Scene) {
  const { versions } = supply;
  for (const version of versions) {
    for (const sink of sinks) expect(sink.missing(version, memory), `${sink.name} ${version.key}`).toEqual([]);
  }
  const lettersOf = (sink: string) => memory.letters.filter((letter) => letter.sink === sink);
  const places = (letters: typeof memory.letters) => letters.map(({ key, first, last }) => [key, first, last]).sort();

  const undecodable = versions.flatMap(({ key, bad, brokenFrom }) =>
    bad === undefined && brokenFrom === undefined ? [] : [[key, bad ?? brokenFrom, bad ?? null]],
  );
  expect(places(lettersOf(""))).toEqual(undecodable.sort());

  const refused = lettersOf("troubled").filter(({ code }) => code === "otlp-http-400");
  const lost = memory.letters.filter((letter) => letter.sink !== "" && !refused.includes(letter));
  expect(lost.filter((letter) => !supply.isReplaced(letter))).toEqual([]);
  // What is lost with the rest of a version that was replaced may not have been refused before.
  const unsent = lost.filter(({ sink }) => sink === "troubled");
  const unwanted = versions.flatMap((version) => {
    const isAmong = (letters: typeof memory.letters) => letters.some((letter) => namesUnwanted(letter, version));
    const isRefused = version.good.includes(UNWANTED) && isUnwanted(version.digest, UNWANTED);
    return isRefused && (isAmong(refused) || !isAmong(unsent)) ? [[version.key, UNWANTED, UNWANTED]] : [];
  });
  expect(places(refused)).toEqual(unwanted.sort());
  return { undecodable: undecodable.length, refused: refused.length, lost: lost.length };
}

function namesUnwanted({ key, etag, first, last }: Memory["letters"][number], version: Version): boolean {
  return key === version.key && etag === version.etag && first <= UNWANTED && UNWANTED <= (last ?? Number.POSITIVE_INFINITY);
}

/** The books of sinks and notifiers balance, and say what came. */
export async function expectBooks({ supply, sinks, notifiers, memory, config }: Scene): Promise<void> {
  const { alerts, ...status } = JSON.parse((await spawned(["status", "-c", config, "--json"])).stdout);
  expect(status).toMatchObject({ parked: 0, problems: [] });
  const named = <T>(list: readonly T[], name: string, by: keyof T) => list.find((each) => each[by] === name);
  for (const sink of sinks) {
    const { name } = sink;
    const isDelivered = (version: (typeof supply.versions)[number]) => (record: number) =>
      sink.has(version, record) && !memory.names(name, version, record);
    const delivered = supply.versions.reduce((sum, version) => sum + version.good.filter(isDelivered(version)).length, 0);
    const letters = memory.letters.filter((letter) => letter.sink === name);
    const deadLettered = letters.reduce((sum, { count }) => sum + count, 0);
    const book = { pendingObjects: 0, offered: delivered + deadLettered, delivered, rejected: 0, deadLettered };
    expect(named<{ name: string }>(status.sinks, name, "name")).toMatchObject(book);
  }
  for (const { name, told } of notifiers) {
    const book = named<{ notifier: string; raised: number; repeated: number }>(alerts, name, "notifier");
    expect(book).toMatchObject({ told: told.size, waiting: 0, refused: 0, late: 0 });
    expect(book?.raised).toBe(told.size + (book?.repeated ?? 0));
  }
}

/** Both were told of what a run tells that nothing disturbs, and each attempt at an alert had the key that is this alert's alone. */
export async function expectAlerts({ webhook, slack, undisturbed, quietConfig, memory, memoryOf }: Scene): Promise<void> {
  const calm = await spawned(["run", "-c", quietConfig, "--until-caught-up"]);
  expect(calm.code, calm.stderr).toBe(3);
  expect(undisturbed.settle(memory, memoryOf("quiet.db"), "done")).toEqual([]);
  expect([...webhook.told.keys()].sort()).toEqual([...undisturbed.told.keys()].sort());
  expect(slack.told.size).toBe(webhook.told.size);
  expect(webhook.idempotencyKeys).toEqual(undisturbed.idempotencyKeys);
  const keys = [...webhook.idempotencyKeys.values()].map((each) => [...each].join());
  expect(new Set(keys).size).toBe(webhook.told.size);
}

/** How often each record is in the archive, by uid. */
async function archived({ place }: Scene): Promise<Map<string, number>> {
  const flows = await openFlows([place.path(ARCHIVE)]);
  try {
    expect(flows.passedOver).toEqual([]);
    const found = await flows.connection.runAndReadAll(`SELECT "log.record.uid", count(*)::INTEGER FROM flows GROUP BY 1`);
    return new Map(found.getRowsJson() as [string, number][]);
  } finally {
    flows.close();
  }
}

/** The archive has every record that is not named, and nothing else: at least once, and once after a compaction. Returns how many came again. */
export async function expectArchive(scene: Scene): Promise<number> {
  const { supply, memory, config } = scene;
  const uidOf = (digest: string, record: number) => digest + record.toString(16).padStart(8, "0");
  const there = new Set(supply.versions.flatMap(({ digest, good }) => good.map((record) => uidOf(digest, record))));
  const wanted = supply.versions.flatMap((version) =>
    version.good.filter((record) => !memory.names(ARCHIVE, version, record)).map((record) => uidOf(version.digest, record)),
  );
  const before = await archived(scene);
  expect(wanted.filter((uid) => !before.has(uid))).toEqual([]);
  expect([...before.keys()].filter((uid) => !there.has(uid))).toEqual([]);
  const compacted = await spawned(["compact", "-c", config]);
  expect(compacted.code, compacted.stderr).toBe(0);
  const after = await archived(scene);
  expect([...after.keys()].sort()).toEqual([...before.keys()].sort());
  expect([...after].filter(([, times]) => times !== 1)).toEqual([]);
  return [...before.values()].reduce((sum, times) => sum + times - 1, 0);
}
