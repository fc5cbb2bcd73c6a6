import { PutBucketNotificationConfigurationCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { afterEach, beforeEach, expect, test } from "vitest";
import { generate } from "../../src/generator/generate.ts";
import { flowferry, type Running, start, type Workplace, workplace } from "../journeys/program.ts";
import { type Receiver, startReceiver } from "../simulators/otlp/receiver.ts";
import { available } from "./servers/available.ts";
import { createTopic } from "./servers/ceph-topic.ts";
import { startRadosgw } from "./servers/radosgw.ts";

const radosgw = available("Ceph radosgw", startRadosgw);
const TOKEN = "a-token-of-some-length";

let place: Workplace;
let out: Receiver;
let worker: Running | undefined;
beforeEach(async () => {
  place = workplace();
  out = await startReceiver({ keep: "uids" });
});
afterEach(async () => {
  worker?.child.kill("SIGKILL");
  await worker?.ended;
  await out.close();
  place.remove();
});

test("the gateway's own notifications bring each object at once, also of an odd name", { timeout: 120_000 }, async () => {
  const { endpoint, region, accessKey: accessKeyId, secretKey: secretAccessKey } = radosgw();
  await radosgw().createBucket("events");
  const config = place.config({
    source: { type: "s3", bucket: "events", endpoint, region, accessKeyId, secretAccessKey },
    sinks: [{ type: "otlp", endpoint: out.url }],
    intake: { listen: "127.0.0.1:0", token: TOKEN },
    // No poll comes while the test runs.
    run: { pollMs: 3_600_000 },
  });
  worker = start(["run", "-c", config]);
  await expect.poll(() => worker?.stderr(), { timeout: 20_000 }).toMatch(/tails/);
  const address = /"address":"(http:[^"]+)"/.exec(worker.stderr())?.[1] ?? "";
  const client = radosgw().client();
  const TopicArn = await createTopic(radosgw(), "objects", `${address}/${TOKEN}`);
  const notifications = { TopicConfigurations: [{ Id: "objects", TopicArn, Events: ["s3:ObjectCreated:*" as const] }] };
  await client.send(
    new PutBucketNotificationConfigurationCommand({ Bucket: "events", NotificationConfiguration: notifications }),
  );
  await expect
    .poll(async () => (await flowferry(["status", "-c", config, "--json"])).stdout, { timeout: 20_000 })
    .toContain('"partitions"');

  const objects = await Array.fromAsync(generate({ format: "oci", flows: 4_000, objects: 40, vnics: 8 }));
  const waits: number[] = [];
  let records = 0;
  for (const [index, object] of objects.entries()) {
    const Key = index % 4 === 3 ? `odd/a b+c%2F&é=${index}.log.gz` : object.key;
    await client.send(new PutObjectCommand({ Bucket: "events", Key, Body: object.bytes }));
    const stored = performance.now();
    records += object.records;
    await expect.poll(() => out.uids.size, { timeout: 20_000, interval: 5 }).toBe(records);
    waits.push(performance.now() - stored);
  }
  expect([...out.uids.values()].every((times) => times === 1)).toBe(true);
  const slowest = waits.toSorted((a, b) => a - b).at(-1) ?? 0;
  process.stderr.write(`stored → acknowledged, of ${waits.length} objects: ${Math.round(slowest)} ms at most\n`);
  expect(slowest).toBeLessThan(2_000);
});
