import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Source } from "../../src/contracts/source.ts";
import type { ObjectRef } from "../../src/contracts/store.ts";
import { tailOptions } from "../../src/intake/tail/options.ts";
import { tailing } from "../../src/intake/tail/source.ts";
import { LAYOUTS } from "../../src/registry.ts";
import { StrictLedger } from "../unit/intake/tail/ledger.ts";
import { stamp } from "../unit/intake/tail/passes.ts";
import { type OpenBucket, STORES } from "./stores.ts";

// Files, sockets and many passes, on a machine that may have other work.
const signal = new AbortController().signal;
const HOUR = 3_600_000;

/** Keys of each layout, for the time at which a test runs. */
const connectorKey = (at: number) => `ocid1.serviceconnector.oc1.phx.aaaa/${stamp(at)}_${stamp(at + 60_000)}.0.log.gz`;
function ibmKey(at: number, number: number): string {
  const [year, month, day, hour] = new Date(at).toISOString().split(/[-T:]/);
  const folder =
    "ibm_vpc_flowlogs_v1/account=1/region=us-south/vpc-id=crn:v1:bluemix:public:is:us-south:a/1::vpc:r006-1/vnic-id=n/record-type=all";
  return `${folder}/year=${year}/month=${month}/day=${day}/hour=${hour}/stream-id=${stamp(at)}/${String(number).padStart(8, "0")}.gz`;
}

describe.each(STORES)("a source on the store $name", ({ open }) => {
  let bucket: OpenBucket;
  let source: Source;
  let ledger: StrictLedger;
  const restart = (now?: () => number) => {
    source = tailing(bucket.store, LAYOUTS, tailOptions(LAYOUTS).parse({ sweepMs: 1000 }), { onEvent: () => {} }, now);
  };
  beforeEach(async () => {
    bucket = await open();
    ledger = new StrictLedger();
    restart();
  });
  afterEach(() => bucket.close());

  const pass = async (within?: string): Promise<ObjectRef[]> => {
    const found: ObjectRef[] = [];
    for await (const discovery of source.discover(ledger, signal, within)) {
      ledger.apply(discovery);
      found.push(...discovery.objects);
    }
    return found;
  };
  const keysOfPass = async (within?: string) => (await pass(within)).map(({ key }) => key).toSorted();

  it("finds every object of a mixed bucket once, also after a restart", async () => {
    const now = Date.now();
    const keys = [
      connectorKey(now - HOUR),
      connectorKey(now - 2 * HOUR),
      ibmKey(now - HOUR, 1),
      ibmKey(now, 2),
      "other/logs.gz",
      "zz",
    ];
    for (const key of keys) await bucket.put(key, Buffer.from(key));
    expect(await keysOfPass()).toEqual(keys.toSorted());
    expect(await keysOfPass()).toEqual([]);
    restart();
    expect(await keysOfPass()).toEqual([]);
  });

  it("finds what is new, late and replaced", async () => {
    const now = Date.now();
    await bucket.put(connectorKey(now), Buffer.from("a"));
    await bucket.put("flat", Buffer.from("a"));
    await pass();
    const more = [connectorKey(now - HOUR), "a-front", "flat"];
    for (const key of more) await bucket.put(key, Buffer.from("another"));
    expect(await keysOfPass()).toEqual(more.toSorted());
    expect(await keysOfPass()).toEqual([]);
  });

  it("finds what comes far behind the look-back at the next start, once", async () => {
    const now = Date.now();
    const keys = [connectorKey(now - HOUR), connectorKey(now - 9 * HOUR), ibmKey(now - HOUR, 1), ibmKey(now - 9 * HOUR, 2)];
    for (const key of keys) await bucket.put(key, Buffer.from("a"));
    // Objects move the window when they were there two seconds before the listing, which is what the clock says here.
    restart(() => Date.now() + 10_000);
    expect(await keysOfPass()).toEqual(keys.toSorted());
    const late = [connectorKey(now - 5 * HOUR), ibmKey(now - 5 * HOUR, 3)];
    for (const key of late) await bucket.put(key, Buffer.from("a"));
    expect(await keysOfPass()).toEqual([]);
    restart(() => Date.now() + 10_000);
    expect(await keysOfPass()).toEqual(late.toSorted());
    restart(() => Date.now() + 10_000);
    expect(await keysOfPass()).toEqual([]);
  });

  it("fails where the listing does, and finds everything when that is healed", async () => {
    const strike = bucket.listingFaults["no bucket"];
    await bucket.put("a", Buffer.from("a"));
    await pass();
    await bucket.put("b", Buffer.from("b"));
    await strike?.();
    await expect(pass()).rejects.toMatchObject({ drawer: "person" });
    await bucket.heal();
    expect(await keysOfPass()).toEqual(["b"]);
  });

  it("finds at a hint what is new there, at least, and by a pass over everything what no hint named", async () => {
    const now = Date.now();
    await pass();
    const folderOf = (key: string) => key.slice(0, key.lastIndexOf("/") + 1);
    // A network interface and a connector that no pass has met, and a key of no layout.
    for (const key of [ibmKey(now, 1), connectorKey(now), "flat/a"]) {
      await bucket.put(key, Buffer.from("x"));
      expect(await keysOfPass(folderOf(key))).toEqual([key]);
      expect(await keysOfPass(key)).toEqual([]);
    }
    const more = [ibmKey(now, 2), connectorKey(now + 1000), "flat/b"];
    for (const key of more) await bucket.put(key, Buffer.from("x"));
    expect(await keysOfPass("ocid1.serviceconnector.oc1.phx.aaaa/")).toEqual([more[1]]);
    expect(await keysOfPass("elsewhere/")).not.toContain(more[0]);
    const nowhere = "ocid1.serviceconnector.oc1.phx.none/";
    expect(await keysOfPass(nowhere)).toEqual([]);
    expect(ledger.mark(nowhere)).toBeUndefined();
    await pass("");
    expect([...ledger.discovered.keys()].map((version) => version.split(" ")[0])).toEqual(expect.arrayContaining(more));
    expect([...ledger.discovered.values()].every((times) => times === 1)).toBe(true);
  });

  it("looks up one object as it is now, and none that is not there or left out", async () => {
    const key = connectorKey(Date.now());
    for (const name of [key, `${key}x`, "a b/c+d%.gz", "folder/a"]) await bucket.put(name, Buffer.from("first"));
    const lookUp = (name: string) => source.find?.(name, signal);
    expect(await lookUp(key)).toMatchObject({ key, size: 5 });
    expect(await lookUp("a b/c+d%.gz")).toMatchObject({ key: "a b/c+d%.gz", size: 5 });
    for (const name of ["", "folder", "folder/", "a b", `${key}xx`, "../a", "nowhere"])
      expect(await lookUp(name)).toBeUndefined();
    await bucket.put(key, Buffer.from("second"));
    expect(await lookUp(key)).toMatchObject({ key, size: 6 });
    const { find } = tailing(bucket.store, LAYOUTS, tailOptions(LAYOUTS).parse({ prefix: "folder/" }), { onEvent: () => {} });
    expect(await find?.(key, signal)).toBeUndefined();
    expect(await find?.("folder/a", signal)).toMatchObject({ key: "folder/a" });
  });

  it("reads what it found", async () => {
    const key = connectorKey(Date.now());
    await bucket.put(key, Buffer.from("the bytes"));
    const [object] = await pass();
    expect(object).toMatchObject({ key, size: 9 });
    expect(Buffer.concat(await Array.fromAsync(await source.open(object as ObjectRef, signal))).toString()).toBe("the bytes");
    expect(source.name).toBe(bucket.store.name);
  });

  it("takes in hundreds of objects page by page, and goes on where it died", async () => {
    const keys = Array.from({ length: 1500 }, (_, index) => `k${String(index).padStart(4, "0")}`);
    await Promise.all(keys.map((key) => bucket.put(key, Buffer.from("x"))));
    for await (const discovery of source.discover(ledger, signal)) {
      ledger.apply(discovery);
      if (discovery.objects.length > 0) break;
    }
    expect(ledger.discovered.size).toBe(1000);
    restart();
    expect(await keysOfPass()).toEqual(keys.slice(1000));
  });

  it("stops when it is told to", async () => {
    await bucket.put("a", Buffer.from("x"));
    await expect(Array.fromAsync(source.discover(ledger, AbortSignal.abort()))).rejects.toMatchObject({ name: "AbortError" });
  });
});
