import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePorts, onPath, run, startProcess, untilReady } from "../backends/servers/process.ts";
import { Unavailable } from "../backends/servers/unavailable.ts";
import { CACHE } from "./cache.ts";
import type { Engine } from "./engine.ts";

const VERSION = "476";
/** What Trino asks for, the least. */
const JAVA = 24;
const VIRTUAL_MACHINES = "/usr/lib/jvm";

async function javaHome(): Promise<string> {
  const homes = [
    process.env.TRINO_JAVA_HOME,
    process.env.JAVA_HOME,
    ...(existsSync(VIRTUAL_MACHINES) ? readdirSync(VIRTUAL_MACHINES).map((name) => join(VIRTUAL_MACHINES, name)) : []),
  ];
  for (const home of homes) {
    if (home === undefined || !existsSync(join(home, "bin", "java"))) continue;
    const settings = await run(join(home, "bin", "java"), ["-XshowSettings:properties", "--version"], {
      timeoutMs: 60_000,
    }).catch(() => "");
    if (Number(/\b(\d+)[.\d]* /.exec(settings)?.[1] ?? 0) >= JAVA) return home;
  }
  throw new Unavailable("Trino", `it needs Java ${JAVA} or newer: name its folder in TRINO_JAVA_HOME`);
}

/** Trino from Maven Central, without the connectors that are not asked for. */
async function installed(): Promise<string> {
  const home = join(CACHE, `trino-server-${VERSION}`);
  if (existsSync(home)) return home;
  if (!onPath("mvn")) throw new Unavailable("Trino", "it comes from Maven Central, and there is no `mvn` on the PATH");
  process.stderr.write("Trino: fetching it from Maven Central (once; 820 MB)\n");
  mkdirSync(CACHE, { recursive: true });
  const archive = join(CACHE, `trino-server-${VERSION}.tar.gz`);
  const making = join(CACHE, `trino.${process.pid}`);
  try {
    if (!existsSync(archive)) {
      const fetch = ["-q", "-B", "dependency:copy", `-Dartifact=io.trino:trino-server:${VERSION}:tar.gz`];
      await run("mvn", [...fetch, `-DoutputDirectory=${CACHE}`], { timeoutMs: 1_500_000 });
    }
    mkdirSync(making);
    await run("tar", ["xzf", archive, "-C", making], { timeoutMs: 600_000 });
    const plugins = join(making, `trino-server-${VERSION}`, "plugin");
    for (const name of readdirSync(plugins)) if (name !== "hive") rmSync(join(plugins, name), { recursive: true });
    renameSync(join(making, `trino-server-${VERSION}`), home);
    rmSync(archive);
  } catch (error) {
    throw new Unavailable("Trino", `it cannot be installed: ${error instanceof Error ? error.message : error}`, { cause: error });
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
  return home;
}

/** One node with the hive connector, whose metastore is a folder below `folder`. */
export async function startTrino(folder: string): Promise<Engine> {
  const java = await javaHome();
  const home = await installed();
  const [port = 0] = await freePorts(1);
  const etc = join(folder, "etc");
  mkdirSync(join(etc, "catalog"), { recursive: true });
  const write = (name: string, lines: readonly string[]) => writeFileSync(join(etc, name), `${lines.join("\n")}\n`);
  write("node.properties", ["node.environment=test", `node.data-dir=${join(folder, "data")}`]);
  write("jvm.config", [
    "-Xmx1500m",
    "-XX:+UseSerialGC",
    "-Duser.timezone=UTC",
    "-Djdk.attach.allowAttachSelf=true",
    "--add-modules=jdk.incubator.vector",
  ]);
  write("config.properties", [
    ...["coordinator=true", "node-scheduler.include-coordinator=true", `http-server.http.port=${port}`],
    ...[`discovery.uri=http://127.0.0.1:${port}`, "node.internal-address=127.0.0.1", "catalog.management=static"],
  ]);
  write("catalog/hive.properties", [
    ...["connector.name=hive", "hive.metastore=file", `hive.metastore.catalog.dir=file://${join(folder, "metastore")}`],
    ...["fs.hadoop.enabled=true", "hive.metastore.user=flowferry"],
  ]);
  const server = await startProcess(join(home, "bin", "launcher"), ["run", "--etc-dir", etc], {
    env: { JAVA_HOME: java, PATH: `${join(java, "bin")}:${process.env.PATH ?? ""}` },
    cwd: folder,
  });
  try {
    await untilReady("Trino", server, `http://127.0.0.1:${port}/v1/info`, { timeoutMs: 300_000 });
    const ask = async (sql: string): Promise<unknown[][]> => {
      const headers = {
        "X-Trino-User": "flowferry",
        "X-Trino-Catalog": "hive",
        "X-Trino-Schema": "default",
        "X-Trino-Time-Zone": "UTC",
      };
      const rows: unknown[][] = [];
      let response = await fetch(`http://127.0.0.1:${port}/v1/statement`, { method: "POST", body: sql, headers });
      for (;;) {
        if (!response.ok) throw new Error(`${response.status}: ${await response.text()}\n${sql}`);
        const answer = (await response.json()) as { data?: unknown[][]; nextUri?: string; error?: { message: string } };
        if (answer.error !== undefined) throw new Error(`${answer.error.message}\n${sql}`);
        rows.push(...(answer.data ?? []));
        if (answer.nextUri === undefined) return rows;
        response = await fetch(answer.nextUri, { headers });
      }
    };
    for (let attempt = 1; ; attempt += 1) {
      try {
        await ask("CREATE SCHEMA IF NOT EXISTS hive.default");
        break;
      } catch (error) {
        // It answers before it has begun.
        if (attempt === 120 || !/initializing|No nodes available|not ready/i.test(String(error))) throw error;
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
    }
    return { name: "Trino", version: VERSION, run: ask, stop: () => server.stop(30_000) };
  } catch (error) {
    await server.stop();
    throw error;
  }
}
