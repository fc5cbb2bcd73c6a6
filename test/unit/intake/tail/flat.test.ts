import { describe, expect, it } from "vitest";
import { bucket } from "./bucket.ts";
import { StrictLedger } from "./ledger.ts";
import { crashingPass, DAY, HOUR, pass, tailOf } from "./passes.ts";

const now = Date.parse("2026-03-01T12:00:00Z");
const name = (number: number) => `k${String(number).padStart(5, "0")}`;

function setting(options: Record<string, unknown> = {}, pageSize = 1000) {
  const clock = { now };
  const store = bucket(pageSize);
  const ledger = new StrictLedger();
  const all = { layout: "flat", ...options };
  return { clock, store, ledger, ...tailOf(store, all, clock), again: () => tailOf(store, all, clock).source };
}

describe("a flat bucket", () => {
  it("is taken whole in the first pass, later ones take what is new, replaced or late", async () => {
    const { clock, source, store, ledger } = setting();
    for (let number = 0; number < 50; number += 1) store.put(name(number), now - 400 * DAY + number);
    expect(await pass(source, ledger)).toHaveLength(50);
    expect(await pass(source, ledger)).toEqual([]);
    store.put("a-new-one-at-the-front", now);
    store.put(name(7), now, "replaced");
    clock.now += 10_000;
    expect((await pass(source, ledger)).toSorted()).toEqual(["a-new-one-at-the-front", name(7)]);
    store.put("b-two-hours-late", now - 2 * HOUR);
    store.put("c-later-still", now - 2 * HOUR - 1);
    expect((await pass(source, ledger)).toSorted()).toEqual(["b-two-hours-late", "c-later-still"]);
    expect(await pass(source, ledger)).toEqual([]);
  });

  it("hands out the objects of a page oldest first", async () => {
    const { source, store, ledger } = setting();
    const ages = [5, 1, 4, 2, 3];
    for (const [index, age] of ages.entries()) store.put(name(index), now - age * DAY);
    expect(await pass(source, ledger)).toEqual([0, 2, 4, 3, 1].map(name));
  });

  it("goes on after the last key that was handed out when it dies in mid-pass", async () => {
    const { store, ledger, again } = setting({}, 10);
    for (let number = 0; number < 95; number += 1) store.put(name(number), now - DAY);
    expect(await crashingPass(again(), ledger, 3)).toHaveLength(30);
    store.takeCalls();
    expect(await pass(again(), ledger)).toEqual(Array.from({ length: 65 }, (_, index) => name(30 + index)));
    expect(store.takeCalls()[0]).toMatchObject({ startAfter: name(29) });
    expect(await pass(again(), ledger)).toEqual([]);
  });

  it("remembers what lies within the look-back, also in the middle of a first pass", async () => {
    const { clock, source, store, ledger } = setting({}, 10);
    for (let number = 0; number < 1000; number += 1) store.put(name(number), now - (1000 - number) * HOUR);
    let most = 0;
    await pass(source, ledger, () => {
      most = Math.max(most, ledger.size);
    });
    expect(most).toBeLessThanOrEqual(12);
    clock.now += DAY;
    store.put(name(1000), clock.now - HOUR);
    await pass(source, ledger);
    expect(ledger.size).toBe(1);
  });

  it("loses nothing that comes behind the page reached while a pass takes days", async () => {
    const { clock, source, store, ledger } = setting({}, 2);
    for (let number = 1; number <= 8; number += 1) store.put(name(number), now - DAY);
    let pages = 0;
    await pass(source, ledger, () => {
      pages += 1;
      clock.now += DAY;
      if (pages === 2) store.put(name(0), clock.now);
      if (pages === 3) store.put(name(9), clock.now);
    });
    expect(ledger.discovered.size).toBe(9);
    expect(await pass(source, ledger)).toEqual([name(0)]);
    expect(await pass(source, ledger)).toEqual([]);
  });

  it("leaves out what was stored before since, less the look-back", async () => {
    const { source, store, ledger } = setting({ since: "10d", until: "5d" });
    for (const [index, age] of [10 * DAY + 2 * HOUR + 1, 10 * DAY + 2 * HOUR, 6 * DAY, DAY].entries())
      store.put(name(index), now - age);
    expect(await pass(source, ledger)).toEqual([1, 2, 3].map(name));
  });

  it("keeps to prefix, include and exclude, and passes over markers of folders", async () => {
    const { source, store, ledger } = setting({ prefix: "logs/", include: ["**/*.gz", "**/*.json"], exclude: ["logs/tmp/**"] });
    for (const key of ["logs/a.gz", "logs/b/c.json", "logs/b/d.txt", "logs/tmp/e.gz", "other/f.gz"]) store.put(key, now - HOUR);
    store.put("logs/b/", now - HOUR, "marker", 0);
    expect((await pass(source, ledger)).toSorted()).toEqual(["logs/a.gz", "logs/b/c.json"]);
  });

  it("does not look back further when the operator asks for it later, since more is forgotten", async () => {
    const { clock, source, store, ledger } = setting();
    store.put(name(1), now - 10 * HOUR);
    store.put(name(2), now - HOUR);
    await pass(source, ledger);
    const { source: wider } = tailOf(store, { layout: "flat", lookBack: "30d" }, clock);
    expect(await pass(wider, ledger)).toEqual([]);
  });

  it("is asked at a hint for what begins with it alone, once a pass has come to its end", async () => {
    const { clock, source, store, ledger } = setting({}, 10);
    const look = async (within: string) => {
      const found = [];
      for await (const discovery of source.discover(ledger, new AbortController().signal, within)) {
        ledger.apply(discovery);
        found.push(...discovery.objects.map(({ key }) => key));
      }
      return found;
    };
    for (let number = 0; number < 95; number += 1) store.put(name(number), now - 400 * DAY);
    // Nothing says yet what is old.
    expect(await look(name(50))).toHaveLength(95);
    store.put(name(500), now);
    store.put(name(501), now);
    store.takeCalls();
    clock.now += 1000;
    expect(await look(name(500))).toEqual([name(500)]);
    expect(store.takeCalls()).toEqual([{ prefix: name(500) }]);
    expect(await look(name(500))).toEqual([]);
    // What is behind the look-back is told from what is known by a pass over everything alone.
    expect(await look(name(50))).toEqual([]);
    expect(await pass(source, ledger)).toEqual([name(501)]);
  });
});

describe("a flat bucket whose keys are ordered by time", () => {
  const ordered = { keys: "time-ordered" };

  it("is listed from the look-back on", async () => {
    const { clock, source, store, ledger } = setting(ordered, 10);
    for (let number = 0; number < 1000; number += 1) store.put(name(number), now - (1000 - number) * HOUR);
    expect(await pass(source, ledger)).toHaveLength(1000);
    store.takeCalls();
    store.put(name(1000), now);
    clock.now += 5000;
    expect(await pass(source, ledger)).toEqual([name(1000)]);
    expect(store.takeCalls().length).toBeLessThanOrEqual(2);
    expect(ledger.size).toBeLessThanOrEqual(14);
  });

  it("finds what comes late or is replaced among the keys of the look-back", async () => {
    const { clock, source, store, ledger } = setting(ordered, 3);
    for (let number = 0; number < 100; number += 2) store.put(name(number), now - (100 - number) * 600_000);
    await pass(source, ledger);
    store.put(name(91), now);
    store.put(name(94), now, "replaced");
    clock.now += 5000;
    expect(await pass(source, ledger)).toEqual([name(91), name(94)]);
    expect(await pass(source, ledger)).toEqual([]);
  });

  it("goes on where it was broken off", async () => {
    const { store, ledger, again } = setting(ordered, 10);
    for (let number = 0; number < 100; number += 1) store.put(name(number), now - (200 - number) * HOUR);
    for (let turn = 0; turn < 12; turn += 1) await crashingPass(again(), ledger, 1);
    expect(ledger.discovered.size).toBe(100);
    expect(new Set(ledger.discovered.values())).toEqual(new Set([1]));
  });

  it("is refused without layout: flat", () => {
    expect(() => setting({ layout: "auto", keys: "time-ordered" })).toThrow("add layout: flat");
  });
});
