import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import type { GenerateOptions } from "../../src/generator/options.ts";
import { summaryOf } from "./program.ts";
import { runToEnd, setting, toFile } from "./setting.ts";

const { lines, configFor, bucket, expectedIn } = setting();

test.each<Partial<GenerateOptions>>([
  { format: "ibm", objects: 192 },
  { format: "oci", objects: 96 },
])("filters by action and time hold back exactly the other records: %o", async (options) => {
  const objects = await bucket(options);
  const [since, until] = ["2026-01-05T08:00:00Z", "2026-01-05T16:30:00Z"];
  const config = configFor([toFile()], { filter: { action: "accept", since, until } });
  const ended = await runToEnd(config);
  expect(ended.code, ended.stderr).toBe(0);
  const all = [...expectedIn(objects)];
  const wanted = all.filter(
    ([, { timeMs, attributes }]) =>
      attributes["flow.action"] === "accept" && timeMs >= Date.parse(since) && timeMs < Date.parse(until),
  );
  expect(wanted.length).toBeGreaterThan(100);
  const uids = lines("out.ndjson").map(({ attributes }) => attributes["log.record.uid"]);
  expect(uids.sort()).toEqual(wanted.map(([uid]) => uid).sort());
  const summary = summaryOf(ended);
  expect(summary.records).toBe(summary.filtered + wanted.length);
  // Objects that are far from the span are not read at all.
  expect(summary.objects).toBeLessThan(objects.length);
  expect(summary.sinks.ndjson).toEqual({
    delivered: wanted.length,
    rejected: 0,
    deadLettered: 0,
    filtered: 0,
    sampled: 0,
    aggregated: 0,
    waiting: 0,
  });
});

test("lines in the schemas otel, ecs, ocsf and seed", async () => {
  const objects = await bucket({ flows: 1_500, objects: 3 });
  const schemas = ["otel", "ecs", "ocsf", "seed"];
  const config = configFor(schemas.map((schema) => ({ type: "ndjson", name: schema, path: `${schema}.ndjson`, schema })));
  const ended = await runToEnd(config);
  expect(ended.code, ended.stderr).toBe(0);
  const expected = expectedIn(objects);
  const plain = (value: unknown) => (typeof value === "bigint" ? Number(value) : value);
  const plainAll = (values: Readonly<Record<string, unknown>>) =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, plain(value)]));
  // biome-ignore lint/suspicious/noExplicitAny: lines of any schema
  const by = (schema: string, uid: (line: any) => string) => new Map(lines(`${schema}.ndjson`).map((line) => [uid(line), line]));

  const otel = by("otel", ({ attributes }) => attributes["log.record.uid"]);
  const ecs = by("ecs", (line) => line["event.id"]);
  const ocsf = by("ocsf", ({ metadata }) => metadata.uid);
  for (const lines of [otel, ecs, ocsf]) expect(new Set(lines.keys())).toEqual(new Set(expected.keys()));
  for (const [uid, { timeMs, severityNumber, severityText, eventName, resource, attributes }] of expected) {
    const { observedTimestamp, ...line } = otel.get(uid);
    expect(Date.parse(observedTimestamp)).toBeGreaterThan(Date.UTC(2026, 0, 1));
    expect(line).toEqual({
      timestamp: new Date(timeMs).toISOString(),
      severityNumber,
      severityText,
      eventName,
      resource: plainAll(resource),
      attributes: plainAll(attributes),
    });
    const at = (name: string) => plain(attributes[name]);
    const accepted = at("flow.action") === undefined ? undefined : at("flow.action") === "accept";
    expect(ecs.get(uid)).toMatchObject({
      "@timestamp": new Date(timeMs).toISOString(),
      "event.kind": "event",
      "event.category": ["network"],
      "event.type": accepted === undefined ? ["info"] : ["connection", accepted ? "allowed" : "denied"],
      ...given({
        "source.ip": at("source.address"),
        "source.port": at("source.port"),
        "destination.ip": at("destination.address"),
        "destination.port": at("destination.port"),
        "source.bytes": at("flow.bytes"),
        "network.bytes": at("flow.bytes"),
        "network.transport": at("network.transport"),
        "cloud.account.id": resource["cloud.account.id"],
      }),
    });
    expect(ocsf.get(uid)).toMatchObject({
      class_uid: 4001,
      activity_id: accepted === undefined ? 0 : accepted ? 6 : 5,
      type_uid: accepted === undefined ? 400100 : accepted ? 400106 : 400105,
      time: timeMs,
      ...(at("source.address") === undefined
        ? {}
        : {
            src_endpoint: { ip: at("source.address"), port: at("source.port") },
            dst_endpoint: { ip: at("destination.address"), port: at("destination.port") },
            traffic: { bytes: at("flow.bytes"), packets: at("flow.packets") },
            connection_info: { protocol_num: at("flow.protocol.number") },
          }),
    });
  }

  const seed = objects.flatMap(({ bytes }) =>
    gunzipSync(bytes)
      .toString()
      .trimEnd()
      .split("\n")
      .map((text) => {
        const { data, oracle } = JSON.parse(text);
        const zone = (address: string | null) =>
          address === null ? "invalid" : /^(10\.|172\.(1[6-9]|2\d|3[01])\.|192\.168\.)/.test(address) ? "internal" : "external";
        const zones = [zone(data.sourceAddress), zone(data.destinationAddress)];
        return {
          destinationAddress: data.destinationAddress ?? "N/A",
          destinationPort: data.destinationPort ?? "N/A",
          protocol: data.protocol ?? "N/A",
          protocolName: data.protocolName ?? "N/A",
          sourceAddress: data.sourceAddress ?? "N/A",
          internal_or_external_source: zones[0],
          internal_or_external_destination: zones[1],
          traffic_direction: "N/A",
          traffic_type: zones.every((each) => each === "internal") ? "internal traffic" : "external traffic",
          security_lists: [],
          oracle,
        };
      }),
  );
  const text = (line: object) => JSON.stringify(line);
  expect(lines("seed.ndjson").map(text).sort()).toEqual(seed.map(text).sort());
});

/** Without what is undefined. */
function given(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
