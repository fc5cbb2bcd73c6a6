import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { runs } from "../../../runs.ts";
import { bucket } from "../../intake/tail/bucket.ts";
import { StrictLedger } from "../../intake/tail/ledger.ts";
import { DAY, HOUR, pass, stamp, tailOf } from "../../intake/tail/passes.ts";

// Files, sockets and many passes, on a machine that may have other work.
/** Earliest and latest record of eleven objects that a real connector wrote one after the other. */
const REAL_NAMES = [
  "20210125T143413Z_20210125T144055Z",
  "20210125T143413Z_20210125T144814Z",
  "20210125T143432Z_20210125T145538Z",
  "20210125T143732Z_20210125T153131Z",
  "20210125T144113Z_20210125T154543Z",
  "20210125T144934Z_20210125T150225Z",
  "20210125T145928Z_20210125T151006Z",
  "20210125T150254Z_20210125T153826Z",
  "20210125T150414Z_20210125T151712Z",
  "20210125T150414Z_20210125T152415Z",
  "20210125T153416Z_20210125T155243Z",
];
const FOLDER = "ocid1.serviceconnector.oc1.eu-frankfurt-1.aaaa1/";
const real = REAL_NAMES.map((name) => `${FOLDER}${name}.0.log.gz`);
const start = Date.parse("2021-01-25T14:40:00Z");
const layout = { layout: "oci-connector" };

/** The time that a name of this test ends in. */
const written = (key: string) => {
  const [, date, time] = /_(\d{8})T(\d{6})Z/.exec(key) ?? [];
  return Date.parse(`${date?.replace(/(....)(..)(..)/, "$1-$2-$3")}T${time?.replace(/(..)(..)(..)/, "$1:$2:$3")}Z`);
};

describe("the look-back over connector names", () => {
  it("finds the eleven real objects in the order in which they were written, where a cursor on the name loses three", async () => {
    const clock = { now: start };
    const store = bucket();
    const ledger = new StrictLedger();
    const { source } = tailOf(store, layout, clock);
    const found: string[] = [];
    let cursor = "";
    let lost = 0;
    for (const key of real.toSorted((a, b) => written(a) - written(b))) {
      clock.now = written(key) + 30_000;
      store.put(key, clock.now - 10_000);
      found.push(...(await pass(source, ledger)));
      if (key < cursor) lost += 1;
      else cursor = key;
    }
    expect(found.toSorted()).toEqual(real);
    expect(lost).toBe(3);
  });

  it("finds them in whatever order, groups and pages they come", async () => {
    const arrivals = fc.tuple(
      fc.shuffledSubarray(real, { minLength: real.length }),
      fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 11 }),
      fc.integer({ min: 1, max: 12 }),
    );
    await fc.assert(
      fc.asyncProperty(arrivals, async ([keys, groups, pageSize]) => {
        const clock = { now: start };
        const store = bucket(pageSize);
        const ledger = new StrictLedger();
        const { source } = tailOf(store, layout, clock);
        const waiting = [...keys];
        for (let turn = 0; waiting.length > 0; turn += 1) {
          for (const key of waiting.splice(0, groups[turn % groups.length])) {
            clock.now += 60_000;
            store.put(key, clock.now);
          }
          clock.now += 60_000;
          await pass(source, ledger);
        }
        expect([...ledger.discovered.keys()].map((version) => version.split(" ")[0]).toSorted()).toEqual(real);
        expect(new Set(ledger.discovered.values())).toEqual(new Set([1]));
      }),
      { numRuns: runs(100) },
    );
  });
});

describe("connector folders", () => {
  const name = (at: number) => `${stamp(at)}_${stamp(at + 60_000)}.0.log.gz`;
  const now = Date.parse("2026-03-01T12:00:00Z");
  const setting = (options: Record<string, unknown> = {}) => {
    const clock = { now };
    const store = bucket();
    const ledger = new StrictLedger();
    return { clock, store, ledger, ...tailOf(store, { ...layout, ...options }, clock) };
  };
  const connector = (id: string, prefix = "") => `${prefix}ocid1.serviceconnector.oc1.phx.${id}/`;

  it("hands out a connector's objects in the order of their first stamps, with the stamp as order", async () => {
    const { source, store, ledger } = setting();
    const times = [5, 3, 4, 1, 2].map((hours) => now - hours * HOUR);
    for (const time of times) store.put(connector("a") + name(time), now - 10_000);
    const orders: string[] = [];
    const keys = await pass(source, ledger, ({ objects }) => orders.push(...objects.map(({ order }) => order)));
    expect(keys).toEqual(times.toSorted().map((time) => connector("a") + name(time)));
    expect(orders).toEqual(times.toSorted().map(stamp));
  });

  it("finds a connector that comes later, and every connector under a prefix of its own", async () => {
    const { source, store, ledger } = setting({ prefix: "logs/vcn-" });
    store.put(connector("a", "logs/vcn-") + name(now - HOUR), now - HOUR);
    expect(await pass(source, ledger)).toHaveLength(1);
    store.put(connector("b", "logs/vcn-") + name(now - 60_000), now - 30_000);
    store.put(connector("c", "logs/other-") + name(now - 60_000), now - 30_000);
    expect(await pass(source, ledger)).toEqual([connector("b", "logs/vcn-") + name(now - 60_000)]);
  });

  it("takes a prefix that ends inside a connector's folder", async () => {
    const { source, store, ledger } = setting({ prefix: `${connector("a")}20260301T` });
    store.put(connector("a") + name(now - 13 * HOUR), now - HOUR);
    store.put(connector("a") + name(now - HOUR), now - HOUR);
    expect(await pass(source, ledger)).toEqual([connector("a") + name(now - HOUR)]);
  });

  it("reads an object again that was replaced within the look-back", async () => {
    const { clock, source, store, ledger } = setting();
    const key = connector("a") + name(now - HOUR);
    store.put(key, now - HOUR, "first");
    expect(await pass(source, ledger)).toEqual([key]);
    expect(await pass(source, ledger)).toEqual([]);
    store.put(key, now, "second");
    clock.now += 5000;
    expect(await pass(source, ledger)).toEqual([key]);
    expect(await pass(source, ledger)).toEqual([]);
  });

  it("is not led astray by a name that lies in the future", async () => {
    const { clock, source, store, ledger } = setting();
    store.put(connector("a") + name(now + 365 * DAY), now - 60_000);
    expect(await pass(source, ledger)).toHaveLength(1);
    for (let hour = 1; hour <= 6; hour += 1) {
      clock.now = now + hour * HOUR;
      store.put(connector("a") + name(clock.now - 60_000), clock.now - 30_000);
      expect(await pass(source, ledger)).toEqual([connector("a") + name(clock.now - 60_000)]);
    }
  });

  it("loses nothing that comes while a page of the listing waits for days", async () => {
    const clock = { now };
    const store = bucket(2);
    const ledger = new StrictLedger();
    const { source } = tailOf(store, layout, clock);
    for (const minutes of [50, 40, 30, 20]) store.put(connector("a") + name(now - minutes * 60_000), now - 60_000);
    const late = connector("a") + name(now - 45 * 60_000);
    let pages = 0;
    await pass(source, ledger, () => {
      pages += 1;
      if (pages !== 1) return;
      clock.now += 60_000;
      store.put(late, clock.now);
      clock.now += 3 * DAY;
      store.put(connector("a") + name(clock.now - 60_000), clock.now - 30_000);
    });
    expect(await pass(source, ledger)).toEqual([late]);
  });

  it("begins near since, and ends near until", async () => {
    const { source, store, ledger } = setting({ since: "10d", until: "2026-02-25", lookBack: "2h" });
    const key = (at: string) => connector("a") + name(Date.parse(at));
    for (const at of ["2026-02-19T09:59:59Z", "2026-02-19T10:00:00Z", "2026-02-25T02:00:00Z", "2026-02-25T02:00:01Z"]) {
      store.put(key(at), now - DAY);
    }
    expect(await pass(source, ledger)).toEqual([key("2026-02-19T10:00:00Z"), key("2026-02-25T02:00:00Z")]);
  });

  it("lists a backfill of 30 days without the three years before it", async () => {
    const { source, store, ledger } = setting({ since: "30d" });
    for (let at = now - 3 * 365 * DAY; at < now; at += HOUR) store.put(connector("a") + name(at), at + HOUR);
    expect(await pass(source, ledger)).toHaveLength(30 * 24 + 2);
    expect(store.takeCalls()).toHaveLength(2);
  });

  it("remembers no more than the look-back", async () => {
    const { clock, source, store, ledger } = setting();
    // A day is many times the look-back.
    for (let minutes = 0; minutes < runs(5, 5) * 24 * 60; minutes += 7) {
      clock.now = now + minutes * 60_000;
      store.put(connector("a") + name(clock.now - 420_000), clock.now - 5000);
      expect(await pass(source, ledger)).toHaveLength(1);
    }
    expect(ledger.size).toBeLessThan(20);
  });

  it("looks into a folder without news for a day in sweeps only", async () => {
    const { clock, source, store, ledger } = setting({ sweepMs: 60_000 });
    store.put(connector("a") + name(now - 3 * DAY), now - 3 * DAY);
    store.put(connector("b") + name(now - HOUR), now - HOUR);
    expect(await pass(source, ledger)).toHaveLength(2);
    const listed = () => new Set(store.takeCalls().map(({ prefix }) => prefix));
    expect(listed()).toEqual(new Set(["", connector("a"), connector("b")]));
    clock.now += 30_000;
    await pass(source, ledger);
    expect(listed()).toEqual(new Set(["", connector("b")]));
    clock.now += 30_000;
    store.put(connector("a") + name(now - 60_000), now);
    expect(await pass(source, ledger)).toEqual([connector("a") + name(now - 60_000)]);
    expect(listed()).toEqual(new Set(["", connector("a"), connector("b")]));
    clock.now += 30_000;
    await pass(source, ledger);
    expect(listed()).toEqual(new Set(["", connector("a"), connector("b")]));
  });

  it("says what it passes over, once", async () => {
    const { source, store, ledger, events } = setting();
    store.put("README.md", now - HOUR);
    store.put("other/20260301T110000Z_20260301T110700Z.0.log.gz", now - HOUR);
    store.put("empty-folder/", now - HOUR, "e", 0);
    expect(await pass(source, ledger)).toEqual([]);
    expect(await pass(source, ledger)).toEqual([]);
    expect(events).toHaveLength(3);
    expect(new Set(events.map(({ kind, key }) => `${kind} ${key}`))).toEqual(
      new Set(["passed-over README.md", "passed-over empty-folder/", "passed-over other/"]),
    );
  });

  it("hands out an object whose name says no time once, and goes on", async () => {
    const { clock, source, store, ledger } = setting();
    const odd = [`${connector("a")}20261399T000000Z_x.gz`, `${connector("a")}manual-upload.log.gz`];
    for (const key of odd) store.put(key, now - DAY);
    store.put(connector("a") + name(now - HOUR), now - HOUR);
    expect((await pass(source, ledger)).toSorted()).toEqual([connector("a") + name(now - HOUR), ...odd].toSorted());
    clock.now += DAY;
    store.put(connector("a") + name(clock.now - 60_000), clock.now - 30_000);
    expect(await pass(source, ledger)).toEqual([connector("a") + name(clock.now - 60_000)]);
    expect(await pass(source, ledger)).toEqual([]);
  });
});
