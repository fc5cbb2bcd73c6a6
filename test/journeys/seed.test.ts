import { cpSync, mkdirSync, readFileSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { flowferry, summaryOf, type Workplace, workplace } from "./program.ts";

const FIXTURES = new URL("../fixtures/seed/", import.meta.url).pathname;

let place: Workplace;
beforeEach(() => {
  place = workplace();
});
afterEach(() => place.remove());

/**
 * The enriched record that a published enrichment script prints for an ICMP flow of a load balancer, from the flow as the log has it,
 * a subnet table and an export of the security lists. Two things differ from that print on purpose:
 *
 * - `icmp_options` is `{code, type}`; the script printed its SDK's own object there (`swagger_types`, `attribute_map`, `_code`, `_type`).
 * - Digits that were masked (`15.228.xx.47`, `192.168.1.xx`, `2024-xx-26`) have values, since a masked address is none.
 */
test("schema seed with all security lists: the published record, key for key and in its order", async () => {
  mkdirSync(place.path("bucket"));
  cpSync(`${FIXTURES}flows.log`, place.path("bucket", "flows.log"));
  const config = place.config({
    source: { type: "directory", path: "bucket" },
    filter: { action: "accept" },
    enrich: {
      subnets: `${FIXTURES}subnets.csv`,
      securityLists: "full",
      oci: { files: `${FIXTURES}security-lists.json` },
    },
    sinks: [{ type: "ndjson", path: "out.ndjson", schema: "seed" }],
  });
  const ended = await flowferry(["run", "-c", config, "--until-caught-up", "--json"]);
  expect(ended.code, ended.stderr).toBe(0);
  expect(summaryOf(ended)).toMatchObject({ records: 3, filtered: 1, bad: 0 });
  const [first, second, ...more] = readFileSync(place.path("out.ndjson"), "utf8").trimEnd().split("\n");
  const published = JSON.parse(readFileSync(`${FIXTURES}enriched.expected.json`, "utf8")) as Record<string, unknown>;
  // As text, so that the order of the keys counts.
  expect(first).toBe(JSON.stringify(published));
  expect(more).toEqual([]);

  // A subnet of which nothing is known has all keys too.
  const other = JSON.parse(second ?? "") as Record<string, unknown>;
  expect(Object.keys(other)).toEqual(Object.keys(published));
  expect(other).toMatchObject({
    internal_or_external_source: "internal",
    internal_or_external_destination: "internal",
    traffic_direction: "N/A",
    traffic_type: "internal traffic",
    security_lists: [],
  });
});
