import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { asset } from "../../src/lib/assets.ts";
import { available } from "../backends/servers/available.ts";
import { run } from "../backends/servers/process.ts";
import { buildImage } from "./image.ts";
import { profileOfUnit } from "./syscalls.ts";

const FLOWS = 20_000;
const { version } = JSON.parse(readFileSync(asset("package.json"), "utf8")) as { version: string };
const image = available("image", buildImage);

const started: string[] = [];
afterEach(async () => {
  for (const id of started.splice(0)) await image().podman("rm", "--force", "--time", "1", id);
});

/** Podman's arguments that mount a bucket of made-up flows, and a configuration that reads it; and how many records the bucket holds. */
async function setting(): Promise<{ mounts: string[]; records: number }> {
  const bucket = image().folder("bucket");
  const settings = image().folder("settings");
  const args = ["src/main.ts", "generate", "--format", "oci", "--flows", String(FLOWS), "--seed", "7"];
  const truth = join(image().folder("truth"), "truth.json");
  await run(process.execPath, [...args, "--out", bucket, "--truth", truth, "--force"], { cwd: asset("."), timeoutMs: 120_000 });
  const { records } = JSON.parse(readFileSync(truth, "utf8")) as { records: number };
  const text = `
source: { type: directory, path: /bucket }
sinks: [{ type: ndjson, path: /var/lib/flowferry/out.ndjson }]
ledger: { path: /var/lib/flowferry/flowferry.db }
telemetry: { listen: "127.0.0.1:9464" }
`;
  writeFileSync(join(settings, "flowferry.yaml"), text);
  return { mounts: ["-v", `${settings}:/etc/flowferry:ro`, "-v", `${bucket}:/bucket:ro`], records };
}

const node = (script: string, ...options: string[]) =>
  image().podman("run", "--rm", ...image().confined, ...options, "--entrypoint", "/app/bin/node", image().name, "-e", script);

test("the demo runs as uid 65532 on a root that cannot be written, without network and capabilities", async () => {
  const demo = await image().podman("run", "--rm", ...image().confined, image().name, "demo");
  expect(demo).toMatch(/ 0 records missing, 0 twice\./);
  const who = `try { fs.writeFileSync("/app/x", ""); } catch (error) { console.log(process.getuid(), process.getgid(), error.code); }`;
  expect(await node(who)).toBe("65532 65532 EROFS\n");
});

test("there is no shell in it", async () => {
  const shell = image().podman("run", "--rm", ...image().confined, "--entrypoint", "/bin/sh", image().name, "-c", "true");
  await expect(shell).rejects.toThrow(/\/bin\/sh.*no such file/i);
});

test("labels say what it is, and an SBOM names what it is made of, Node included", async () => {
  const [{ Labels, Config }] = JSON.parse(await image().podman("inspect", image().name)) as [
    { Labels: Record<string, string>; Config: { User: string } },
  ];
  const label = (name: string) => Labels[`org.opencontainers.image.${name}`];
  expect([label("title"), label("version"), label("revision"), label("licenses")]).toEqual([
    "flowferry",
    version,
    "abc123",
    "Apache-2.0",
  ]);
  expect(Config.User).toBe("65532:65532");
  const sbom = JSON.parse(await node(`process.stdout.write(fs.readFileSync("/app/sbom.cdx.json"))`));
  const { packages } = JSON.parse(readFileSync(asset("package-lock.json"), "utf8")) as {
    packages: Record<string, { dev?: boolean; version: string }>;
  };
  const shipped = Object.entries(packages).filter(([path, { dev }]) => path !== "" && dev !== true);
  const purls = new Set((sbom.components as { purl: string }[]).map(({ purl }) => purl));
  const expected = shipped.map(
    ([path, of]) => `pkg:npm/${path.replace(/^.*node_modules\//, "").replace("@", "%40")}@${of.version}`,
  );
  expect(sbom).toMatchObject({ bomFormat: "CycloneDX", metadata: { component: { name: "flowferry", version } } });
  expect(expected.filter((purl) => !purls.has(purl))).toEqual([]);
  expect((sbom.components as { hashes?: object[] }[]).filter(({ hashes }) => hashes === undefined)).toHaveLength(1);
  const { node: nodeVersion } = JSON.parse(await node("console.log(JSON.stringify(process.versions))")) as { node: string };
  expect([...purls].filter((purl) => purl.startsWith("pkg:npm/node-linux-"))).toEqual([
    expect.stringMatching(new RegExp(`@${nodeVersion.replaceAll(".", "\\.")}$`)),
  ]);
});

test("the system calls that the systemd unit allows are enough", async () => {
  const profile = join(image().folder("seccomp"), "profile.json");
  writeFileSync(profile, JSON.stringify(profileOfUnit()));
  const filtered = [...image().confined, "--security-opt", `seccomp=${profile}`];
  expect(await image().podman("run", "--rm", ...filtered, image().name, "demo")).toMatch(/ 0 records missing, 0 twice\./);
  const raise = `try { os.setPriority(0, 5); } catch (error) { console.log(error.info.code); }`;
  expect(await node(raise, "--security-opt", `seccomp=${profile}`)).toBe("EPERM\n");
});

test("a worker keeps its ledger in a volume, is healthy, and ends within its grace with exit code 0; the next one goes on", async () => {
  const { podman, confined, name } = image();
  const { mounts, records } = await setting();
  const volume = ["-v", "worker:/var/lib/flowferry"];
  const id = (await podman("run", "--detach", ...confined, ...mounts, ...volume, name)).trim().split("\n").at(-1) ?? "";
  started.push(id);
  const delivered = () => podman("exec", id, "/app/bin/node", "-e", COUNT).catch(String);
  await expect.poll(delivered, { interval: 500 }).toBe(`${records}\n`);
  await podman("healthcheck", "run", id);
  const before = performance.now();
  await podman("stop", "--time", "30", id);
  const seconds = (performance.now() - before) / 1000;
  expect(seconds).toBeLessThan(25);
  const [{ State }] = JSON.parse(await podman("inspect", id)) as [{ State: { ExitCode: number; OOMKilled: boolean } }];
  expect([State.ExitCode, State.OOMKilled]).toEqual([0, false]);
  const job = await podman(
    "run",
    "--rm",
    ...confined,
    ...mounts,
    ...volume,
    name,
    "run",
    "--until-caught-up",
    "--json",
    "-c",
    CONFIG,
  );
  expect(JSON.parse(lastLine(job))).toMatchObject({ records: 0, sinks: { ndjson: { delivered: 0, deadLettered: 0 } } });
});

test("its health check fails where nothing answers", async () => {
  const { podman, confined, name } = image();
  const idle = ["--entrypoint", "/app/bin/node", name, "-e", "setInterval(() => {}, 1000)"];
  const id = (await podman("run", "--detach", ...confined, ...idle)).trim().split("\n").at(-1) ?? "";
  started.push(id);
  await expect(podman("healthcheck", "run", id)).rejects.toThrow(/exit code 1/);
});

test("in 256 MB it delivers all, with a heap that leaves room for what is beside it", async () => {
  const { podman, confined, name, folder } = image();
  const { mounts, records } = await setting();
  const state = folder("state");
  chmodSync(state, 0o777);
  const bounded = [...confined, "--memory", "256m", "-v", `${state}:/var/lib/flowferry`];
  const job = await podman("run", "--rm", ...bounded, ...mounts, name, "run", "--until-caught-up", "--json", "-c", CONFIG);
  expect(JSON.parse(lastLine(job))).toMatchObject({ records, sinks: { ndjson: { delivered: records } } });
  const [{ Config }] = JSON.parse(await podman("inspect", name)) as [{ Config: { Entrypoint: string[] } }];
  const heap = Config.Entrypoint.filter((word) => word.startsWith("--max-old-space"));
  const limit = "console.log(process.constrainedMemory() / 2 ** 20, v8.getHeapStatistics().heap_size_limit / 2 ** 20)";
  const run = ["run", "--rm", ...bounded, "--entrypoint", "/app/bin/node", name, ...heap, "-e", limit];
  const [memory = 0, most = 0] = lastLine(await podman(...run))
    .split(" ")
    .map(Number);
  expect(memory).toBe(256);
  expect(most).toBeLessThan(0.8 * 256);
});

const CONFIG = "/etc/flowferry/flowferry.yaml";
/** Counts the lines that the worker has written. */
const COUNT = `let lines = 0; for (const byte of fs.readFileSync("/var/lib/flowferry/out.ndjson")) if (byte === 10) lines++; console.log(lines);`;

const lastLine = (text: string): string => text.trimEnd().split("\n").at(-1) ?? "";
