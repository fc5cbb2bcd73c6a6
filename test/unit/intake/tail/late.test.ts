import { describe, expect, it, vi } from "vitest";
import { bucket } from "./bucket.ts";
import { StrictLedger } from "./ledger.ts";
import { DAY, HOUR, pass, stamp, tailOf } from "./passes.ts";

// Many passes, on a machine that may have other work.
vi.setConfig({ testTimeout: 60_000 });

const now = Date.parse("2026-03-01T12:20:00Z");
const MINUTE = 60_000;

function setting(options: Record<string, unknown>, pageSize = 1000) {
  const clock = { now };
  const store = bucket(pageSize);
  const ledger = new StrictLedger();
  const again = () => tailOf(store, options, clock);
  return { clock, store, ledger, again, ...again() };
}

const connector = (at: number, id = "a") => `ocid1.serviceconnector.oc1.phx.${id}/${stamp(at)}_${stamp(at + MINUTE)}.0.log.gz`;
const ibm = (at: number, number = 1, vnic = "v") => {
  const [year, month, day, hour] = new Date(at).toISOString().split(/[-T:]/);
  const folder = `ibm_vpc_flowlogs_v1/account=1/region=r/vpc-id=crn:a/1::v/subnet-id=s/endpoint-type=vnics/instance-id=i/vnic-id=${vnic}/record-type=all`;
  return `${folder}/year=${year}/month=${month}/day=${day}/hour=${hour}/stream-id=20260101T000000Z/${String(number).padStart(8, "0")}.gz`;
};
const ordered = (at: number) => `logs/${stamp(at)}.gz`;

/** Layouts whose names say a time: what is late there stands far behind the newest name, and is stored now. */
const NAMED = {
  "oci-connector": { options: { layout: "oci-connector" }, key: (at: number) => connector(at) },
  "a connector's own folder": {
    options: { layout: "oci-connector", prefix: "ocid1.serviceconnector.oc1.phx.a/" },
    key: (at: number) => connector(at),
  },
  "ibm-vpc": { options: { layout: "ibm-vpc" }, key: (at: number) => ibm(at) },
  auto: { options: {}, key: (at: number) => connector(at) },
  "flat, time-ordered": { options: { layout: "flat", keys: "time-ordered" }, key: ordered },
};

describe.each(Object.entries(NAMED))("an object that comes late in the layout %s", (_, { options, key }) => {
  /** A bucket with an object an hour for two days, of which everything was read; small pages, so that a window by pages moves too. */
  const tailed = async () => {
    const world = setting(options, 2);
    for (let hours = 48; hours >= 1; hours -= 1)
      if (hours !== 30) world.store.put(key(now - hours * HOUR), now - hours * HOUR + MINUTE);
    expect(await pass(world.source, world.ledger)).toHaveLength(47);
    return world;
  };
  const late = key(now - 30 * HOUR);

  it("is read at the next start, and told of by name", async () => {
    const { store, ledger, again, clock } = await tailed();
    store.put(late, now);
    clock.now += MINUTE;
    const restarted = again();
    expect(await pass(restarted.source, ledger)).toEqual([late]);
    expect(restarted.events).toEqual([
      { kind: "late-object", key: late, message: expect.stringMatching(/^came late, and is read: .*look-back begins/) },
    ]);
    expect(await pass(again().source, ledger)).toEqual([]);
  });

  it("is read by a worker that goes on within six hours, once", async () => {
    const { store, ledger, source, clock, events } = await tailed();
    store.put(late, now);
    const found: string[] = [];
    for (let minutes = 0; minutes <= 7 * 60; minutes += 5) {
      clock.now = now + minutes * MINUTE;
      if (minutes % 60 === 0) store.put(key(clock.now - MINUTE), clock.now - 10_000);
      found.push(...(await pass(source, ledger)));
    }
    expect(found.filter((one) => one === late)).toHaveLength(1);
    expect(new Set(found).size).toBe(found.length);
    expect(events.map(({ kind, key: named }) => [kind, named])).toEqual([["late-object", late]]);
  });

  it("is read again when it is replaced there", async () => {
    const { store, ledger, again, clock } = await tailed();
    const old = key(now - 40 * HOUR);
    store.put(old, now, "another version");
    clock.now += MINUTE;
    expect(await pass(again().source, ledger)).toEqual([old]);
    expect(await pass(again().source, ledger)).toEqual([]);
  });

  it("costs a few requests in the sweep and none between", async () => {
    const { store, ledger, again, clock } = await tailed();
    const { source } = again();
    await pass(source, ledger);
    store.takeCalls();
    clock.now += MINUTE;
    await pass(source, ledger);
    const between = store.takeCalls().length;
    clock.now += 6 * HOUR;
    await pass(source, ledger);
    // Two objects a page, 45 of them behind the look-back; for IBM the walk to the partition, too.
    expect(store.takeCalls().length - between).toBeLessThanOrEqual(35);
    expect(between).toBeLessThanOrEqual(6);
  });

  it("is not read where the tail never was: before since", async () => {
    const world = setting({ ...options, since: "24h" }, 2);
    for (let hours = 48; hours >= 1; hours -= 1) world.store.put(key(now - hours * HOUR), now - hours * HOUR + MINUTE);
    // Some minutes before since less the look-back, in the same hour.
    world.store.put(key(now - 26 * HOUR - 5 * MINUTE), now - 26 * HOUR);
    const first = await pass(world.source, world.ledger);
    expect(first.length).toBeGreaterThanOrEqual(24);
    expect(first.length).toBeLessThanOrEqual(27);
    world.clock.now += MINUTE;
    expect(await pass(world.again().source, world.ledger)).toEqual([]);
    expect(await pass(tailOf(world.store, options, world.clock).source, world.ledger)).toEqual([]);
  });

  it.skipIf("keys" in options)("is found also where sweeps for new folders are rarer", async () => {
    const { clock, store, ledger, source } = setting({ ...options, sweepMs: DAY, lateSweep: "1h" });
    for (let hours = 48; hours >= 36; hours -= 1) store.put(key(now - hours * HOUR), now - hours * HOUR + MINUTE);
    await pass(source, ledger);
    store.put(key(now - 40 * HOUR + MINUTE), now);
    clock.now += 59 * MINUTE;
    expect(await pass(source, ledger)).toEqual([]);
    clock.now += MINUTE;
    expect(await pass(source, ledger)).toEqual([key(now - 40 * HOUR + MINUTE)]);
  });

  it("is left out where the options leave it out, also when they change", async () => {
    const { store, ledger, clock } = await tailed();
    store.put(late, now);
    clock.now += MINUTE;
    const excluding = tailOf(store, { ...options, exclude: [late.replaceAll(/[[\]{}]/g, "?")] }, clock);
    expect(await pass(excluding.source, ledger)).toEqual([]);
    expect(excluding.events).toEqual([]);
  });
});

describe("memory", () => {
  it("of what is behind the look-back is bounded, and what is older than it is left alone", async () => {
    const { store, ledger, source, clock, again } = setting({ layout: "oci-connector" });
    for (let minutes = 1; minutes <= 5000; minutes += 1)
      store.put(connector(now - minutes * MINUTE), now - minutes * MINUTE + 1000);
    expect(await pass(source, ledger)).toHaveLength(5000);
    const mark = ledger.mark("ocid1.serviceconnector.oc1.phx.a/") ?? "";
    expect(mark.length).toBeLessThan(8000);
    store.takeCalls();
    clock.now += MINUTE;
    expect(await pass(again().source, ledger)).toEqual([]);
    expect(store.takeCalls().length).toBeLessThanOrEqual(4);
    store.put(connector(now - 600 * MINUTE + 1000), now);
    expect(await pass(again().source, ledger)).toEqual([connector(now - 600 * MINUTE + 1000)]);
  });

  it("begins with the next window in a ledger of an earlier version", async () => {
    const { store, ledger, source, clock, again } = setting({ layout: "oci-connector" });
    for (let hours = 48; hours >= 1; hours -= 1) store.put(connector(now - hours * HOUR), now - hours * HOUR + MINUTE);
    await pass(source, ledger);
    const partition = "ocid1.serviceconnector.oc1.phx.a/";
    const { behind: _, ...earlier } = JSON.parse(ledger.mark(partition) ?? "{}");
    ledger.apply({ partition, objects: [], mark: JSON.stringify(earlier) });
    clock.now += MINUTE;
    expect(await pass(again().source, ledger)).toEqual([]);
    for (let hours = 1; hours <= 12; hours += 1) {
      clock.now = now + hours * HOUR;
      store.put(connector(clock.now - MINUTE), clock.now - 10_000);
      expect(await pass(again().source, ledger)).toHaveLength(1);
    }
    store.put(connector(now + 5 * HOUR), clock.now);
    expect(await pass(again().source, ledger)).toEqual([connector(now + 5 * HOUR)]);
  });
});

describe("an object that comes late in a flat bucket", () => {
  const flat = { layout: "flat" };
  const tailed = async (count = 48) => {
    const world = setting(flat, 100);
    for (let index = count; index >= 1; index -= 1) world.store.put(`k${index}`, now - index * HOUR);
    await pass(world.source, world.ledger);
    return world;
  };

  it.each([3 * HOUR + 1, 30 * HOUR, 400 * DAY])(
    "with a store time %d ms back is read in the next pass, once, and told of",
    async (age) => {
      const { store, ledger, source, events, again } = await tailed();
      store.put("a-copy", now - age);
      expect(await pass(source, ledger)).toEqual(["a-copy"]);
      expect(events).toEqual([
        {
          kind: "late-object",
          key: "a-copy",
          message: `came late, and is read: it was stored at ${new Date(now - age).toISOString()}, the look-back begins at 2026-03-01T09:20:00.000Z`,
        },
      ]);
      expect(await pass(source, ledger)).toEqual([]);
      expect(await pass(again().source, ledger)).toEqual([]);
    },
  );

  it("as a whole folder is read, and most of it named", async () => {
    const { store, ledger, source, events } = await tailed();
    for (let index = 0; index < 1500; index += 1) store.put(`moved/${index}`, now - 10 * DAY - index);
    expect(await pass(source, ledger)).toHaveLength(1500);
    expect(events).toHaveLength(1001);
    expect(events.at(-1)?.message).toBe("500 more objects came behind the look-back, and are read");
    expect(await pass(source, ledger)).toEqual([]);
  });

  it("is not mistaken for the objects that are deleted meanwhile", async () => {
    const { store, ledger, source } = await tailed();
    for (let index = 48; index > 20; index -= 1) store.remove(`k${index}`);
    store.put("a-copy", now - 10 * HOUR);
    expect(await pass(source, ledger)).toEqual(["a-copy"]);
  });

  it("is counted where it is too old to be told from others", async () => {
    const { store, ledger, source, events, clock } = await tailed(6000);
    expect(ledger.mark("*")?.length).toBeLessThan(110_000);
    clock.now += MINUTE;
    await pass(source, ledger);
    store.put("a-copy", now - 5900 * HOUR);
    clock.now += MINUTE;
    expect(await pass(source, ledger)).toEqual([]);
    expect(events).toEqual([
      {
        kind: "late-object",
        key: "*",
        message: expect.stringMatching(/^1 more objects than before were stored before 20\d\d-.*not read/),
      },
    ]);
    for (let index = 6000; index > 5990; index -= 1) store.remove(`k${index}`);
    clock.now += MINUTE;
    await pass(source, ledger);
    clock.now += MINUTE;
    await pass(source, ledger);
    expect(events).toHaveLength(1);
  });

  it("is not counted where it lies before since", async () => {
    const { store, ledger, source, clock, events } = setting({ ...flat, since: "5000h" }, 1000);
    for (let index = 6000; index >= 1; index -= 1) store.put(`k${index}`, now - index * HOUR);
    await pass(source, ledger);
    clock.now += MINUTE;
    await pass(source, ledger);
    store.put("a-copy", now - 5500 * HOUR);
    clock.now += MINUTE;
    expect(await pass(source, ledger)).toEqual([]);
    expect(events).toEqual([]);
  });
});

describe("clocks and times that are wrong", () => {
  const FUTURE = Date.parse("2038-01-19T03:14:07Z");
  const LAYOUTS = {
    ...NAMED,
    flat: { options: { layout: "flat" }, key: (at: number) => `f/${stamp(at)}` },
  };

  it.each(Object.entries(LAYOUTS))("one object of the year 2038 hides nothing, in the layout %s", async (_, { options, key }) => {
    for (const [named, stored] of [
      [FUTURE, FUTURE],
      [FUTURE, now - MINUTE],
      [now - 2 * HOUR, FUTURE],
    ] as const) {
      const { store, ledger, source, events, clock, again } = setting(options, 3);
      let worker = { source, events };
      const told = () => worker.events.filter(({ kind }) => kind === "late-object");
      store.put(key(now - HOUR), now - HOUR);
      store.put(key(named), stored);
      expect(await pass(source, ledger)).toHaveLength(2);
      for (let minutes = 10; minutes < 900; minutes += 10) {
        clock.now = now + minutes * MINUTE;
        const one = key(clock.now - MINUTE - (minutes % 30) * MINUTE * 2);
        store.put(one, clock.now - 10_000);
        expect(await pass(worker.source, ledger), `${minutes} minutes on`).toEqual([one]);
        expect(told()).toEqual([]);
        if (minutes % 50 === 0) worker = again();
      }
      // Nor does it keep the window from moving: two hours of an object each ten minutes, three a page.
      store.takeCalls();
      await pass(worker.source, ledger);
      if (options !== LAYOUTS.flat.options) expect(store.takeCalls().length).toBeLessThanOrEqual(12);
      expect(ledger.size).toBeLessThanOrEqual(22);
    }
  });

  it("a store time of the year 2038 does not keep a silent folder from falling silent", async () => {
    for (const layout of ["oci-connector", "ibm-vpc"] as const) {
      const { store, ledger, source, clock } = setting({ layout });
      const key = NAMED[layout].key;
      store.put(key(now - HOUR), now - HOUR);
      store.put(key(now - 2 * HOUR), FUTURE);
      await pass(source, ledger);
      clock.now += 2 * DAY;
      await pass(source, ledger);
      clock.now += MINUTE;
      store.takeCalls();
      await pass(source, ledger);
      expect(store.takeCalls().filter(({ delimiter }) => delimiter === undefined)).toEqual([]);
    }
  });

  it.each(Object.entries(LAYOUTS))(
    "a clock that was ahead for a while, of the worker and of what it stored, hides nothing, in the layout %s",
    async (_, { options, key }) => {
      for (const ahead of [3 * HOUR, 10 * DAY, FUTURE - now]) {
        const { store, ledger, source, clock, again } = setting(options, 3);
        for (let hours = 10; hours >= 1; hours -= 1) store.put(key(now - hours * HOUR), now - hours * HOUR);
        expect(await pass(source, ledger)).toHaveLength(10);
        clock.now = now + ahead;
        store.put(key(clock.now - MINUTE), clock.now - MINUTE);
        expect(await pass(source, ledger)).toHaveLength(1);
        clock.now = now + MINUTE;
        for (let turn = 0; turn < 30; turn += 1) {
          const one = key(clock.now - 30_000);
          store.put(one, clock.now - 10_000);
          // A window by keys looks behind itself only in sweeps.
          const worker = "keys" in options ? again().source : source;
          expect(await pass(worker, ledger), `ahead by ${ahead}, turn ${turn}`).toEqual([one]);
          clock.now += 10 * MINUTE;
        }
        expect([...ledger.discovered.values()].filter((times) => times !== 1)).toEqual([]);
      }
    },
  );

  it("a clock that is set back does not keep new folders of IBM from being looked for", async () => {
    const { store, ledger, source, clock } = setting({ layout: "ibm-vpc" });
    store.put(ibm(now, 1, "v1"), now - MINUTE);
    clock.now = FUTURE;
    expect(await pass(source, ledger)).toHaveLength(1);
    clock.now = now + MINUTE;
    store.put(ibm(now, 1, "v2"), now);
    expect(await pass(source, ledger)).toEqual([ibm(now, 1, "v2")]);
  });

  it.each(Object.entries(LAYOUTS))(
    "a since that a wrong clock put into the future leaves nothing out for good, in the layout %s",
    async (_, { options, key }) => {
      const { store, ledger, clock } = setting(options, 3);
      for (let hours = 10; hours >= 1; hours -= 1) store.put(key(now - hours * HOUR), now - hours * HOUR);
      clock.now = FUTURE;
      expect(await pass(tailOf(store, { ...options, since: "30d" }, clock).source, ledger)).toEqual([]);
      clock.now = now;
      expect(await pass(tailOf(store, { ...options, since: "30d" }, clock).source, ledger)).toHaveLength(10);
    },
  );
});
