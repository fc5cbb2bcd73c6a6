/**
 * A bucket of IBM's small objects behind the S3 protocol: `node test/bench/small-bucket.ts OBJECTS`. Prints one line of JSON when it listens.
 * `GET /stats` at `stats` tells how often it was asked, and for what.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { generate } from "../../src/generator/generate.ts";
import { s3Server } from "../simulators/s3/server.ts";

const [objects = 0] = process.argv.slice(2).map(Number);
/** The collector writes an object when it has 100 KB of flows. */
const FLOWS_PER_OBJECT = 170;
const [VNICS, HOURS] = [24, 2];

const s3 = await s3Server("flows");
const generation = generate({
  format: "ibm",
  flows: objects * FLOWS_PER_OBJECT,
  objects,
  vnics: VNICS,
  spanMs: HOURS * 3_600_000,
  incidents: [],
  quality: false,
});
for await (const { key, bytes } of generation) s3.put(key, bytes);
const { records, storedBytes } = generation.truth();

const stats = createServer((_request, response) => {
  const lists = s3.requests.filter(({ query }) => query.has("list-type")).length;
  response.end(JSON.stringify({ lists, gets: s3.requests.length - lists }));
});
stats.listen(0, "127.0.0.1", () => {
  const url = `http://127.0.0.1:${(stats.address() as AddressInfo).port}`;
  process.stdout.write(`${JSON.stringify({ endpoint: s3.endpoint, bucket: "flows", stats: url, records, storedBytes })}\n`);
});
process.once("SIGTERM", () => {
  stats.close();
  stats.closeAllConnections();
  void s3.close();
});
