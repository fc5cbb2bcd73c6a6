/**
 * `npm run bench -- [options]`: what the program costs beside a floor measured in the same run. It prints and never judges.
 *
 *   --flows N      flows of the bucket (default 1000000)
 *   --quick        a small bucket, and small sizes for the scale part
 *   --rounds N     how often floor and program run in turn; of each number the middle one counts, of memory the highest (default 1)
 *   --scale A,B    numbers of objects to compare (default 2000,200000)
 *   --backlog N    of these, how many are read before the tailing is measured: a number (default 1000), or all
 *   --rows A,B     rows of the tables that are compared (default 10000,1000000)
 *   --only PART    throughput, stages, rules, tables, scale, startup, detections or archive (with --flows 10000000: 15 GB of disk, half an hour)
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
import { detections } from "./detections/report.ts";
import { beside, record } from "./history.ts";
import { hottest } from "./profile.ts";
import { rules } from "./rules.ts";
import { scale } from "./scale.ts";
import { stages } from "./stages.ts";
import { startup } from "./startup.ts";
import { markdown, plain, type Table } from "./table.ts";
import { tables } from "./tables.ts";
import { throughput } from "./throughput.ts";

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
  const parts = ["throughput", "stages", "rules", "tables", "scale", "startup", "detections", "archive"];
  if (only !== undefined && !parts.includes(only)) throw new Error(`--only is one of ${parts.join(", ")}`);
  const wanted = (part: string) => only === undefined || only === part;
  const [flows = 0] = wholeNumbers("flows", values.flows ?? (quick ? "50000" : "1000000"));
  const [rounds = 1] = wholeNumbers("rounds", values.rounds);
  const sizes = wholeNumbers("scale", values.scale ?? (quick ? "200,20000" : "2000,200000"));

  const [backlog] = values.backlog === "all" ? [] : wholeNumbers("backlog", values.backlog ?? (quick ? "100" : "1000"));

  const [{ model = "unknown processor" } = {}] = cpus();
  const machine = `${model.trim()}, ${cpus().length} threads, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}`;
  process.stdout.write(`${machine}\n\n`);

  if (wanted("throughput")) {
    const table = await throughput(await benchBucket(flows, values.seed, say), { rounds, profile, say });
    print(table);
    process.stdout.write(`${beside(table, flows)}\n`);
    if (values.record) record(table, flows, machine);
    if (profile !== undefined) print(hottest(profile, 30));
  }
  if (wanted("stages")) for (const table of await stages(await benchBucket(flows, values.seed, say), say)) print(table);
  if (wanted("rules")) print(await rules(say));
  if (wanted("tables")) print(await tables(wholeNumbers("rows", values.rows ?? (quick ? "1000,20000" : "10000,1000000")), say));
  if (wanted("startup")) print(await startup(values.program, rounds, say));
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
