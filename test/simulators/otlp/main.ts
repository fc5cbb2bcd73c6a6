/**
 * The receiver as a process of its own:
 * `node test/simulators/otlp/main.ts [--port 0] [--host 127.0.0.1] [--keep uids|count|later] [--uids FILE] [--max-body BYTES] [--faults JSON]`.
 * Prints one line of JSON, `{"url":…,"port":…}`, once it listens. With `--uids` every uid taken is appended to the file before
 * the answer, so that an acknowledged record is in the file. `GET /stats` answers what came. Ends on SIGTERM and SIGINT.
 */
import { parseArgs } from "node:util";
import { type FaultPlan, type ReceiverOptions, startReceiver } from "./receiver.ts";

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "0" },
    host: { type: "string", default: "127.0.0.1" },
    keep: { type: "string", default: "uids" },
    uids: { type: "string" },
    "max-body": { type: "string" },
    faults: { type: "string" },
  },
});
const { keep } = values;
if (keep !== "uids" && keep !== "count" && keep !== "later") throw new Error("--keep is uids, count or later");

const options: ReceiverOptions = { port: Number(values.port), host: values.host, keep };
if (values.uids !== undefined) options.uidFile = values.uids;
if (values["max-body"] !== undefined) options.maxBodyBytes = Number(values["max-body"]);
if (values.faults !== undefined) options.faults = JSON.parse(values.faults) as FaultPlan;

const receiver = await startReceiver(options);
for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => void receiver.close());
process.stdout.write(`${JSON.stringify({ url: receiver.url, port: receiver.port })}\n`);
