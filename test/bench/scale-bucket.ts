/**
 * OCI Object Storage with one connector's folder of so many small objects, the newest of them minutes old:
 * `node test/bench/scale-bucket.ts COUNT POLL_MS STEP_MS`. Prints one line of JSON when it listens. `GET /stats` at `stats` tells how
 * often it was asked, and how many listings each burst of them had; a burst ends when half of POLL_MS pass without one.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { generate } from "../../src/generator/generate.ts";
import { stamp } from "../../src/generator/stamps.ts";
import { startOci } from "../simulators/oci/index.ts";

const [count = 0, pollMs = 0, stepMs = 0] = process.argv.slice(2).map(Number);
const SAMPLE_MS = 20;

const bodies: Uint8Array[] = [];
for await (const { bytes } of generate({ format: "oci", flows: 32, objects: 8, incidents: [], quality: false }))
  bodies.push(bytes);
const newest = Math.floor(Date.now() / 1000) - 300;
const connector = `ocid1.serviceconnector.oc1.phx.${"a".repeat(60)}`;
const secondsAt = (index: number) => newest - ((count - 1 - index) * stepMs) / 1000;
const body = (index: number) => bodies[index % bodies.length] as Uint8Array;

const oci = await startOci({ namespace: "bench" });
oci.createGeneratedBucket("flows", {
  count,
  name: (index) => `${connector}/${stamp(secondsAt(index))}_${stamp(secondsAt(index) + 50)}.0.log.gz`,
  body,
  size: (index) => body(index).length,
  time: (index) => (secondsAt(index) + 120) * 1000,
});

const bursts: number[] = [];
let [seen, quietMs] = [0, Number.POSITIVE_INFINITY];
const sampler = setInterval(() => {
  const listings = oci.requests.count("list");
  if (listings === seen) {
    quietMs += SAMPLE_MS;
    return;
  }
  if (quietMs >= pollMs / 2) bursts.push(0);
  bursts.push((bursts.pop() ?? 0) + listings - seen);
  [seen, quietMs] = [listings, 0];
}, SAMPLE_MS);

const stats = createServer((_request, response) => {
  response.end(JSON.stringify({ list: oci.requests.count("list"), get: oci.requests.count("get"), bursts }));
});
stats.listen(0, "127.0.0.1", () => {
  const ready = { endpoint: oci.endpoint, namespace: oci.namespace, bucket: "flows", config: oci.config };
  const url = `http://127.0.0.1:${(stats.address() as AddressInfo).port}`;
  process.stdout.write(`${JSON.stringify({ ...ready, stats: url, newest: newest * 1000 })}\n`);
});
process.once("SIGTERM", () => {
  clearInterval(sampler);
  stats.close();
  stats.closeAllConnections();
  void oci.stop();
});
