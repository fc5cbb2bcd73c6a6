import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { available } from "../backends/servers/available.ts";
import { Fleet } from "./fleet.ts";
import { Kafka } from "./rig/cluster.ts";

const kafka = available("Kafka", () => Kafka.start());
const ARRIVE = { timeout: 120_000, interval: 100 };
/** Longer than the test takes: without events nothing new would be found. */
const POLL_MS = 600_000;
const tell = (line: string) => process.stderr.write(`${line}\n`);

/** As OCI Events writes it into a stream (CloudEvents 0.1). */
const ofOci = (bucketName: string, resourceName: string) => ({
  ...{ cloudEventsVersion: "0.1", eventTypeVersion: "2.0", source: "ObjectStorage", contentType: "application/json" },
  eventType: "com.oraclecloud.objectstorage.createobject",
  eventTime: "2026-01-31T08:00:00Z",
  data: {
    ...{ compartmentId: "ocid1.compartment.oc1..a", compartmentName: "network", resourceName },
    resourceId: `/n/mytenancy/b/${bucketName}/o/${resourceName}`,
    additionalDetails: {
      ...{ eTag: "f8ffb6e9", namespace: "mytenancy", archivalState: "Available" },
      bucketName,
      bucketId: "ocid1.bucket.a",
    },
  },
});

/** As AWS, and what speaks its interface, writes it: the key as in a query string. */
const ofS3 = (name: string, key: string) => ({
  Records: [
    {
      ...{ eventVersion: "2.1", eventSource: "aws:s3", awsRegion: "us-east-1", eventTime: "2026-01-31T08:00:00.000Z" },
      eventName: "ObjectCreated:Put",
      s3: {
        ...{ s3SchemaVersion: "1.0", configurationId: "flows", bucket: { name, arn: `arn:aws:s3:::${name}` } },
        object: {
          key: encodeURIComponent(key).replaceAll("%20", "+"),
          size: 1024,
          eTag: "d41d8c",
          sequencer: "0055AED6DCD90281E5",
        },
      },
    },
  ],
});

test("events in a topic make whoever lists look at once; what is none is passed over, and a worker that dies makes no difference", async () => {
  const events = await kafka().topic("events", { partitions: 2 });
  await using fleet = await Fleet.open(kafka(), { topics: { events }, run: { pollMs: POLL_MS } });
  fleet.startAll();
  await fleet.shared();
  // Whoever has begun to list last has looked at everything.
  await expect.poll(() => (fleet.lister()?.since ?? Number.POSITIVE_INFINITY) < Date.now() - 4_000, ARRIVE).toBe(true);
  const tookMs: number[] = [];
  const announced = async (event: (bucket: string, key: string) => object) => {
    const [arrived, keys] = [fleet.arrivals.size, await fleet.put(2)];
    await sleep(2_000);
    // Nobody has been told of them.
    expect(fleet.arrivals.size).toBe(arrived);
    const began = performance.now();
    for (const key of keys) await fleet.write(events, JSON.stringify(event("flows", key)));
    await fleet.delivered();
    tookMs.push(performance.now() - began);
  };
  await announced(ofOci);
  await announced(ofS3);
  await fleet.write(events, "no event");
  await fleet.write(events, JSON.stringify(ofOci("another", "connector/x.log.gz")));
  await announced(ofOci);
  await expect
    .poll(() => fleet.said(), ARRIVE)
    .toMatch(/passed over a message that is no object-created event: events-\d+\/\d at \d+/);
  const first = fleet.lister()?.worker ?? 0;
  await fleet.end(first, "SIGKILL");
  await expect.poll(() => fleet.lister()?.worker, ARRIVE).not.toBe(first);
  // Whoever begins to list looks at everything first.
  await sleep(2_000);
  await announced(ofS3);
  expect([fleet.missing(), fleet.invented()]).toEqual([0, []]);
  tell(`bucket events, polls of ${POLL_MS / 60_000} minutes: delivered ${tookMs.map(Math.round).join(", ")} ms after the events`);
});
