import { describe, expect, it } from "vitest";
import { INCIDENTS } from "../../../src/generator/incidents.ts";
import { FORMATS } from "../../../src/generator/options.ts";
import { runs } from "../../runs.ts";
import { expectAlike } from "../alike.ts";
import { FINDERS } from "./incident-finders.ts";
import { collect, recount } from "./recount.ts";

describe.each(FORMATS)("incidents in %s", (format) => {
  it("are found by their definitions, and nothing else is", async () => {
    const { generation, objects } = await collect({ format, flows: runs(25_000, 3), spanMs: 6 * 3_600_000 });
    const { rows } = recount(format, objects);
    const { incidents } = generation.truth();
    expect(incidents.map(({ id }) => id)).toEqual(INCIDENTS);
    for (const { id, source, destination } of incidents)
      expect([id, FINDERS[id](rows)]).toEqual([id, [`${source}>${destination}`]]);
  });

  it("are where the truth says", async () => {
    const { generation, objects } = await collect({ format, flows: runs(8_000, 2), vnics: 8, spanMs: 3_600_000 });
    const { rows } = recount(format, objects);
    const at = new Map(rows.map((row) => [`${row.key}#${row.record}`, row]));
    for (const incident of generation.truth().incidents) {
      const { id, source, destination, port, records, recordCount, start, end } = incident;
      expect(records).toHaveLength(recordCount);
      const found = records.map(({ key, record }) => at.get(`${key}#${record}`));
      expectAlike(
        found.map((row, index) => {
          const portOf = records[index]?.reply ? row?.sourcePort : row?.port;
          return [row?.accepted, row?.source, row?.destination, port === null ? null : portOf];
        }),
        records.map(({ reply, action }) => [
          action === "accept",
          ...(reply ? [destination, source] : [source, destination]),
          port,
        ]),
      );
      const outsider = source.startsWith("10.") ? destination : source;
      const all = rows.filter((row) => row.source === outsider || row.destination === outsider);
      expect([id, new Set(found).symmetricDifference(new Set(all)).size]).toEqual([id, 0]);
      const times = found.map((row) => row?.time ?? Number.NaN);
      expect(new Date(Math.min(...times) * 1000).toISOString()).toBe(start);
      expect(new Date(Math.max(...times) * 1000).toISOString()).toBe(end);
    }
  });

  it("are only those that were asked for", async () => {
    const { generation, objects } = await collect({ format, flows: 5_000, spanMs: 6 * 3_600_000, incidents: ["beacon"] });
    const { rows } = recount(format, objects);
    const [beacon] = generation.truth().incidents;
    for (const id of INCIDENTS) {
      expect([id, FINDERS[id](rows)]).toEqual([id, id === "beacon" ? [`${beacon?.source}>${beacon?.destination}`] : []]);
    }
  });
});

describe("everyday traffic", async () => {
  const { rows } = recount("text", (await collect({ format: "text", flows: runs(250_000), incidents: [] })).objects);

  it("looks like no incident at many flows", () => {
    for (const id of INCIDENTS) expect([id, FINDERS[id](rows)]).toEqual([id, []]);
  });

  it("follows the day", () => {
    const hours = Array.from({ length: 24 }, () => 0);
    for (const { time } of rows) {
      const hour = Math.floor((time ?? 0) / 3600) % 24;
      hours[hour] = (hours[hour] ?? 0) + 1;
    }
    expect(hours.indexOf(Math.max(...hours))).toBeGreaterThanOrEqual(12);
    expect(hours.indexOf(Math.max(...hours))).toBeLessThanOrEqual(16);
    expect(Math.max(...hours) / Math.min(...hours)).toBeGreaterThan(2);
  });

  it("accepts from outside only the services of the published servers", async () => {
    const { generation, objects } = await collect({ format: "oci", flows: runs(15_000, 2), incidents: [] });
    const own = new Set(generation.world.hosts.flatMap(({ address, address6 }) => [address, address6]));
    const ports = new Set<number>();
    for (const { accepted, source, destination, port, sourcePort } of recount("oci", objects).rows) {
      if (!accepted || own.has(source) || !own.has(destination) || source.startsWith("172.20.8.")) continue;
      // What is left is either asked for by a client outside or the answer of a service outside.
      if (![443, 123].includes(sourcePort)) ports.add(port);
    }
    expect([...ports].sort((a, b) => a - b)).toEqual([80, 443]);
  });
});
