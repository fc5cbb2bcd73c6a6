import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { freePorts, onPath, run, startProcess, untilReady } from "../backends/servers/process.ts";
import { Unavailable } from "../backends/servers/unavailable.ts";
import { CACHE } from "./cache.ts";
import type { Engine } from "./engine.ts";

const VERSION = "4.2.0";
const SESSION = fileURLToPath(new URL("spark_session.py", import.meta.url));

/** Spark from PyPI, in a virtual environment of its own. */
async function installed(): Promise<string> {
  for (const program of ["java", "python3"]) {
    if (!onPath(program))
      throw new Unavailable("Spark", `it needs ${program} on the PATH (Java 17 or newer, Python 3.10 or newer)`);
  }
  const environment = join(CACHE, `spark-${VERSION}`);
  const python = join(environment, "bin", "python3");
  if (existsSync(join(environment, "done"))) return python;
  process.stderr.write("Spark: fetching it from PyPI (once; some minutes)\n");
  mkdirSync(CACHE, { recursive: true });
  try {
    await run("python3", ["-m", "venv", "--clear", environment], { timeoutMs: 120_000 });
    await run(python, ["-m", "pip", "install", "-q", `pyspark==${VERSION}`], { timeoutMs: 1_200_000 });
    await run("touch", [join(environment, "done")], { timeoutMs: 10_000 });
  } catch (error) {
    throw new Unavailable("Spark", `it cannot be installed: ${error instanceof Error ? error.message : error}`, { cause: error });
  }
  return python;
}

/** A cluster of a master and a worker, on loopback, and a session on it whose tables are below `folder`. */
export async function startSpark(folder: string): Promise<Engine> {
  const python = await installed();
  const home = (
    await run(python, ["-c", "import pyspark, os; print(os.path.dirname(pyspark.__file__))"], { timeoutMs: 60_000 })
  ).trim();
  const [port = 0, ui = 0, workerUi = 0] = await freePorts(3);
  const env = { SPARK_HOME: home, SPARK_LOCAL_IP: "127.0.0.1", SPARK_DAEMON_MEMORY: "512m", PYSPARK_PYTHON: python, TZ: "UTC" };
  const shell = join(home, "bin", "spark-class");
  const url = `spark://127.0.0.1:${port}`;
  const master = await startProcess(
    shell,
    ["org.apache.spark.deploy.master.Master", "--host", "127.0.0.1", "--port", String(port), "--webui-port", String(ui)],
    { env, cwd: folder },
  );
  const closers = [() => master.stop()];
  const stop = async () => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  try {
    await untilReady("Spark's master", master, `http://127.0.0.1:${ui}/json/`, { timeoutMs: 180_000 });
    const worker = await startProcess(
      shell,
      [
        ...["org.apache.spark.deploy.worker.Worker", "--host", "127.0.0.1", "--cores", "2", "--memory", "1g"],
        ...["--webui-port", String(workerUi), "--work-dir", join(folder, "work"), url],
      ],
      { env, cwd: folder },
    );
    closers.push(() => worker.stop());
    await untilReady("Spark's worker", worker, `http://127.0.0.1:${workerUi}/json/`, { timeoutMs: 180_000 });
    const session = spawn(python, [SESSION, url], {
      cwd: folder,
      env: { ...process.env, ...env },
      stdio: ["pipe", "pipe", "pipe"],
    });
    closers.push(async () => {
      session.stdin.end();
      if (session.exitCode === null) await once(session, "close");
    });
    let said = "";
    session.stderr.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(-8_000);
    });
    const answers = createInterface({ input: session.stdout })[Symbol.asyncIterator]();
    const next = async (): Promise<Record<string, unknown>> => {
      const { value, done } = await answers.next();
      if (done) throw new Error(`Spark's session has ended:\n${said}`);
      return JSON.parse(value) as Record<string, unknown>;
    };
    const { version, workers } = await next();
    if (workers !== 1) throw new Error(`Spark has ${workers} workers instead of one`);
    return {
      ...{ name: "Spark", version: String(version), stop },
      async run(sql) {
        session.stdin.write(`${JSON.stringify(sql)}\n`);
        const { rows, error } = await next();
        if (error !== undefined) throw new Error(`${error}\n${sql}`);
        return rows as unknown[][];
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
