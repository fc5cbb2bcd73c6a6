import { createHash } from "node:crypto";
import { BlockList } from "node:net";
import { expect, test } from "vitest";
import { generate } from "../../src/generator/generate.ts";
import { s3Server } from "../simulators/s3/server.ts";
import { mmdb } from "../unit/enrich/geo/mmdb.ts";
import { flowferry } from "./program.ts";
import { expectedRecords, expectRecords, type PlainRecord, type PutObject } from "./second-decoder.ts";
import { runToEnd, setting, toReceiver, until } from "./setting.ts";

const { begin, configFor, lines, receive, write } = setting();

const FLOWS = { format: "aws", flows: 3_000, objects: 24, vnics: 8 } as const;
/** Half of what is not private, of IPv4: 128.0.0.0 to 223.255.255.255. */
const HALF = new BlockList();
HALF.addSubnet("128.0.0.0", 1, "ipv4");

async function made(): Promise<PutObject[]> {
  const objects = await Array.fromAsync(generate(FLOWS), ({ key, bytes }) => ({ key, bytes }));
  return objects.map(({ key, bytes }) => ({ key, bytes, etag: createHash("md5").update(bytes).digest("hex") }));
}

/** What the database of the test says beside: of each address of the half that is not private. */
function located(record: PlainRecord, version: string): PlainRecord {
  const attributes: Record<string, unknown> = { ...record.attributes, "flow.lookups.version": version };
  for (const end of ["source", "destination"]) {
    const address = attributes[`${end}.address`];
    if (typeof address !== "string" || address.includes(":") || attributes[`flow.${end}.zone`] !== "external") continue;
    if (HALF.check(address)) attributes[`${end}.geo.country.iso_code`] = "CH";
  }
  return { ...record, attributes };
}

test("a bucket of VPC flow logs that grows while it is tailed: each record whole, with the countries of a database, and filtered by them", {
  timeout: 120_000,
}, async () => {
  const bucket = await s3Server("logs");
  try {
    const objects = await made();
    write("country.mmdb", mmdb({ "128.0.0.0/1": { country: { iso_code: "CH" } } }));
    const out = await receive({}, { keep: "records" });
    const config = configFor(
      [
        toReceiver(out),
        {
          ...{ type: "ndjson", name: "swiss", path: "swiss.ndjson" },
          filter: { from: { sourceCountry: "CH" }, condition: "from" },
        },
      ],
      {
        source: {
          ...{ type: "s3", bucket: "logs", endpoint: bucket.endpoint, region: "eu-west-1" },
          ...{ accessKeyId: "id", secretAccessKey: "secret" },
        },
        enrich: { geo: ["country.mmdb"] },
      },
    );
    const half = objects.slice(0, objects.length / 2);
    for (const { key, bytes } of half) bucket.put(key, bytes);
    const store = `s3://${new URL(bucket.endpoint).host}/logs`;
    const [first, plain] = [expectedRecords(store, half), expectedRecords(store, objects)];
    const worker = begin(["run", "-c", config]);
    await until("the first half is there", worker, () => out.uids.size >= first.size);
    for (const { key, bytes } of objects.slice(half.length)) bucket.put(key, bytes);
    await until("all is there", worker, () => out.uids.size >= plain.size);
    worker.child.kill("SIGTERM");
    expect((await worker.ended).code).toBe(0);

    const again = await runToEnd(config);
    expect(again.code, again.stderr).toBe(0);
    const { version } = JSON.parse((await flowferry(["lookups", "get", "192.0.2.1", "-c", config, "--json"])).stdout);
    const expected = new Map([...plain].map(([uid, record]) => [uid, located(record, version)]));
    // What was answered late may have come again, as the same records.
    const once = new Map(out.records.map((record) => [record.attributes["log.record.uid"], record]));
    expectRecords([...once.values()], expected);
    const swiss = [...expected].filter(([, { attributes }]) => attributes["source.geo.country.iso_code"] === "CH");
    expect(swiss.length).toBeGreaterThan(100);
    expect(new Set(lines("swiss.ndjson").map(({ attributes }) => attributes["log.record.uid"]))).toEqual(
      new Set(swiss.map(([uid]) => uid)),
    );
  } finally {
    await bucket.close();
  }
});
