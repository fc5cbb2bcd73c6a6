import { describe, expect, it, vi } from "vitest";
import { bucket } from "../../intake/tail/bucket.ts";
import { StrictLedger } from "../../intake/tail/ledger.ts";
import { DAY, HOUR, pass, tailOf } from "../../intake/tail/passes.ts";

// Many passes, on a machine that may have other work.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const now = Date.parse("2026-03-01T12:20:00Z");
const PLAIN = "AWSLogs/123456789012/vpcflowlogs/us-east-1/";
const HIVE = "AWSLogs/aws-account-id=123456789012/aws-service=vpcflowlogs/aws-region=eu-west-3/";

const name = (ms: number, flowLog = "fl-1234abcd", region = "us-east-1", end = "log.gz") => {
  const stamp = new Date(ms).toISOString().replaceAll(/[-:]/g, "").slice(0, "20260301T1220".length);
  return `123456789012_vpcflowlogs_${region}_${flowLog}_${stamp}Z_fe123456.${end}`;
};
const parts = (ms: number) => new Date(ms).toISOString().split(/[-T:]/) as [string, string, string, string];
const plain = (ms: number, flowLog?: string) => {
  const [year, month, day] = parts(ms);
  return `${PLAIN}${year}/${month}/${day}/${name(ms, flowLog)}`;
};
const hourly = (ms: number, flowLog?: string) => {
  const [year, month, day, hour] = parts(ms);
  return `${PLAIN}${year}/${month}/${day}/${hour}/${name(ms, flowLog)}`;
};
const hive = (ms: number) => {
  const [year, month, day, hour] = parts(ms);
  return `${HIVE}year=${year}/month=${month}/day=${day}/hour=${hour}/${name(ms, "fl-9", "eu-west-3", "log.parquet")}`;
};

function setting(options: Record<string, unknown> = {}, pageSize = 1000) {
  const clock = { now };
  const store = bucket(pageSize);
  const ledger = new StrictLedger();
  return { clock, store, ledger, ...tailOf(store, { layout: "aws-vpc", ...options }, clock) };
}

describe("VPC Flow Logs in a bucket", () => {
  it("finds the plain form with and without hours, and the Hive-compatible form, and passes over other services", async () => {
    const { source, store, ledger, events } = setting();
    const keys = [plain(now - HOUR), hourly(now - HOUR, "fl-2"), hive(now - HOUR)];
    for (const key of keys) store.put(key, now - 60_000);
    store.put("AWSLogs/123456789012/CloudTrail/us-east-1/2026/03/01/a.json.gz", now - 60_000);
    store.put(`${HIVE.replace("vpcflowlogs", "elasticloadbalancing")}year=2026/b.gz`, now - 60_000);
    const partitions = new Set<string>();
    expect((await pass(source, ledger, ({ partition }) => partitions.add(partition))).toSorted()).toEqual(keys.toSorted());
    expect(partitions).toEqual(new Set([PLAIN, HIVE]));
    expect(events.map(({ kind, key }) => [kind, key]).toSorted()).toEqual([
      ["passed-over", "AWSLogs/123456789012/CloudTrail/"],
      ["passed-over", "AWSLogs/aws-account-id=123456789012/aws-service=elasticloadbalancing/"],
    ]);
  });

  it("is found under AWSLogs/ without being named", async () => {
    const { source, store, ledger } = setting({ layout: "auto", prefix: "flows/" });
    const key = `flows/${plain(now - HOUR)}`;
    store.put(key, now - 60_000);
    const partitions: string[] = [];
    await pass(source, ledger, ({ partition }) => partitions.push(partition));
    expect(partitions).toContain(`flows/${PLAIN}`);
  });

  it("orders the objects of a day by the minute in their names, whatever flow log wrote them", async () => {
    const { source, store, ledger } = setting();
    const keys = [plain(now - 3 * HOUR, "fl-2"), plain(now - 2 * HOUR, "fl-1"), plain(now - HOUR, "fl-2")];
    for (const key of keys) store.put(key, now - 60_000);
    const found: { key: string; order: string }[] = [];
    await pass(source, ledger, ({ objects }) => found.push(...objects));
    const orders = found.toSorted((a, b) => (a.order < b.order ? -1 : 1)).map(({ key }) => key);
    expect(orders).toEqual(keys);
  });

  it("finds what comes late within the look-back, and lists today only once it lies in today", async () => {
    const { clock, source, store, ledger } = setting({ lookBack: "2h" });
    for (let back = 40; back > 0; back--) store.put(plain(now - back * HOUR), now - 60_000);
    expect(await pass(source, ledger)).toHaveLength(40);
    const late = [plain(now - 90 * 60_000, "fl-0"), hourly(now - 11 * HOUR)];
    for (const key of late) store.put(key, now);
    clock.now += 10_000;
    store.takeCalls();
    expect((await pass(source, ledger)).toSorted()).toEqual(late.toSorted());
    expect(store.takeCalls().map(({ startAfter }) => startAfter)).toEqual([`${PLAIN}2026/03/01/`]);
    expect(await pass(source, ledger)).toEqual([]);
  });

  it("finds what comes late behind the look-back in the sweep for it, and a name of another kind", async () => {
    const { clock, source, store, ledger, events } = setting({ lookBack: "2h", lateSweep: "1h" });
    for (let back = 80; back > 0; back--) store.put(plain(now - back * HOUR), now - 60_000);
    await pass(source, ledger);
    const keys = [plain(now - 2 * DAY, "fl-late"), `${PLAIN}2026/03/01/notes.txt`];
    for (const key of keys) store.put(key, now);
    clock.now += 2 * HOUR;
    expect((await pass(source, ledger)).toSorted()).toEqual(keys.toSorted());
    expect(events.filter(({ kind }) => kind === "late-object").map(({ key }) => key)).toEqual([keys[0]]);
    expect(await pass(source, ledger)).toEqual([]);
  });

  it("begins near since, and ends near until", async () => {
    const { source, store, ledger } = setting({ since: "2026-02-02", until: "2026-02-03T00:30:00Z", lookBack: "1h" });
    const at = (time: string) => plain(Date.parse(time));
    const wanted = [at("2026-02-01T23:00:00Z"), at("2026-02-02T08:05:00Z"), at("2026-02-03T01:30:00Z")];
    for (const key of [at("2026-01-31T23:55:00Z"), ...wanted, at("2026-02-03T01:35:00Z")]) store.put(key, now - HOUR);
    expect((await pass(source, ledger)).toSorted()).toEqual(wanted.toSorted());
  });
});
