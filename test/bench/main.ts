/**
 * `npm run bench -- [options]`: what the program costs beside a floor measured in the same run. It prints and never judges.
 * `npm run build && npm run bench -- --only goals --collector --earlier b76d3ed` prints what is to be reached, whole.
 *
 *   --flows N      flows of the bucket (default 1000000)
 *   --quick        a small bucket, and small sizes for the scale part
 *   --rounds N     how often floor and program run in turn; of each number the middle one counts, of memory the highest (default 1)
 *   --scale A,B    numbers of objects to compare (default 2000,200000)
 *   --backlog N    of these, how many are read before the tailing is measured: a number (default 1000), or all
 *   --rows A,B     rows of the tables that are compared (default 10000,1000000)
 *   --collector    has the OpenTelemetry Collector ship the same objects to the same receiver; it is built with Go the first time (10 minutes)
 *   --peer NAME=COMMAND  has another program do so, any number of times: a command for the shell, which finds the folder of objects in
 *                  FLOWFERRY_BENCH_BUCKET and the receiver in FLOWFERRY_BENCH_ENDPOINT, and is ended when all records have come
 *   --earlier COMMIT  has an earlier version of this program do so, from the repository's history; 0.1.0 was last at b76d3ed
 *   --only PART    goals (throughput and startup, and what is to be reached), throughput, stages, rules, tables, scale, startup, small, detections or archive (with --flows 10000000: 15 GB of disk, half an hour)
 *   --hosts N      hosts of the day that the detections are tried on (default 1000; 300 with --quick)
 *   --program FILE what startup and archive start (default dist/main.js, which `npm run build` makes)
 *   --distinct     archive: no connections are kept open, so that most flows are of a conversation of their own
 *   --written DIR  archive: asks `archive` and `enriched` of this folder, which are of the same bucket, instead of writing them first
 *   --seed TEXT    seed of the bucket
 *   --profile DIR  write CPU profiles of the program there, and tell which functions took most
 *   --record       add the ratios of throughput to test/bench/history.jsonl: a line for each release
 *   --markdown     tables in Markdown
 */
import { cpus, totalmem } from "node:os";
import { parseArgs } from "node:util";
import { describeError } from "../../src/lib/errors.ts";
import { archive } from "./archive.ts";
import { benchBucket } from "./bucket.ts";
import { collector } from "./collector.ts";
import { canPin } from "./cores.ts";
import { detections } from "./detections/report.ts";
import { earlierProgram } from "./earlier.ts";
import { goals } from "./goals.ts";
import { beside, record } from "./history.ts";
import { peerOf } from "./peer.ts";
import { hottest } from "./profile.ts";
import { rules } from "./rules.ts";
import { scale } from "./scale.ts";
import { small } from "./small.ts";
import { stages } from "./stages.ts";
import { built, startup } from "./startup.ts";
import { markdown, plain, type Table } from "./table.ts";
import { tables } from "./tables.ts";
import { type Throughput, throughput, throughputTable } from "./throughput.ts";

/** Parts whose numbers have goals. */
const GOALS: ReadonlySet<string> = new Set(["throughput", "startup"]);

try {
  await main();
} catch (error) {
  process.stderr.write(`bench: ${describeError(error)}\n`);
  process.exitCode = 1;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      flows: { type: "string" },
      quick: { type: "boolean", default: false },
      rounds: { type: "string", default: "1" },
      scale: { type: "string" },
      backlog: { type: "string" },
      rows: { type: "string" },
      collector: { type: "boolean", default: false },
      peer: { type: "string", multiple: true, default: [] },
      earlier: { type: "string" },
      only: { type: "string" },
      hosts: { type: "string" },
      program: { type: "string", default: "dist/main.js" },
      seed: { type: "string", default: "bench" },
      profile: { type: "string" },
      distinct: { type: "boolean", default: false },
      written: { type: "string" },
      record: { type: "boolean", default: false },
      markdown: { type: "boolean", default: false },
    },
  });

  const say = (line: string) => void process.stderr.write(`${line}\n`);
  const print = (table: Table) => void process.stdout.write(`${values.markdown ? markdown(table) : plain(table)}\n`);
  const wholeNumbers = (name: string, text: string): number[] =>
    text.split(",").map((word) => {
      if (!/^[1-9]\d{0,9}$/.test(word)) throw new Error(`--${name} ${text}: expected whole numbers above 0`);
      return Number(word);
    });

  const { quick, only, profile } = values;
  const parts = ["goals", "throughput", "stages", "rules", "tables", "scale", "startup", "small", "detections", "archive"];
  if (only !== undefined && !parts.includes(only)) throw new Error(`--only is one of ${parts.join(", ")}`);
  const wanted = (part: string) => only === undefined || only === part || (only === "goals" && GOALS.has(part));
  const [flows = 0] = wholeNumbers("flows", values.flows ?? (quick ? "50000" : "1000000"));
  const [rounds = 1] = wholeNumbers("rounds", values.rounds);
  const sizes = wholeNumbers("scale", values.scale ?? (quick ? "200,20000" : "2000,200000"));

  const [backlog] = values.backlog === "all" ? [] : wholeNumbers("backlog", values.backlog ?? (quick ? "100" : "1000"));

  const [{ model = "unknown processor" } = {}] = cpus();
  const machine = `${model.trim()}, ${cpus().length} threads, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}`;
  process.stdout.write(`${machine}\n\n`);

  // Said before the rest has taken its time.
  if (wanted("startup")) built(values.program);
  let measured: Throughput | undefined;
  if (wanted("throughput")) {
    const bench = await benchBucket(flows, values.seed, say);
    const peers = [...(values.collector ? [collector("gzip"), collector("zstd")] : []), ...values.peer.map(peerOf)];
    const earlier = values.earlier === undefined ? undefined : earlierProgram(values.earlier);
    if (!canPin()) say("taskset is not there, or a second core: whatever is measured has all cores");
    measured = await throughput(bench, { rounds, profile, peers, earlier, say });
    const table = throughputTable(measured, bench);
    print(table);
    process.stdout.write(`${beside(table, flows)}\n`);
    if (values.record) record(table, flows, machine);
    if (profile !== undefined) print(hottest(profile, 30));
  }
  if (wanted("stages")) for (const table of await stages(await benchBucket(flows, values.seed, say), say)) print(table);
  if (wanted("rules")) print(await rules(say));
  if (wanted("tables")) print(await tables(wholeNumbers("rows", values.rows ?? (quick ? "1000,20000" : "10000,1000000")), say));
  const start = wanted("startup") ? await startup(values.program, rounds, say) : undefined;
  if (start !== undefined) print(start.table);
  if (measured !== undefined) print(goals(measured, start));
  if (wanted("small")) print(await small(quick ? 200 : 2_000, rounds, say));
  if (wanted("detections")) {
    const [hosts = 0] = wholeNumbers("hosts", values.hosts ?? (quick ? "300" : "1000"));
    for (const table of await detections(hosts, values.seed, say)) print(table);
  }
  if (wanted("archive")) {
    const { seed, program, written, distinct } = values;
    const bucket = await benchBucket(flows, seed, say, { vnics: 200, kept: distinct ? 0 : 0.7 });
    for (const table of await archive(bucket, { seed, program, written, say })) print(table);
  }
  if (wanted("scale")) print(await scale(sizes, backlog, say));
}
