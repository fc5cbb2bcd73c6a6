import { readdirSync } from "node:fs";
import { expect } from "vitest";
import { spawned } from "../journeys/program.ts";
import { isUnwanted, type Scene, UNWANTED } from "./scene.ts";

/** Files of the worker and of its configuration, and none that was there only for a moment. */
const REMAINS = [
  ...["flowferry.db", "flowferry.db.lock", "flowferry.db.tables", "flowferry.yaml", "networks.csv", "out.ndjson"],
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
  const unwanted = versions.flatMap(({ key, digest, good }) =>
    good.includes(UNWANTED) && isUnwanted(digest, UNWANTED) ? [[key, UNWANTED, UNWANTED]] : [],
  );
  expect(places(refused)).toEqual(unwanted.sort());

  const lost = memory.letters.filter((letter) => letter.sink !== "" && !refused.includes(letter));
  expect(lost.filter((letter) => !supply.isReplaced(letter))).toEqual([]);
  return { undecodable: undecodable.length, refused: refused.length, lost: lost.length };
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
