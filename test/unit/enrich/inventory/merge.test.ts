import { expect, test } from "vitest";
import { type Merged, mergeServers } from "../../../../src/enrich/inventory/merge.ts";
import type { Owned } from "../../../../src/enrich/inventory/source.ts";
import { kindOf } from "../../../../src/enrich/tables/kinds.ts";
import type { ServerTable } from "../../../../src/enrich/tables/servers.ts";
import { parseTable } from "../../../../src/enrich/tables/tables.ts";
import { parseAddress } from "../../../../src/lib/ip/address.ts";

const owned = (address: string, name: string, values: Partial<Owned> = {}): Owned => ({
  ...{ address, kind: "instance", id: `id-${name}`, name, compartment: "app", tags: {} },
  ...values,
});
const pulled = (...all: Owned[]) => [{ cloud: "oci", owned: all, failed: [] }];
async function merge(text: string, from: Parameters<typeof mergeServers>[1]): Promise<Merged> {
  const merged = await mergeServers(Buffer.from(text), from);
  if (!("text" in merged)) throw new Error(merged.join());
  return merged;
}
async function serversIn(text: string) {
  const { table, issues } = await parseTable(kindOf("servers"), { bytes: Buffer.from(text), digest: "x" });
  expect(issues).toEqual([]);
  return (address: string) => {
    const ip = parseAddress(address);
    const row = ip && (table as ServerTable | undefined)?.find(ip);
    return row && { server: row.server, columns: row.columns };
  };
}

test("a file that is not there is made, in the order of addresses, and can be read as a table", async () => {
  const all = pulled(owned("10.0.0.2", 'a "b", c'), owned("10.0.0.1", "web\n1", { tags: { "tag.owner": "Ann" } }));
  const { text, ...counts } = await merge("", all);
  expect(counts).toEqual({ added: 2, renewed: 0, removed: 0, kept: 0, ambiguous: 0 });
  const find = await serversIn(text);
  expect(find("10.0.0.1")).toMatchObject({
    server: "web 1",
    columns: { kind: "instance", resource_id: "id-web 1", compartment: "app", "tag.owner": "Ann" },
  });
  expect(find("10.0.0.2")?.server).toBe('a "b", c');
});

const OWN =
  '# Our servers, by hand\r\nAddress;Server;Owner\r\n10.0.0.1;mine;Ann\r\n\r\n10.1.0.0/16;lab;\r\n"10.0.0.9";"two; lines";Bob\r\n';

test("what operators wrote stays byte for byte, and wins over the inventory, also for their networks", async () => {
  const merged = await merge(OWN, pulled(owned("10.0.0.1", "x"), owned("10.1.2.3", "y"), owned("10.2.0.1", "z")));
  expect(merged).toMatchObject({ added: 1, kept: 2 });
  const [head, ...rest] = merged.text.split("\r\nAddress;Server;Owner");
  expect(head).toBe("# Our servers, by hand");
  expect(rest[0]).toMatch(
    /^;kind;resource_id;compartment;pulled\r\n10\.0\.0\.1;mine;Ann\r\n\r\n10\.1\.0\.0\/16;lab;\r\n"10\.0\.0\.9";"two; lines";Bob\r\n10\.2\.0\.1;z;;instance;id-z;app;oci-[0-9a-f]{12}\r\n$/,
  );
  const find = await serversIn(merged.text);
  expect([find("10.0.0.1")?.server, find("10.1.2.3")?.server, find("10.2.0.1")?.server]).toEqual(["mine", "lab", "z"]);
});

test("a second pull that says the same leaves the file as it is; rows of the first are renewed, or go with their owner", async () => {
  const first = await merge(OWN, pulled(owned("10.2.0.1", "z"), owned("10.2.0.2", "gone")));
  const same = await merge(first.text, pulled(owned("10.2.0.1", "z"), owned("10.2.0.2", "gone")));
  expect(same).toEqual({ text: first.text, added: 0, renewed: 0, removed: 0, kept: 0, ambiguous: 0 });
  const second = await merge(first.text, pulled(owned("10.2.0.1", "z", { compartment: "moved" })));
  expect(second).toMatchObject({ added: 0, renewed: 1, removed: 1, kept: 0 });
  const find = await serversIn(second.text);
  expect([find("10.2.0.1")?.columns?.compartment, find("10.2.0.2"), find("10.0.0.9")?.server]).toEqual([
    "moved",
    undefined,
    "two; lines",
  ]);
  expect(second.text.startsWith(first.text.slice(0, first.text.indexOf("10.2.0.1")))).toBe(true);
});

test("a row of an earlier pull that somebody has changed is theirs", async () => {
  const first = await merge("", pulled(owned("10.2.0.1", "z")));
  const edited = first.text.replace(",z,", ",our name,");
  const merged = await merge(edited, pulled(owned("10.2.0.1", "other")));
  expect(merged).toEqual({ text: edited, added: 0, renewed: 0, removed: 0, kept: 1, ambiguous: 0 });
  expect(await merge(edited, pulled())).toMatchObject({ text: edited, removed: 0 });
});

test("nothing goes because something could not be listed, or because another cloud was asked", async () => {
  const first = await merge("", pulled(owned("10.2.0.1", "z")));
  expect(await merge(first.text, [{ cloud: "oci", owned: [], failed: ["gateway"] }])).toMatchObject({ removed: 0 });
  expect(await merge(first.text, [{ cloud: "ibm", owned: [], failed: [] }])).toMatchObject({ removed: 0 });
});

test("an address that two resources have is left out", async () => {
  const merged = await merge("", pulled(owned("10.2.0.1", "a", { network: "v1" }), owned("10.2.0.1", "b", { network: "v2" })));
  expect(merged).toMatchObject({ added: 0, ambiguous: 1 });
});

test("a file that is wrong is not touched", async () => {
  expect(await mergeServers(Buffer.from("address,server\n10.0.0.300,a\n"), pulled())).toEqual([
    expect.stringContaining("line 2: "),
  ]);
  expect(await mergeServers(Buffer.from("\ufeffaddress,server\n", "utf16le"), pulled())).toEqual([
    "is not UTF-8: save it as CSV in UTF-8",
  ]);
});
