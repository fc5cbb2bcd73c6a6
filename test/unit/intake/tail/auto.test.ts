import { describe, expect, it } from "vitest";
import { bucket } from "./bucket.ts";
import { StrictLedger } from "./ledger.ts";
import { HOUR, pass, stamp, tailOf } from "./passes.ts";

const now = Date.parse("2026-03-01T12:00:00Z");
const CONNECTOR = `ocid1.serviceconnector.oc1.phx.a/${stamp(now - HOUR)}_${stamp(now - HOUR + 420_000)}.0.log.gz`;
const IBM = `ibm_vpc_flowlogs_v1/account=1/region=r/vpc-id=v/subnet-id=s/endpoint-type=vnics/instance-id=i/vnic-id=n/record-type=all/year=2026/month=03/day=01/hour=11/stream-id=${stamp(now)}/00000001.gz`;
const FLAT = [
  "a.gz",
  "ibm_vpc_flowlogs_v1",
  "ibm_vpc_flowlogs_v2/x.gz",
  "logs/b.gz",
  "ocid1.serviceconnector",
  "ocid1.serviceconnectors/c.gz",
  "zz.gz",
];

function setting(options: Record<string, unknown> = {}) {
  const clock = { now };
  const store = bucket(2);
  const ledger = new StrictLedger();
  return { clock, store, ledger, ...tailOf(store, options, clock) };
}

describe("layout: auto", () => {
  it("tails each part of a mixed bucket in its way, and each object once", async () => {
    const { source, store, ledger } = setting();
    for (const key of [CONNECTOR, IBM, ...FLAT]) store.put(key, now - HOUR);
    const partitions = new Map<string, string>();
    const keys = await pass(source, ledger, ({ partition, objects }) => {
      for (const { key } of objects) partitions.set(key, partition);
    });
    expect(keys.toSorted()).toEqual([CONNECTOR, IBM, ...FLAT].toSorted());
    expect(partitions.get(CONNECTOR)).toBe("ocid1.serviceconnector.oc1.phx.a/");
    expect(partitions.get(IBM)).toMatch(/\/record-type=all\/$/);
    expect(new Set(FLAT.map((key) => partitions.get(key)))).toEqual(new Set(["*"]));
    expect(await pass(source, ledger)).toEqual([]);
  });

  it("looks for known layouts in the last folder of the prefix", async () => {
    for (const prefix of ["logs/", "logs/o", "logs/ocid1.serviceconnector.oc1.phx.a/2026"]) {
      const { source, store, ledger } = setting({ prefix });
      store.put(`logs/${CONNECTOR}`, now - HOUR);
      store.put(CONNECTOR, now - HOUR);
      const partitions: string[] = [];
      expect(await pass(source, ledger, ({ partition }) => partitions.push(partition))).toEqual([`logs/${CONNECTOR}`]);
      expect(partitions).toContain("logs/ocid1.serviceconnector.oc1.phx.a/");
    }
    for (const prefix of ["logs/ibm", "logs/ibm_vpc_flowlogs_v1/account=1/"]) {
      const { source, store, ledger } = setting({ prefix });
      store.put(`logs/${IBM}`, now - HOUR);
      const partitions: string[] = [];
      expect(await pass(source, ledger, ({ partition }) => partitions.push(partition))).toEqual([`logs/${IBM}`]);
      expect(partitions.join()).toContain("record-type=all/");
    }
  });

  it("takes known layouts that stand deeper as flat keys", async () => {
    const { source, store, ledger } = setting();
    store.put(`deep/er/${CONNECTOR}`, now - HOUR);
    store.put(`deep/er/${IBM}`, now - HOUR);
    expect(await pass(source, ledger)).toHaveLength(2);
  });

  it("follows a bucket that fills while it is tailed", async () => {
    const { clock, source, store, ledger } = setting({ sweepMs: 1000 });
    expect(await pass(source, ledger)).toEqual([]);
    for (const key of [FLAT[3] as string, CONNECTOR, IBM, FLAT[0] as string]) {
      clock.now += 10_000;
      store.put(key, clock.now - 5000);
      expect(await pass(source, ledger)).toEqual([key]);
    }
    expect(await pass(source, ledger)).toEqual([]);
  });
});
