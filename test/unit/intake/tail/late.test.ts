import { beforeAll, describe, expect, it } from "vitest";
import { isThorough } from "../../../runs.ts";
import { bucket } from "./bucket.ts";
import { StrictLedger } from "./ledger.ts";
import { DAY, HOUR, pass, stamp, tailOf } from "./passes.ts";

// Many passes, on a machine that may have other work.
const now = Date.parse("2026-03-01T12:20:00Z");
const MINUTE = 60_000;
const SECOND = 1000;

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
    // Where the layout is not named, what lies between the layouts' folders is listed too.
    expect(between).toBeLessThanOrEqual(7);
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

/** Those whose windows are kept in the same way as another's are left out where somebody waits. */
const ALIKE = ["auto", "a connector's own folder"];
const UNLIKE = Object.entries(NAMED).filter(([layout]) => !ALIKE.includes(layout));

describe.each(isThorough ? Object.entries(NAMED) : UNLIKE)(
  "an object that comes too late to be told from others in the layout %s",
  (_, { options, key }) => {
    // More than is remembered: of a window by keys some five thousand, of others 1,024.
    const HOURS = isThorough || "keys" in options ? 7000 : 2800;
    const world = setting(options);
    beforeAll(async () => {
      for (let hours = HOURS; hours >= 1; hours -= 1) world.store.put(key(now - hours * HOUR), now - hours * HOUR + MINUTE);
      for (let turn = 0; turn < 3; turn += 1) {
        await pass(world.again().source, world.ledger);
        world.clock.now += MINUTE;
      }
      expect(world.ledger.discovered.size).toBe(HOURS);
    });
    /** A bucket with an object an hour, of which everything was read: more than is remembered. Each test has its own. */
    const tailed = () => {
      const clock = { ...world.clock };
      const store = bucket();
      for (const { key, etag, size, time } of world.store.objects.values()) store.put(key, time, etag, size);
      const again = () => tailOf(store, options, clock);
      return { clock, store, ledger: new StrictLedger(world.ledger), again };
    };
    const told = (events: readonly { kind: string; key: string }[]) => events.map((event) => [event.kind, event.key]);

    it("is named within a day, once, also by a worker that was started anew, and not read", async () => {
      const { store, ledger, again, clock } = tailed();
      const late = key(now - (HOURS - 1000) * HOUR + (options === NAMED["ibm-vpc"].options ? 0 : MINUTE));
      store.put(late, clock.now, "late");
      const found = [];
      for (let hours = 1; hours <= 56; hours += 5) {
        clock.now = now + hours * HOUR;
        const { source, events } = again();
        expect(await pass(source, ledger)).toEqual([]);
        found.push(...events.map((event) => ({ ...event, hours })));
      }
      expect(found).toEqual([
        {
          kind: "late-object",
          key: late,
          hours: expect.any(Number),
          message: expect.stringMatching(/^came too late, and is not read: .*remembered begins .*; `flowferry replay --since`/),
        },
      ]);
      expect(found[0]?.hours).toBeLessThanOrEqual(36);
    });

    it("is counted where there are more than a thousand", async () => {
      const { store, ledger, again, clock } = tailed();
      for (let hours = HOURS - 100; hours > HOURS - 1600; hours -= 1) store.put(key(now - hours * HOUR), clock.now, "replaced");
      clock.now += HOUR;
      expect(await pass(again().source, ledger)).toEqual([]);
      clock.now += DAY;
      const { source, events } = again();
      expect(await pass(source, ledger)).toEqual([]);
      expect(events).toHaveLength(1001);
      expect(events.at(-1)?.message).toMatch(/^500 more objects came too late, and are not read; `flowferry replay/);
    });

    it("is not named where it lies before since, or is left out", async () => {
      const since = new Date(now - (HOURS - 500) * HOUR).toISOString();
      const world = tailed();
      const out = key(now - (HOURS - 600) * HOUR);
      const old = [HOURS - 100, HOURS - 200].map((hours) => key(now - hours * HOUR));
      for (const one of old) world.store.put(one, world.clock.now, "replaced");
      world.store.put(out, world.clock.now, "replaced");
      const limits = { ...options, exclude: [out.replaceAll(/[[\]{}]/g, "?")], ...("keys" in options ? {} : { since }) };
      const events = [];
      for (let days = 1; days <= 3; days += 1) {
        world.clock.now = now + days * DAY;
        const worker = tailOf(world.store, limits, world.clock);
        await pass(worker.source, world.ledger);
        events.push(...worker.events);
      }
      const expected = "keys" in options ? old.map((one) => ["late-object", one]) : [];
      expect(told(events)).toEqual(expected);
    });
  },
);

describe.each(UNLIKE)("every late object of a busy folder in the layout %s", (layout, { options, key }) => {
  it("is read or named, once, and no other is", async () => {
    const { store, ledger, clock, again } = setting({ ...options, lookBack: "20m" });
    // Some times what is remembered; but for IBM, memory runs through between two sweeps that are due by the clock.
    const [step, count] = "keys" in options ? [4 * SECOND, 10_000] : layout === "ibm-vpc" ? [HOUR, 2_500] : [10 * SECOND, 4_000];
    const begin = now - count * step;
    const inTime: string[] = [];
    const late: string[] = [];
    const read: string[] = [];
    const named: string[] = [];
    let worker = again();
    const look = async () => {
      read.push(...(await pass(worker.source, ledger)));
      named.push(...worker.events.splice(0).map(({ key, message }) => (message.includes("not read") ? key : "")));
    };
    for (let index = 0; index < count; index += 1) {
      const time = begin + index * step;
      clock.now = time + 3 * SECOND;
      const one = key(time);
      inTime.push(one);
      store.put(one, time + SECOND);
      // From the end of the look-back on up to all there is.
      if (index % 131 === 0 && index > count / 3) {
        const least = Math.ceil((20 * MINUTE) / step) + 40;
        const back = least + ((index * 7919) % (index - least));
        const object =
          layout === "ibm-vpc" ? key(time - back * step).replace(/\d+\.gz$/, "00000002.gz") : key(time - back * step + SECOND);
        if (store.objects.has(object)) continue;
        late.push(object);
        store.put(object, time + 2 * SECOND);
      }
      // For a while nobody looks.
      if (index % 30 !== 0 || (index > count * 0.6 && index < count * 0.8)) continue;
      await look();
      if (index % 1500 === 0) worker = again();
    }
    for (let days = 0; days < 3; days += 1) {
      clock.now += DAY;
      await look();
    }
    const names = named.filter((name) => name !== "");
    expect(names.filter((name) => inTime.includes(name))).toEqual([]);
    expect([...read, ...names].toSorted()).toEqual([...inTime, ...late].toSorted());
    expect(names.length).toBeGreaterThan(2);
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
    const { store, ledger, source, events, clock } = await tailed(4800);
    expect(ledger.mark("*")?.length).toBeLessThan(110_000);
    clock.now += MINUTE;
    await pass(source, ledger);
    store.put("a-copy", now - 4700 * HOUR);
    clock.now += MINUTE;
    expect(await pass(source, ledger)).toEqual([]);
    expect(events).toEqual([
      {
        kind: "late-object",
        key: "*",
        message: expect.stringMatching(/^1 more objects than before were stored before 20\d\d-.*not read/),
      },
    ]);
    for (let index = 4800; index > 4790; index -= 1) store.remove(`k${index}`);
    clock.now += MINUTE;
    await pass(source, ledger);
    clock.now += MINUTE;
    await pass(source, ledger);
    expect(events).toHaveLength(1);
  });

  it("is not counted where it lies before since", async () => {
    const { store, ledger, source, clock, events } = setting({ ...flat, since: "4500h" }, 1000);
    for (let index = 4800; index >= 1; index -= 1) store.put(`k${index}`, now - index * HOUR);
    await pass(source, ledger);
    clock.now += MINUTE;
    await pass(source, ledger);
    store.put("a-copy", now - 5000 * HOUR);
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
