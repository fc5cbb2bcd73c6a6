import { execFile } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startOci } from "../simulators/oci/index.ts";
import { addLogAnalytics, LOG_GROUP } from "../unit/sinks/log-analytics-parts.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** On disk, as `du -m` counts; 80.3 at the time of writing, a quarter of it OpenTelemetry. */
const MOST_MEBIBYTES = 81;

let consumer: string;
let files: readonly string[];
let installed: string;

/** Runs a program in the consumer's folder. Rejects, with what it printed, if it fails. */
const run = (file: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  promisify(execFile)(file, args, { cwd: consumer, env: { ...process.env, ...env }, maxBuffer: 64 * 1024 ** 2 });

beforeAll(async () => {
  consumer = mkdtempSync(join(tmpdir(), "flowferry-package-"));
  const packed = await promisify(execFile)("npm", ["pack", "--json", "--silent", "--pack-destination", consumer], { cwd: ROOT });
  const parsed: unknown = JSON.parse(packed.stdout.slice(packed.stdout.search(/^[[{]/m)));
  const [tarball] = Object.values(parsed as Record<string, { filename: string; files: { path: string }[] }>);
  if (tarball === undefined) throw new Error(`npm pack names no tarball: ${packed.stdout}`);
  files = tarball.files.map(({ path }) => path);
  writeFileSync(join(consumer, "package.json"), JSON.stringify({ private: true, type: "module" }));
  const quiet = ["--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error"];
  await run("npm", ["install", "--omit=dev", ...quiet, join(consumer, tarball.filename)]);
  installed = join(consumer, "node_modules", "flowferry");
});
afterAll(() => rmSync(consumer, { recursive: true, force: true }));

it("holds the program, its tables, the schema and the reference, and no map without its source", () => {
  const needed = [
    "dist/main.js",
    "dist/flowferry.1",
    "dist/index.d.ts",
    "README.md",
    "CHANGELOG.md",
    "LICENSE",
    "lookups/ports.csv",
  ];
  expect(files).toEqual(expect.arrayContaining([...needed, "src/config/schema.json", "src/config/reference.md"]));
  expect(files.filter((path) => path.endsWith(".map"))).toEqual([]);
  for (const path of files)
    if (/\.js$/.test(path)) expect(readFileSync(join(installed, path), "utf8")).not.toContain("sourceMappingURL");
});

it("weighs little with all that it needs", () => {
  const weights = weightsOf(join(consumer, "node_modules"));
  const heaviest = [...weights].sort(([, a], [, b]) => b - a).slice(0, 12);
  const mebibytes = [...weights.values()].reduce((sum, bytes) => sum + bytes, 0) / 1024 ** 2;
  expect(mebibytes, heaviest.map(([name, bytes]) => `${name} ${(bytes / 1024 ** 2).toFixed(1)}`).join(", ")).toBeLessThan(
    MOST_MEBIBYTES,
  );
});

it("prints its version", async () => {
  const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };
  const { stdout, stderr } = await run("npx", ["--no-install", "flowferry", "--version"]);
  expect([stdout, stderr]).toEqual([`${version}\n`, ""]);
});

it("says on an older Node what it needs", async () => {
  const older = `data:text/javascript,Object.defineProperty(process.versions, "node", { value: "20.20.2" })`;
  const main = join(installed, "dist", "main.js");
  await expect(run(process.execPath, ["--import", older, main, "--version"])).rejects.toMatchObject({
    code: 2,
    stdout: "",
    stderr: expect.stringMatching(/^flowferry needs Node 24 or newer, this is Node 20\.20\.2: .*\n$/),
  });
});

it("says how the packages are added that it does not bring along", async () => {
  const ended = await run(process.execPath, [join(installed, "dist/main.js"), "report", "html", "-i", "."]).catch(
    (error) => error,
  );
  expect([ended.code, ended.stderr]).toEqual([
    2,
    "flowferry: this command needs ECharts, which is not installed: npm install echarts\n",
  ]);
});

it("shows the demo", async () => {
  const { stdout } = await run("npx", ["--no-install", "flowferry", "demo"]);
  expect(stdout).toMatch(/ 0 records missing, 0 twice\./);
});

it("prints the schema that it brings along", async () => {
  const { stdout } = await run("npx", ["--no-install", "flowferry", "schema"]);
  expect(stdout).toBe(readFileSync(join(installed, "src/config/schema.json"), "utf8"));
});

it("serves the examples of the library, which type-check", async () => {
  const examples = join(ROOT, "examples", "library");
  for (const name of readdirSync(examples)) copyFileSync(join(examples, name), join(consumer, name));
  const types = { types: ["node"], typeRoots: [join(ROOT, "node_modules", "@types")] };
  const compilerOptions = {
    ...types,
    module: "nodenext",
    target: "esnext",
    strict: true,
    noEmit: true,
    skipLibCheck: false,
    allowImportingTsExtensions: true,
  };
  writeFileSync(join(consumer, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }));
  await run(join(ROOT, "node_modules", ".bin", "tsc"), ["-p", "."]);

  mkdirSync(join(consumer, "bucket"));
  writeFileSync(join(consumer, "bucket", "a.csv"), "2026-01-31T12:00:00Z,10.0.1.7,51234,203.0.113.9,443,6,1200\n");
  const { stdout } = await run(process.execPath, ["pipeline.ts", "bucket", "program.csv"]);
  expect(stdout).toBe("1 records, 0 bad, 1 delivered\n");
  await run("npx", ["--no-install", "flowferry", "run", "--until-caught-up", "-c", "flowferry.yaml"], { OUT: "command.csv" });
  const rows = readFileSync(join(consumer, "program.csv"), "utf8");
  expect(rows).toMatch(/^[0-9a-f]{32},10\.0\.1\.7,203\.0\.113\.9,HTTPS,1200\n$/);
  expect(readFileSync(join(consumer, "command.csv"), "utf8")).toBe(rows);

  writeFileSync(join(consumer, "servers.csv"), "address,server\n10.0.1.7,web-1\n");
  const enriched = await run(process.execPath, ["enriching-processor.ts"], { SERVERS: "servers.csv" });
  expect(enriched.stdout).toMatch(/["']flow\.source\.server["']: ["']web-1["']/);

  const oci = await startOci();
  try {
    const service = addLogAnalytics(oci);
    await run(process.execPath, ["log-analytics-exporter.ts"], {
      LOG_ANALYTICS_NAMESPACE: oci.namespace,
      LOG_GROUP_ID: LOG_GROUP,
      LOG_ANALYTICS_ENDPOINT: oci.endpoint,
      OCI_CONFIG_FILE: oci.config,
    });
    expect(service.state.otlp).toMatchObject([
      { logGroupId: LOG_GROUP, resource: { "service.name": "shop" }, record: { body: { stringValue: "the cart is empty" } } },
    ]);
  } finally {
    await oci.stop();
  }
});

/** What a folder's packages take on the disk, in whole blocks as `du` counts them. */
function weightsOf(folder: string): Map<string, number> {
  const weights = new Map<string, number>();
  for (const name of readdirSync(folder)) weights.set(name, weightOf(join(folder, name)));
  return weights;
}

function weightOf(path: string): number {
  if (!existsSync(path)) return 0;
  const stat = statSync(path);
  const own = stat.blocks * 512;
  return stat.isDirectory() ? readdirSync(path).reduce((sum, name) => sum + weightOf(join(path, name)), own) : own;
}
