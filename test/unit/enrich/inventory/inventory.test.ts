import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Inventory, openInventory } from "../../../../src/enrich/inventory/inventory.ts";
import type { InventorySource, Listing, Owned } from "../../../../src/enrich/inventory/source.ts";
import { ownersEnricher } from "../../../../src/enrich/owners.ts";
import { EMPTY_CONTEXT, Flow } from "../../../../src/flow/flow.ts";
import { originOf } from "../../../../src/flow/origin.ts";
import { CLOCK } from "../../../../src/lib/clock.ts";
import { Failure } from "../../../../src/lib/errors.ts";

const DAY = 86_400_000;
const never = new AbortController().signal;
let folder: string;
let now: number;
const told: string[] = [];
const opened: Inventory[] = [];
const clock = { ...CLOCK, now: () => now };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "inventory-"));
  now = 100 * DAY;
  told.length = 0;
});
afterEach(async () => {
  for (const inventory of opened.splice(0)) await inventory.close();
  await rm(folder, { recursive: true });
});

const owned = (address: string, name: string): Owned => ({ address, kind: "instance", id: `id-${name}`, name, tags: {} });

function source(values: Partial<InventorySource>): InventorySource {
  return {
    ...{ cloud: "oci", cache: join(folder, "cache.json"), lifetimeMs: DAY, waitMs: 5000, historyMs: 90 * DAY, files: [] },
    read: (documents) => documents.flatMap(({ value }) => value as Owned[]),
    list: undefined,
    close: async () => {},
    ...values,
  };
}

async function open(values: Partial<InventorySource>): Promise<Inventory> {
  const inventory = await openInventory([source(values)], 5, ({ message }) => void told.push(message), clock);
  opened.push(inventory);
  return inventory;
}

test("flows of a run that knows nothing wait for the first listing; what was learnt outlives the run, with its times", async () => {
  let listing: Listing = { owned: [owned("10.0.0.1", "old")], failed: [] };
  const asked = vi.fn(async () => listing);
  const first = await open({ list: asked });
  await first.prepare(never);
  expect(first.find("10.0.0.1", now, undefined)?.server).toBe("old");
  await first.close();
  expect((await stat(join(folder, "cache.json"))).mode & 0o777).toBe(0o600);

  now += DAY;
  listing = { owned: [owned("10.0.0.1", "new")], failed: [] };
  const second = await open({ list: asked });
  await vi.waitFor(() => expect(second.find("10.0.0.1", now, undefined)?.server).toBe("new"), { interval: 2 });
  expect(second.find("10.0.0.1", now - 1, undefined)?.server).toBe("old");
  expect(asked).toHaveBeenCalledTimes(2);
});

test("a listing that fails is told once; flows wait no longer than they may, and what was known stays in use", async () => {
  const list = async () => {
    throw new Failure("person", "not-authenticated", "401: check the key");
  };
  const inventory = await open({ list, waitMs: 10 });
  await inventory.prepare(never);
  expect(inventory.find("10.0.0.1", now, undefined)).toBeUndefined();
  expect(told).toEqual(["401: check the key; what was known of the inventory stays in use"]);
});

test("files are read before the first flow and again when they change; one that is missing is wrong usage", async () => {
  const file = join(folder, "instances.json");
  await writeFile(file, JSON.stringify([owned("2001:db8::1", "six")]));
  const inventory = await open({ files: [file] });
  expect(inventory.find("2001:0db8:0::1", now, undefined)?.server).toBe("six");
  now += 1000;
  await writeFile(file, JSON.stringify([owned("2001:db8::1", "renamed")]));
  await vi.waitFor(() => expect(inventory.find("2001:db8::1", now, undefined)?.server).toBe("renamed"), { interval: 2 });
  await expect(open({ files: [join(folder, "none.json")] })).rejects.toMatchObject({ code: "bad-inventory" });
});

test("a cache that is none is told, and written anew", async () => {
  await writeFile(join(folder, "cache.json"), '{"format": "other"}');
  const inventory = await open({ list: async () => ({ owned: [owned("10.0.0.1", "a")], failed: [] }) });
  await inventory.prepare(never);
  expect(told).toEqual([expect.stringContaining("is no file of this program: it is written anew")]);
  await inventory.close();
  expect(JSON.parse(await readFile(join(folder, "cache.json"), "utf8"))).toMatchObject({ format: "flowferry-inventory-1" });
});

test("what the table of servers says of an address wins; the other end gets its owner at the time of the flow", () => {
  const flow = new Flow(originOf("memory://b", "a", "1"), 1, { ...EMPTY_CONTEXT, vcn: "v" }, 7);
  Object.assign(flow, { sourceAddress: "10.0.0.1", destinationAddress: "10.0.0.2", sourceServer: "ours" });
  ownersEnricher((address, time, network) => ({ server: `${address} ${time} ${network}`, columns: { kind: "instance" } }))(flow);
  expect([flow.sourceServer, flow.sourceColumns, flow.destinationServer, flow.destinationColumns]).toEqual([
    "ours",
    undefined,
    "10.0.0.2 7 v",
    { kind: "instance" },
  ]);
});
