import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { geoEnricher } from "../../../../src/enrich/geo/enricher.ts";
import { readContent } from "../../../../src/enrich/tables/content.ts";
import { readTable, snapshotOf } from "../../../../src/enrich/tables/tables.ts";
import type { Flow } from "../../../../src/flow/flow.ts";
import { linePrinter } from "../../../../src/schemas/line.ts";
import { loadSchema } from "../../../../src/schemas/load.ts";
import { openLookups } from "../lookups.ts";
import { flowOf } from "../snapshot.ts";
import { temporaryFolder } from "../tables/folder.ts";
import { COUNTRIES, mmdb, SYSTEMS } from "./mmdb.ts";

async function databases() {
  const folder = await temporaryFolder();
  const geo = [join(folder, "country.mmdb"), join(folder, "asn.mmdb")];
  await writeFile(geo[0] as string, mmdb(COUNTRIES));
  await writeFile(geo[1] as string, mmdb(SYSTEMS));
  return { folder, geo };
}

async function enriched(fields: Parameters<typeof flowOf>[0], options = {}): Promise<Flow> {
  const { geo } = await databases();
  const lookups = await openLookups({ geo, ...options }, () => {});
  onTestFinished(() => lookups.close());
  const flow = flowOf(fields);
  lookups.enrich([flow]);
  return flow;
}

const said = (flow: Flow) => [
  [flow.sourceCountry, flow.sourceAsNumber, flow.sourceAsOrganization],
  [flow.destinationCountry, flow.destinationAsNumber, flow.destinationAsOrganization],
];
const none = [undefined, undefined, undefined];

test.each([
  ["192.0.2.1", "198.51.100.1", ["CH", 64_496, "Example One"], ["DE", 4_200_000_000, "Example Two"]],
  ["198.51.100.200", "10.0.0.1", ["AT", 4_200_000_000, "Example Two"], none],
  ["2001:db8:1::1", "2001:db8:2::1", ["FR", 64_511, "Example Three"], ["FR", undefined, undefined]],
  ["::ffff:192.0.2.9", "fd00::1", ["CH", 64_496, "Example One"], none],
  ["203.0.113.1", "300.0.0.1", none, none],
  ["-", undefined, none, none],
])("%s to %s", async (sourceAddress, destinationAddress, source, destination) => {
  expect(said(await enriched({ sourceAddress, destinationAddress }))).toEqual([source, destination]);
});

test("flows have none without databases", async () => {
  const flow = await enriched({ sourceAddress: "192.0.2.1", destinationAddress: "198.51.100.1" }, { geo: undefined });
  expect(said(flow)).toEqual([none, none]);
});

test("an address of one's own has one, though networks.csv calls it internal", async () => {
  const folder = await temporaryFolder();
  const networks = join(folder, "networks.csv");
  await writeFile(networks, "cidr,zone,name\n192.0.2.0/24,internal,Office\n");
  const flow = await enriched({ sourceAddress: "192.0.2.1", destinationAddress: "192.168.0.1" }, { networks });
  expect([flow.sourceZone, ...said(flow)]).toEqual(["internal", ["CH", 64_496, "Example One"], none]);
});

test("many addresses of many systems, more than are remembered, each get their own", async () => {
  const folder = await temporaryFolder();
  const path = join(folder, "many.mmdb");
  const count = 200;
  const networks = Object.fromEntries(
    Array.from({ length: count }, (_, i) => [`44.0.${i}.0/24`, { autonomous_system_number: i + 1 }]),
  );
  await writeFile(path, mmdb(networks));
  const { table } = await readTable("geo", path, await readContent(path));
  const enrich = geoEnricher(snapshotOf(table === undefined ? [] : [table]), 16);
  for (let n = 0; n < 3 * count; n++) {
    // Neighbours, and those that were forgotten in between.
    const [i, j] = [n % count, (n * 7) % count];
    const flow = flowOf({ sourceAddress: `44.0.${i}.7`, destinationAddress: `44.0.${j}.9` });
    enrich(flow);
    expect([flow.sourceAsNumber, flow.destinationAsNumber]).toEqual([i + 1, j + 1]);
  }
});

test("schemas have them by the names of their conventions", async () => {
  const flow = await enriched({ sourceAddress: "192.0.2.1", destinationAddress: "198.51.100.1" });
  const line = (schema: string) => JSON.parse(linePrinter(loadSchema(schema, "/"), "flowferry")(flow, 0));
  expect(line("otel").attributes).toMatchObject({
    "source.geo.country.iso_code": "CH",
    "destination.geo.country.iso_code": "DE",
    "source.as.number": 64_496,
    "destination.as.number": 4_200_000_000,
    "source.as.organization.name": "Example One",
    "destination.as.organization.name": "Example Two",
  });
  expect(line("ecs")).toMatchObject({
    "source.geo.country_iso_code": "CH",
    "destination.geo.country_iso_code": "DE",
    "source.as.number": 64_496,
    "destination.as.number": 4_200_000_000,
    "source.as.organization.name": "Example One",
    "destination.as.organization.name": "Example Two",
  });
  expect(line("ocsf")).toMatchObject({
    src_endpoint: { location: { country: "CH" }, autonomous_system: { number: 64_496, name: "Example One" } },
    dst_endpoint: { location: { country: "DE" }, autonomous_system: { number: 4_200_000_000, name: "Example Two" } },
  });
  expect(line("log-analytics")).toMatchObject({
    sourceCountry: "CH",
    destinationCountry: "DE",
    sourceAs: 64_496,
    destinationAs: 4_200_000_000,
    sourceAsName: "Example One",
    destinationAsName: "Example Two",
  });
});
