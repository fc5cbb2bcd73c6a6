import { expect, it } from "vitest";
import { runs } from "../../../runs.ts";
import { bucket } from "./bucket.ts";
import { StrictLedger } from "./ledger.ts";
import { DAY, HOUR, pass, stamp, tailOf } from "./passes.ts";

const now = Date.parse("2026-03-01T12:00:00Z");

/** Keys of `count` objects over the time before now, the newest last, with their times, spread evenly over `partitions`. */
const LAYOUTS = {
  "oci-connector": (partition: number, at: number) =>
    `ocid1.serviceconnector.oc1.phx.c${partition}/${stamp(at)}_${stamp(at + 300_000)}.0.log.gz`,
  "ibm-vpc": (partition: number, at: number) => {
    const [year, month, day, hour] = new Date(at).toISOString().split(/[-T:]/);
    const folder = `ibm_vpc_flowlogs_v1/account=1/region=r/vpc-id=crn:a/1::v/subnet-id=s/endpoint-type=vnics/instance-id=i/vnic-id=n${partition}/record-type=all`;
    const number = String(Math.round(at / 300_000) - 5_000_000).padStart(8, "0");
    return `${folder}/year=${year}/month=${month}/day=${day}/hour=${hour}/stream-id=20200101T000000Z/${number}.gz`;
  },
};
const PARTITIONS = 4;
const STEP_MS = 300_000;
const [FEW, MANY] = [2_000, runs(200_000, 16)];

async function callsOfOnePass(
  layout: keyof typeof LAYOUTS,
  count: number,
  options: Record<string, unknown>,
): Promise<{ calls: number; remembered: number }> {
  const clock = { now };
  const store = bucket();
  const ledger = new StrictLedger();
  const key = LAYOUTS[layout];
  for (let index = 0; index < count; index += 1) {
    const at = now - Math.ceil((index + 1) / PARTITIONS) * STEP_MS;
    store.put(key(index % PARTITIONS, at), at + STEP_MS);
  }
  const { source } = tailOf(store, options, clock);
  expect(await pass(source, ledger)).toHaveLength(count);
  store.takeCalls();
  for (let partition = 0; partition < PARTITIONS; partition += 1) store.put(key(partition, now), now + 10_000);
  clock.now = now + 60_000;
  expect(await pass(source, ledger)).toHaveLength(PARTITIONS);
  return { calls: store.takeCalls().length, remembered: ledger.size };
}

it.each([
  ["oci-connector", {}],
  ["ibm-vpc", { layout: "ibm-vpc" }],
] as const)("a pass over %s (options %j) costs the same with very many objects as with few", async (layout, options) => {
  const small = await callsOfOnePass(layout, FEW, options);
  const large = await callsOfOnePass(layout, MANY, options);
  expect(large).toEqual(small);
  expect(small.calls).toBeLessThanOrEqual(PARTITIONS + 5);
  expect(small.remembered).toBeLessThanOrEqual(PARTITIONS * ((3 * HOUR) / STEP_MS + 2));
});

it("partitions that have been silent for a day cost nothing between sweeps", async () => {
  const clock = { now };
  const store = bucket();
  const ledger = new StrictLedger();
  for (let partition = 0; partition < 500; partition += 1) {
    const age = partition < 3 ? HOUR : 2 * DAY;
    store.put(LAYOUTS["ibm-vpc"](partition, now - age), now - age);
  }
  const { source } = tailOf(store, { layout: "ibm-vpc" }, clock);
  await pass(source, ledger);
  store.takeCalls();
  clock.now += 10_000;
  await pass(source, ledger);
  expect(store.takeCalls()).toHaveLength(3);
});
