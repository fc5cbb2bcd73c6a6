import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { BenchBucket } from "./bucket.ts";
import { type Cores, spawnOn } from "./cores.ts";
import { outcomeOf, type Usage } from "./processes.ts";

/** A program that does what this one does: reads the objects of a folder, and sends their records to an OTLP receiver. */
export interface Peer {
  readonly name: string;
  /** What is to be started. It finds the folder and the receiver's base URL in FLOWFERRY_BENCH_BUCKET and FLOWFERRY_BENCH_ENDPOINT. */
  command(bucket: string, endpoint: string): Promise<readonly string[]>;
}

/** Of a `--peer NAME=COMMAND`, which a shell runs. Throws for another text. */
export function peerOf(text: string): Peer {
  const at = text.indexOf("=");
  if (at < 1 || at === text.length - 1) throw new Error(`--peer ${text}: expected NAME=COMMAND`);
  return { name: text.slice(0, at), command: async () => ["sh", "-c", text.slice(at + 1)] };
}

const POLL_MS = 100;
/** A peer that has sent nothing new for so long has no more to send. */
const LONGEST_PAUSE_MS = 60_000;

/**
 * Runs a peer until the receiver has as many records as the bucket, then ends it. Counts its CPU time from its start, that of its children
 * among it. Throws for one that ends or stops sending before.
 */
export async function runPeer(
  peer: Peer,
  { bucket, truth }: BenchBucket,
  receiver: string,
  cores: Cores | undefined,
): Promise<Usage & { records: number; seconds: number }> {
  const command = await peer.command(bucket, receiver);
  const env = { ...process.env, FLOWFERRY_BENCH_BUCKET: bucket, FLOWFERRY_BENCH_ENDPOINT: receiver };
  const started = performance.now();
  // A group of its own: all that it starts is counted, and ended.
  const child = spawnOn(cores, command, { env, stdio: ["ignore", "pipe", "pipe"], detached: true });
  const group = child.pid;
  if (group === undefined) throw new Error(`${peer.name} cannot be started: ${command[0]}`);
  let ended = false;
  const outcome = outcomeOf(child).finally(() => {
    ended = true;
  });
  const fail = async (what: string): Promise<never> => {
    if (!ended) process.kill(-group, "SIGKILL");
    const { stdout, stderr } = await outcome;
    throw new Error(`${peer.name} ${what} of ${truth.records} records:\n${(stderr || stdout).slice(-4000)}`);
  };
  let records = 0;
  let last = performance.now();
  let used = { cpuSeconds: 0, peakRssBytes: 0 };
  for (;;) {
    await sleep(POLL_MS);
    // What a process has used cannot be asked of it any more when it has ended.
    const now = usedBy(group);
    used = {
      cpuSeconds: Math.max(used.cpuSeconds, now.cpuSeconds),
      peakRssBytes: Math.max(used.peakRssBytes, now.peakRssBytes),
    };
    const arrived = ((await (await fetch(`${receiver}/stats`)).json()) as { records: number }).records;
    if (arrived > records) last = performance.now();
    records = arrived;
    if (records >= truth.records) break;
    if (ended) await fail(`ended with ${records}`);
    if (performance.now() - last > LONGEST_PAUSE_MS) await fail(`stopped sending with ${records}`);
  }
  const seconds = (performance.now() - started) / 1000;
  if (!ended) process.kill(-group, "SIGTERM");
  await outcome;
  if (records > truth.records) throw new Error(`${peer.name} sent ${records} of ${truth.records} records`);
  return { ...used, records, seconds, wallSeconds: seconds };
}

/** Of Linux, which counts in hundredths of a second. */
const TICKS = 100;

/** What the processes of a group have used, and those that they have waited for. */
function usedBy(group: number): { cpuSeconds: number; peakRssBytes: number } {
  let [ticks, peakRssBytes] = [0, 0];
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    const stat = fileOf(`/proc/${pid}/stat`);
    // Behind the name, which may hold anything, state and parent, then the group; the times are fields 14 to 17 of all.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (Number(fields[2]) !== group) continue;
    ticks += fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    peakRssBytes += Number(/^VmHWM:\s+(\d+) kB/m.exec(fileOf(`/proc/${pid}/status`))?.[1] ?? 0) * 1024;
  }
  return { cpuSeconds: ticks / TICKS, peakRssBytes };
}

/** Empty of a process that has gone meanwhile. */
function fileOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) return "";
    throw error;
  }
}
