import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { generate } from "../../src/generator/generate.ts";
import { startOci } from "../simulators/oci/index.ts";
import { s3Server } from "../simulators/s3/server.ts";
import { flowferry, start } from "./program.ts";
import { expectedRecords, type PutObject } from "./second-decoder.ts";
import { setting } from "./setting.ts";

const { bucket, configFor, expectedIn, receive, lines } = setting();

async function made(format: "oci" | "ibm"): Promise<PutObject[]> {
  const objects: PutObject[] = [];
  for await (const { key, bytes } of generate({ format, flows: 1_000, objects: 16, vnics: 8 }))
    objects.push({ key, bytes, etag: "" });
  return objects;
}

test("a worker with three sources and filtered sinks, of which one source is down for a while, and which is killed: every uid is where it belongs", {
  timeout: 120_000,
}, async () => {
  const [oci, ibm] = [await startOci(), await s3Server("flows")];
  try {
    oci.createBucket("Flow-Logs");
    const inOci = (await made("oci")).map((object) => ({ ...object, etag: oci.put("Flow-Logs", object.key, object.bytes).etag }));
    const inIbm = (await made("ibm")).map((object) => ({
      ...object,
      etag: createHash("md5").update(object.bytes).digest("hex"),
    }));
    for (const { key, bytes } of inIbm) ibm.put(key, bytes);
    // The keys of the folder are those of the OCI bucket.
    const inFolder = await bucket({ flows: 1_000, objects: 16, vnics: 8 });
    const expected = {
      oci: expectedRecords(`oci://${oci.namespace}/Flow-Logs`, inOci),
      ibm: expectedRecords(`s3://${new URL(ibm.endpoint).host}/flows`, inIbm),
      folder: expectedIn(inFolder),
    };
    const all = new Map([...expected.oci, ...expected.ibm, ...expected.folder]);
    expect(all.size).toBe(expected.oci.size + expected.ibm.size + expected.folder.size);
    const refused = [...all].filter(([, { attributes }]) => attributes["flow.action"] === "reject").map(([uid]) => uid);
    const out = await receive({ "*": { delayMs: 5 } });
    const config = configFor(
      [
        { type: "otlp", name: "all", endpoint: out.url, batch: { records: 50, lingerMs: 20 } },
        {
          type: "ndjson",
          name: "refused",
          path: "refused.ndjson",
          filter: { refused: { action: "reject" }, condition: "refused" },
        },
      ],
      {
        source: undefined,
        sources: [
          {
            ...{ type: "oci-object-storage", name: "oci", namespace: oci.namespace, bucket: "Flow-Logs" },
            ...{ endpoint: oci.endpoint, auth: { type: "config-file", file: oci.config } },
          },
          {
            ...{ type: "s3", name: "ibm", bucket: "flows", endpoint: ibm.endpoint, region: "us-south" },
            ...{ accessKeyId: "id", secretAccessKey: "secret", format: "ibm-vpc" },
          },
          { type: "directory", name: "folder", path: "bucket" },
        ],
      },
    );
    let down = true;
    ibm.fault = () => (down ? { status: 503, code: "SlowDown" } : undefined);

    const killed = start(["run", "-c", config]);
    await expect.poll(() => out.stats.records, { timeout: 30_000 }).toBeGreaterThan(200);
    killed.child.kill("SIGKILL");
    await killed.ended;
    // Without the one that is down the others come to their end, and it alone is told of.
    const second = start(["run", "-c", config]);
    await expect.poll(() => out.uids.size, { timeout: 30_000 }).toBe(expected.oci.size + expected.folder.size);
    const problems = async () => JSON.parse((await flowferry(["status", "-c", config, "--json"])).stdout).problems;
    await expect.poll(problems, { timeout: 30_000 }).toMatchObject([{ part: "source ibm" }]);
    second.child.kill("SIGTERM");
    expect((await second.ended).code).toBe(0);

    down = false;
    const last = await flowferry(["run", "-c", config, "--until-caught-up"]);
    expect(last.code, last.stderr).toBe(0);
    expect(new Set(out.uids.keys())).toEqual(new Set(all.keys()));
    const got = lines("refused.ndjson").map(({ attributes }) => attributes["log.record.uid"]);
    expect(new Set(got)).toEqual(new Set(refused));
    const { sinks, sources } = JSON.parse((await flowferry(["status", "-c", config, "--json"])).stdout);
    const books = sinks.map(({ name, offered, delivered, filtered }: Record<string, unknown>) => [
      name,
      offered,
      delivered,
      filtered,
    ]);
    expect(books).toEqual([
      ["all", all.size, all.size, 0],
      ["refused", all.size, refused.length, all.size - refused.length],
    ]);
    expect(sources.map(({ name, pendingObjects }: Record<string, unknown>) => [name, pendingObjects])).toEqual([
      ["oci", 0],
      ["ibm", 0],
      ["folder", 0],
    ]);
  } finally {
    await ibm.close();
    await oci.stop();
  }
});
