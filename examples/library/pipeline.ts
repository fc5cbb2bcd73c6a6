/**
 * A pipeline within a program of your own, with a format and a sink of your own.
 *
 *   npm install flowferry zod
 *   node pipeline.ts ./bucket ./flows.csv
 */
import { openPipeline, Registry } from "flowferry";
import { format } from "./csv-format.ts";
import { sink } from "./csv-sink.ts";

const [bucket = "bucket", path = "flows.csv"] = process.argv.slice(2);

const registry = new Registry();
registry.register("format", format);
registry.register("sink", sink);

await using pipeline = await openPipeline(
  {
    source: { type: "directory", path: bucket },
    sinks: [{ type: "csv", path, columns: ["uid", "sourceAddress", "destinationAddress", "destinationService", "bytes"] }],
    ledger: { path: ":memory:" },
  },
  { registry, onLog: ({ level, msg }) => console.error(`${level}: ${msg}`) },
);
const summary = await pipeline.run({ untilCaughtUp: true, signal: AbortSignal.timeout(60_000) });
console.log(`${summary.records} records, ${summary.bad} bad, ${summary.sinks.csv?.delivered} delivered`);
if (!summary.complete) console.log("something was set aside");
