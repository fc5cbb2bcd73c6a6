/**
 * One process that loads a table of servers and one of networks, looks addresses up, and takes both files up again while flows are
 * enriched: `node --expose-gc test/bench/tables-run.ts FOLDER`. Prints one line of JSON.
 */
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setImmediate } from "node:timers/promises";
import { enricherOf } from "../../src/enrich/chain.ts";
import { watchTables } from "../../src/enrich/tables/reload.ts";
import { EMPTY_CONTEXT, Flow } from "../../src/flow/flow.ts";
import { originOf } from "../../src/flow/origin.ts";
import { parseAddress } from "../../src/lib/ip/address.ts";
import { addressAt } from "./tables.ts";

/** Addresses that are looked up, each once where the table has so many. */
const LOOKUPS = 200_000;
/** Flows that are enriched over and over while the tables are read again, from and to so many hosts. */
const FLOWS = 50_000;
const HOSTS = 5_000;
const PIECE = 500;
const DEADLINE_MS = 400_000;

const [folder = ""] = process.argv.slice(2);
const files = { servers: join(folder, "servers.csv"), networks: join(folder, "networks.csv") };
const rows = Number(readFileSync(join(folder, "rows"), "utf8"));
const cpu = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
const held = () => {
  for (let i = 0; i < 3; i++) globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

const empty = held();
let [from, wall] = [cpu(), performance.now()];
const waiting = new Set(["servers", "networks"]);
const watch = await watchTables({ ...files, refreshMs: 200 }, ({ kind, message, tables }) => {
  if (kind === "refused") throw new Error(message);
  if (kind === "reloaded") for (const table of tables) waiting.delete(table);
});
const load = { cpuMs: cpu() - from, wallMs: performance.now() - wall };
const bytes = held() - empty;

const addresses = Array.from({ length: LOOKUPS }, (_, i) => addressAt((i * 7_919) % rows));
const ips = addresses.map((text) => parseAddress(text) ?? fail(`${text} is no address`));
const { servers } = watch.tables;
from = cpu();
let found = 0;
for (const ip of ips) if (servers.find(ip) !== undefined) found++;
const find = (LOOKUPS / (cpu() - from)) * 1000;
if (found !== LOOKUPS) fail(`${found} of ${LOOKUPS} servers were found`);
from = cpu();
for (const text of addresses) watch.tables.addresses.get(text);
const answer = (LOOKUPS / (cpu() - from)) * 1000;

const origin = originOf("file:///bench", "flows", "1");
const flows = Array.from({ length: FLOWS }, (_, i) => {
  const flow = new Flow(origin, i + 1, EMPTY_CONTEXT, 0);
  flow.sourceAddress = addressAt((i * 7_919) % Math.min(rows, HOSTS));
  flow.destinationAddress = addressAt((i * 104_729 + 1) % Math.min(rows, HOSTS));
  return flow;
});

/** Both files are replaced by others with as many rows. */
for (const path of Object.values(files)) {
  writeFileSync(`${path}.new`, readFileSync(path, "utf8").replaceAll(".old", ".new"));
  renameSync(`${path}.new`, path);
}
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
[from, wall] = [cpu(), performance.now()];
let [longest, enriched, used] = [0, 0, 0];
let turn = process.threadCpuUsage();
for (let at = 0; waiting.size > 0; at = (at + PIECE) % flows.length) {
  const own = cpu();
  const enrich = enricherOf(watch.tables);
  for (const flow of flows.slice(at, at + PIECE)) enrich(flow);
  used += cpu() - own;
  enriched += PIECE;
  await setImmediate();
  const { user, system } = process.threadCpuUsage(turn);
  longest = Math.max(longest, (user + system) / 1000);
  turn = process.threadCpuUsage();
  if (performance.now() - wall > DEADLINE_MS) fail("the tables were not taken up again");
}
delay.disable();
const reload = {
  cpuMs: cpu() - from - used,
  wallMs: performance.now() - wall,
  longestTurnCpuMs: longest,
  delayMs: { p99: delay.percentile(99) / 1e6, max: delay.max / 1e6 },
  enriched,
};
const { server } = watch.tables.addresses.get(addressAt(1));
if (!server?.endsWith("new")) fail(`the tables say ${server} after the reload`);
watch.close();
const peakRssBytes = process.resourceUsage().maxRSS * 1024;
process.stdout.write(`${JSON.stringify({ load, bytes, find, answer, reload, peakRssBytes })}\n`);

function fail(reason: string): never {
  throw new Error(reason);
}
