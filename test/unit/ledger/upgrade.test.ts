import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Ledger, StoredDeadLetter } from "../../../src/contracts/ledger.ts";
import { openLedger } from "../../../src/ledger/sqlite.ts";

/**
 * What 0.1.0 wrote of a generated bucket of nine objects: a sink `file` that took everything, one `lagging` that took 50 records and then
 * answered 503, one `partly` whose receiver refused three records of each fourth batch of 50 and each fourth batch whole, and a webhook that
 * answered 503.
 */
const RELEASED = readFileSync(join(import.meta.dirname, "../../fixtures/ledger/version-0.1.0.sql"), "utf8");

let folder: string;
let ledger: Ledger | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ledger-upgrade-"));
});
afterEach(() => {
  ledger?.close();
  ledger = undefined;
  rmSync(folder, { recursive: true });
});

function released(change = ""): DatabaseSync {
  const db = new DatabaseSync(join(folder, "ledger.db"), { enableForeignKeyConstraints: false });
  db.exec(RELEASED);
  db.exec(change);
  return db;
}
function upgraded(change = ""): Ledger {
  released(change).close();
  ledger = openLedger({ path: join(folder, "ledger.db"), sources: [{ name: "bucket", store: "file:///flows" }] });
  return ledger;
}
const everything = { after: 0, through: Number.MAX_SAFE_INTEGER, limit: 100 };
const rejectedOf = (of: Ledger) => of.deadLetters({ code: "rejected" }, 100);
const delivered = ({ from, to = from }: StoredDeadLetter) =>
  new Map([["partly", { delivered: to - from + 1, rejected: 0, setAside: 0, deadLetters: [] }]]);

test("objects, positions, accounts, alerts, notes and the state of the detections are kept", () => {
  const db = released();
  const all = (text: string) => db.prepare(text).all();
  const objects = all("select id, key, etag, size, time from objects order by id");
  const [state] = all("select value from states");
  const quality = all("select kind, count from quality order by kind");
  const keys = all("select key from alert_keys").map(({ key }) => key as string);
  const bodies = all("select body from alerts order by id").map(({ body }) => JSON.parse(body as string));
  const partitions = all("select partition, mark from partitions where mark is not null order by partition");
  db.close();
  rmSync(join(folder, "ledger.db"));

  const now = upgraded();
  const bucket = now.of("bucket");
  expect(now.register(["file", "partly", "lagging", "(detections)"])).toEqual([]);
  expect(bucket.pending("lagging", everything)).toEqual(
    objects.map((object) => ({ ...object, source: "bucket", records: undefined })),
  );
  expect([bucket.pending("file", everything), bucket.pending("partly", everything), bucket.lastId()]).toEqual([[], [], 9]);
  expect([now.position("lagging", 1), now.position("lagging", 2)]).toEqual([
    { position: 50, settled: 0 },
    { position: 0, settled: 0 },
  ]);
  expect(now.status().sinks).toMatchObject([
    { name: "file", delivered: 856, rejected: 0, setAside: 0, pendingObjects: 0 },
    { name: "lagging", delivered: 50, rejected: 0, setAside: 0, pendingObjects: 9 },
    { name: "partly", delivered: 652, rejected: 18, setAside: 186, offered: 856 },
  ]);
  expect(now.status().sinks.every(({ lastDelivery = 0 }) => lastDelivery > 0)).toBe(true);
  expect(now.states.read("(detections)")?.head).toBe(state?.value);
  expect(now.status().quality.map(({ kind, count }) => ({ kind, count }))).toEqual(quality);
  expect(bucket.seen.partitions().map((partition) => ({ partition, mark: bucket.seen.mark(partition) }))).toEqual(partitions);
  expect(now.alerts.waiting("webhook", 100).map(({ alert }) => alert)).toEqual(bodies);
  expect(now.alerts.books()).toMatchObject([{ notifier: "webhook", raised: 9, told: 0, waiting: 9, refused: 0 }]);
  expect(keys).toHaveLength(9);
  for (const alert of bodies) expect(now.alerts.raise([{ alert, late: false }], ["webhook"])).toEqual(["repeated"]);
});

test("records that were refused in part are counted in their letters, and leave the account when they are delivered", () => {
  const now = upgraded();
  const letters = rejectedOf(now);
  // Three of each batch; a batch that held records of two objects has two letters, and counts in the first.
  expect(letters.map(({ from, to, count }) => [from, to, count])).toEqual([
    [1, 50, 3],
    [78, 127, 3],
    [39, 89, 3],
    [28, 77, 3],
    [42, 56, 3],
    [1, 35, 0],
    [36, 55, 3],
  ]);
  expect(now.countDeadLetters({ sink: "partly" })).toBe(186 + 18);
  for (const letter of letters) {
    const before = now.status().sinks.find(({ name }) => name === "partly");
    now.settleLetter(letter, delivered(letter));
    expect(now.status().sinks.find(({ name }) => name === "partly")).toMatchObject({
      delivered: (before?.delivered ?? 0) + letter.count,
      rejected: (before?.rejected ?? 0) - letter.count,
      setAside: 186,
      offered: 856,
    });
  }
  expect(now.status().sinks.find(({ name }) => name === "partly")).toMatchObject({ delivered: 670, rejected: 0 });
});

test("letters count no more than the account of their sink holds, nor than they point at", () => {
  const now = upgraded("update sinks set rejected = 4 where name = 'partly'");
  expect(rejectedOf(now).reduce((sum, { count }) => sum + count, 0)).toBe(4);
  ledger?.close();
  rmSync(join(folder, "ledger.db"));
  const narrow = upgraded("update dead_letters set last = first + 1 where code = 'rejected'");
  expect(Math.max(...rejectedOf(narrow).map(({ count }) => count))).toBe(2);
});

test("what a log said of itself is noted once: not again of an object that a sink had finished, nor before a position", () => {
  const notices = (...places: number[]) =>
    places.map((after) => ({ kind: "no-data" as const, after, ordinal: 1, message: `after ${after}` }));
  const bad = [{ from: 10, to: 60, code: "bad-json", reason: "no JSON" }];
  const found = { bad, notices: notices(10, 49, 50, 70), through: 80, said: 0 };
  const noData = (of: Ledger) => of.status().quality.find(({ kind }) => kind === "no-data")?.count;
  // The sink `file` had finished all of them; `lagging` has 50 records of the first.
  const finished = upgraded();
  expect(noData(finished)).toBe(3);
  expect(finished.found(1, found)).toMatchObject([{ from: 51, to: 60, count: 10 }]);
  expect(finished.found(2, found)).toMatchObject([{ from: 10, to: 60, count: 51 }]);
  finished.found(2, { bad: [], notices: notices(90), through: 95, said: 0 });
  expect(noData(finished)).toBe(3);
  ledger?.close();
  rmSync(join(folder, "ledger.db"));
  // Where no other sink has ever taken anything, what stands behind the position may not have been noted.
  const begun = upgraded("update sinks set last_commit = null where name <> 'lagging'");
  begun.found(1, found);
  expect(noData(begun)).toBe(5);
  begun.found(2, found);
  expect(noData(begun)).toBe(9);
});

test("an upgrade that fails leaves the file of 0.1.0 as it was", () => {
  released().close();
  expect(() => openLedger({ path: join(folder, "ledger.db"), sources: [{ name: "bucket", store: "file:///other" }] })).toThrow(
    "has source file:///flows",
  );
  const db = new DatabaseSync(join(folder, "ledger.db"));
  expect(db.prepare("select value from meta where name = 'version'").get()).toEqual({ value: "1" });
  expect(db.prepare("select count(*) as n from pragma_table_info('objects') where name = 'records'").get()).toEqual({ n: 0 });
  expect(db.prepare("select sum(count) as n from dead_letters where code = 'rejected'").get()).toEqual({ n: 0 });
  db.close();
});

test("a letter for many bad places lists none of them, also of those that are found later", () => {
  const now = upgraded(`
insert into dead_letters (sink, key, etag, first, last, count, code, reason, at)
with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < 1000)
select '', key, etag, n, n, 1, iif(n = 1000, 'many-bad-records', 'bad-json'), 'no JSON', 0 from objects, numbers where id = 2`);
  const bad = [{ from: 1_005, to: 1_006, code: "bad-json", reason: "no JSON" }];
  expect(now.found(2, { bad, notices: [], through: 1_010, said: 0 })).toEqual([]);
  const [letter] = now.deadLetters({ code: "many-bad-records" }, 9);
  expect(letter).toMatchObject({ from: 1_000, to: 1_006, count: 3 });
  expect(now.placesOf(letter?.id as number)).toBeUndefined();
});
