import { statSync } from "node:fs";
import { expect, test } from "vitest";
import { flowferry, summaryOf } from "./program.ts";
import { runToEnd, setting } from "./setting.ts";

const { lines, configFor, bucket, path, write, expectedIn } = setting();
const KEY = "a key for the hash of addresses";
const file = (name: string, options: object = {}) => ({ type: "ndjson", name, path: `${name}.ndjson`, fsync: false, ...options });

test("sinks that get less: the books hold, nothing else differs, and plan has said how many bytes it would be", async () => {
  const objects = await bucket({ flows: 3000, objects: 4 });
  const sinks = [
    file("all"),
    file("some", { sample: { oneIn: 4 } }),
    file("sums", { aggregate: { window: "1h" } }),
    file("hidden", { redact: { drop: ["sourcePort"], hash: { key: KEY } }, aggregate: {}, sample: { oneIn: 2 } }),
  ];
  const config = configFor(sinks);
  const plan = JSON.parse((await flowferry(["plan", "-c", config, "--json"])).stdout) as {
    savings: { sink: string; steps: { option: string; records: number; bytes: number }[] }[];
  };
  const ended = await runToEnd(config);
  expect(ended.code, ended.stderr).toBe(0);
  const all = lines("all.ndjson").map(({ attributes }) => attributes);
  expect(all.map((attributes) => attributes["log.record.uid"]).toSorted()).toEqual([...expectedIn(objects).keys()].toSorted());

  const books = summaryOf(ended).sinks as Record<string, Record<string, number>>;
  for (const { name } of sinks.slice(1)) {
    const { delivered = 0, sampled = 0, aggregated = 0 } = books[name] ?? {};
    expect([name, delivered, delivered + sampled + aggregated]).toEqual([name, lines(`${name}.ndjson`).length, all.length]);
    const { steps = [] } = plan.savings.find(({ sink }) => sink === name) ?? {};
    const everything = { option: "everything", records: all.length, bytes: statSync(path("all.ndjson")).size };
    expect([steps[0], steps.at(-1)]).toMatchObject([
      everything,
      { records: delivered, bytes: statSync(path(`${name}.ndjson`)).size },
    ]);
  }
  const total = (of: typeof all, name: string) => of.reduce((sum, attributes) => sum + Number(attributes[name] ?? 0), 0);
  const own = (name: string) => lines(`${name}.ndjson`).map(({ attributes }) => attributes);
  expect([
    total(own("sums"), "flow.bytes"),
    total(own("sums"), "flow.packets"),
    total(own("sums"), "flow.aggregated.records"),
  ]).toEqual([total(all, "flow.bytes"), total(all, "flow.packets"), all.length]);
  const chosen = new Set(own("some").map((attributes) => attributes["log.record.uid"]));
  expect(
    own("some").every((attributes) => attributes["flow.sampling.rate"] === (attributes["flow.status"] === "OK" ? 4 : undefined)),
  ).toBe(true);
  expect(all.filter((attributes) => chosen.has(attributes["log.record.uid"]))).toHaveLength(chosen.size);
  const text = own("hidden").map((attributes) => JSON.stringify(attributes));
  const addresses = new Set(all.flatMap((attributes) => [attributes["source.address"], attributes["destination.address"]]));
  addresses.delete(undefined);
  expect([...addresses].filter((address) => text.some((line) => line.includes(`"${address}"`)))).toEqual([]);
  const hashes = own("hidden").flatMap((attributes) => attributes["source.address"] ?? []);
  expect(hashes.every((hash) => /^[0-9a-f]{32}$/.test(String(hash)))).toBe(true);
  expect(`${ended.stderr}${(await flowferry(["config", "show", "-c", config])).stdout}`).not.toContain(KEY);
});

test("the inventory names what the table does not, and lookups pull writes it into the table once", async () => {
  await bucket({ flows: 500, objects: 2 });
  const instance = {
    id: "ocid1.instance.oc1.iad.a",
    "display-name": "named by the cloud",
    "time-created": "2025-01-01T00:00:00Z",
  };
  const attachment = {
    id: "ocid1.vnicattachment.oc1.iad.a",
    "instance-id": instance.id,
    "vnic-id": "ocid1.vnic.oc1.iad.a",
    "lifecycle-state": "ATTACHED",
  };
  const config = configFor([file("out")], {
    enrich: { servers: "servers.csv", oci: { inventory: { files: ["inventory.json"] } } },
  });
  write("servers.csv", "address,server\n10.20.0.2,named by us\n");
  const vnic = (address: string) => ({ id: "ocid1.vnic.oc1.iad.a", "private-ip": address, "ipv6-addresses": ["10.20.0.2"] });
  write("inventory.json", JSON.stringify({ data: [instance, attachment, vnic("10.20.0.3")] }));
  expect(await runToEnd(config)).toMatchObject({ code: 0 });
  const names = new Map<unknown, Set<unknown>>();
  for (const { attributes } of lines("out.ndjson")) {
    for (const end of ["source", "destination"]) {
      const known = names.get(attributes[`${end}.address`]) ?? new Set();
      names.set(attributes[`${end}.address`], known.add(attributes[`flow.${end}.server`]));
    }
  }
  expect([names.get("10.20.0.2"), names.get("10.20.0.3")]).toEqual([new Set(["named by us"]), new Set(["named by the cloud"])]);
  const pull = async () => JSON.parse((await flowferry(["lookups", "pull", "-c", config, "--json"])).stdout);
  expect(await pull()).toMatchObject({ added: 1, kept: 1, written: true });
  expect(await pull()).toMatchObject({ added: 0, renewed: 0, removed: 0 });
  expect((await flowferry(["lookups", "get", "10.20.0.3", "-c", config])).stdout).toMatch(
    /server +named by the cloud +.*servers\.csv:3/,
  );
});
