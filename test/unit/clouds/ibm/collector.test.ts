import { describe, expect, it } from "vitest";
import { bucket } from "../../intake/tail/bucket.ts";
import { StrictLedger } from "../../intake/tail/ledger.ts";
import { crashingPass, DAY, HOUR, pass, stamp, tailOf } from "../../intake/tail/passes.ts";

// Files, sockets and many passes, on a machine that may have other work.
const now = Date.parse("2026-03-01T12:20:00Z");
const account = "a1b2c3d4e5f60718293a4b5c6d7e8f90";

/** As the service writes identifiers today: whole CRNs, slashes and all. */
const raw = (vnic: string) =>
  `ibm_vpc_flowlogs_v1/account=${account}/region=us-south/vpc-id=crn:v1:bluemix:public:is:us-south:a/${account}::vpc:r006-1/` +
  `subnet-id=0717-2/endpoint-type=vnics/instance-id=crn:v1:bluemix:public:is:us-south-1:a/${account}::instance:0717_3/vnic-id=${vnic}/record-type=all/`;
/** As it wrote them before. */
const encoded = (vnic: string) => raw(vnic).replaceAll(`a/${account}`, `a%2F${account}`).replaceAll(":", "%3A");

const rest = (hour: number, stream: number, number: number) => {
  const [, year, month, day, hours] = /^(....)-(..)-(..)T(..)/.exec(new Date(hour).toISOString()) ?? [];
  return `year=${year}/month=${month}/day=${day}/hour=${hours}/stream-id=${stamp(stream)}/${String(number).padStart(8, "0")}.gz`;
};

function setting(options: Record<string, unknown> = {}, pageSize = 1000) {
  const clock = { now };
  const store = bucket(pageSize);
  const ledger = new StrictLedger();
  return { clock, store, ledger, ...tailOf(store, { layout: "ibm-vpc", ...options }, clock) };
}

describe("Flow Logs for VPC", () => {
  it("finds partitions with raw and with encoded CRNs, and takes keys as they are", async () => {
    const { source, store, ledger } = setting();
    const keys = [raw("v1"), raw("v2"), encoded("v3")].map((partition) => partition + rest(now, now, 1));
    for (const key of keys) store.put(key, now - 60_000);
    const partitions: string[] = [];
    expect((await pass(source, ledger, ({ partition }) => partitions.push(partition))).toSorted()).toEqual(keys.toSorted());
    expect(new Set(partitions)).toEqual(new Set([raw("v1"), raw("v2"), encoded("v3")]));
  });

  it("hands out a partition by the hour, and by the number within an hour and stream", async () => {
    const { source, store, ledger } = setting();
    const keys = [rest(now - HOUR, now - DAY, 10), rest(now - HOUR, now - DAY, 11), rest(now, now - DAY, 12), rest(now, now, 1)];
    for (const key of keys.toReversed()) store.put(raw("v1") + key, now - 60_000);
    const orders: string[] = [];
    expect(await pass(source, ledger, ({ objects }) => orders.push(...objects.map(({ order }) => order)))).toEqual(
      keys.map((key) => raw("v1") + key),
    );
    expect(orders).toEqual(orders.toSorted());
    expect(orders[0]).toBe(`20260301T110000Z/${stamp(now - DAY)}/00000010`);
  });

  it("finds what comes late in an earlier hour, and a second stream in the same hour", async () => {
    const { clock, source, store, ledger } = setting();
    store.put(raw("v1") + rest(now, now, 5), now - 60_000);
    expect(await pass(source, ledger)).toHaveLength(1);
    const late = [rest(now - 2 * HOUR, now - DAY, 9), rest(now, now - HOUR, 1), rest(now, now, 4)].map((key) => raw("v1") + key);
    for (const key of late) store.put(key, now);
    clock.now += 10_000;
    expect((await pass(source, ledger)).toSorted()).toEqual(late.toSorted());
    expect(await pass(source, ledger)).toEqual([]);
  });

  it("finds a new interface in the next sweep", async () => {
    const { clock, source, store, ledger } = setting({ sweepMs: 300_000 });
    store.put(raw("v1") + rest(now, now, 1), now - 60_000);
    await pass(source, ledger);
    const key = raw("v2") + rest(now, now, 1);
    store.put(key, now);
    clock.now += 299_999;
    expect(await pass(source, ledger)).toEqual([]);
    clock.now += 1;
    expect(await pass(source, ledger)).toEqual([key]);
  });

  it("begins near since, and ends near until", async () => {
    const { source, store, ledger } = setting({ since: "2026-02-01", until: "2026-02-03T00:30:00Z", lookBack: "1h" });
    const at = (time: string) => raw("v1") + rest(Date.parse(time), now, 1);
    const wanted = [at("2026-01-31T23:00:00Z"), at("2026-02-02T00:00:00Z"), at("2026-02-03T01:00:00Z")];
    for (const key of [at("2026-01-31T22:00:00Z"), ...wanted, at("2026-02-03T02:00:00Z")]) store.put(key, now - HOUR);
    expect(await pass(source, ledger)).toEqual(wanted);
  });

  it("leaves other folders alone, and says so", async () => {
    const { source, store, ledger, events } = setting();
    store.put("backup/2026/a.gz", now - HOUR);
    store.put("ibm_vpc_flowlogs_v1/README", now - HOUR);
    store.put(raw("v1") + rest(now, now, 1), now - HOUR);
    expect(await pass(source, ledger)).toHaveLength(1);
    expect(events.map(({ key }) => key)).toEqual(["backup/", "ibm_vpc_flowlogs_v1/README"]);
  });

  it("takes a prefix inside a partition", async () => {
    const { source, store, ledger } = setting({ prefix: `${raw("v1")}year=2026/month=03/` });
    store.put(raw("v1") + rest(now, now, 2), now - HOUR);
    store.put(raw("v1") + rest(now - 2 * DAY, now, 1), now - HOUR);
    expect(await pass(source, ledger)).toEqual([raw("v1") + rest(now, now, 2)]);
  });
});

describe("holes in the numbers of a stream", () => {
  const stream = now - DAY;
  /** One object every five minutes; number 1 at `now`. */
  const object = (number: number) => raw("v1") + rest(now + (number - 1) * 300_000, stream, number);
  const written = (number: number) => now + number * 300_000;

  it("are reported once, when they lie behind the look-back", async () => {
    const { clock, source, store, ledger, events } = setting();
    for (let number = 1; number <= 60; number += 1) {
      if (number === 18 || (number >= 28 && number <= 30)) continue;
      if (number === 5) continue;
      store.put(object(number), written(number));
      if (number === 15) store.put(object(5), written(number));
      clock.now = written(number) + 60_000;
      await pass(source, ledger);
      if (number < 40) expect(events).toEqual([]);
    }
    for (let turn = 0; turn < 3; turn += 1) {
      clock.now += HOUR;
      store.put(object(61 + turn * 12), written(61 + turn * 12));
      await pass(source, ledger);
    }
    const gaps = events.map(({ kind, key, message }) => ({ kind, key, message }));
    const gap = (numbers: string) => ({
      kind: "sequence-gap",
      key: raw("v1"),
      message: expect.stringMatching(
        new RegExp(`^stream year=.*/stream-id=${stamp(stream)} has a gap: ${numbers} never appeared$`),
      ),
    });
    expect(gaps).toEqual([gap("number 18"), gap("numbers 28 to 30")]);
  });

  it("are found in a backfill too, whatever the pages and wherever it is broken off", async () => {
    for (const pageSize of [1, 7, 1000]) {
      const { clock, store, ledger } = setting({}, pageSize);
      for (let number = 1; number <= 200; number += 1)
        if (number !== 77 && number !== 78) store.put(object(number), written(number));
      clock.now = written(200) + HOUR;
      const reported = new Set<string>();
      for (let turn = 0; turn < 20; turn += 1) {
        const again = tailOf(store, { layout: "ibm-vpc" }, clock);
        await crashingPass(again.source, ledger, turn < 19 ? 1 : 1000);
        for (const { message } of again.events) reported.add(message);
      }
      expect([...reported]).toEqual([expect.stringMatching(/^stream year=.* has a gap: numbers 77 to 78 never appeared$/)]);
      expect(ledger.discovered.size).toBe(198);
      expect(new Set(ledger.discovered.values())).toEqual(new Set([1]));
    }
  });

  it("are no holes where the bucket's own retention has taken the beginning, or a backfill begins in the middle", async () => {
    const { clock, store, ledger, source, events } = setting({ since: new Date(now + 5 * HOUR).toISOString() });
    for (let number = 40; number <= 200; number += 1) store.put(object(number), written(number));
    clock.now = written(200) + HOUR;
    await pass(source, ledger);
    expect(events).toEqual([]);
  });
});
