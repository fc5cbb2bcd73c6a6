import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installDebianPackages } from "./debian.ts";
import { freePorts, run, startProcess } from "./process.ts";

const PACKAGES = ["radosgw", "ceph-mon", "ceph-osd", "ceph-common"];
const COMMANDS = ["radosgw", "radosgw-admin", "ceph-mon", "ceph-osd", "ceph-authtool", "monmaptool", "ceph"];
const COMMAND_TIMEOUT_MS = 60_000;

export interface CephCluster {
  /** Environment with which every Ceph program finds the cluster and its keys. */
  readonly env: { CEPH_CONF: string };
  /** Ends the daemons and removes everything stored. */
  stop(): Promise<void>;
}

/**
 * Starts the smallest Ceph cluster that serves a gateway: one monitor, and one OSD that keeps objects in memory.
 * Without a manager: placement groups and I/O do without its statistics.
 * Installs the packages where they are missing, the gateway's too.
 */
export async function startCephCluster(): Promise<CephCluster> {
  await installDebianPackages("Ceph radosgw", PACKAGES, COMMANDS);
  await using stack = new AsyncDisposableStack();

  const directory = await mkdtemp(join(tmpdir(), "flowferry-ceph-"));
  stack.defer(() => rm(directory, { recursive: true, force: true }));
  const file = (name: string): string => join(directory, name);
  await mkdir(file("mon"));
  await mkdir(file("osd"));

  const cluster = randomUUID();
  const osd = randomUUID();
  const [port] = await freePorts(1);
  const monitor = `[v2:127.0.0.1:${port}]`;
  await writeFile(file("ceph.conf"), configuration(directory, cluster, monitor));
  const env = { CEPH_CONF: file("ceph.conf") };
  const ceph = (command: string, ...args: string[]): Promise<string> =>
    run(command, args, { env, timeoutMs: COMMAND_TIMEOUT_MS });
  const daemon = async (command: string, id: string): Promise<void> => {
    const server = await startProcess(command, ["-i", id, "-f"], { env });
    // What is stored is thrown away: an orderly end, which takes the OSD seconds, would save nothing.
    stack.defer(() => server.stop(0));
  };

  await createKeyring(ceph, file("keyring"));
  await ceph("monmaptool", "--create", "--fsid", cluster, "--addv", "a", monitor, file("monmap"));
  await ceph("ceph-mon", "-i", "a", "--mkfs", "--monmap", file("monmap"), "--keyring", file("keyring"));
  await daemon("ceph-mon", "a");
  await ceph("ceph", "--connect-timeout", "30", "osd", "new", osd);
  await ceph("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", osd);
  await daemon("ceph-osd", "0");

  const stop = stack.move();
  return { env, stop: () => stop.disposeAsync() };
}

/** Writes the keys of all parts of the cluster into one file, which the monitor takes over with their capabilities. */
async function createKeyring(ceph: (command: string, ...args: string[]) => Promise<string>, keyring: string): Promise<void> {
  const add = (name: string, ...capabilities: string[]): Promise<string> =>
    ceph("ceph-authtool", keyring, "--gen-key", "-n", name, ...capabilities.flatMap((one) => ["--cap", ...one.split("=")]));
  await ceph("ceph-authtool", "--create-keyring", keyring, "--gen-key", "-n", "mon.", "--cap", "mon", "allow *");
  await add("client.admin", "mon=allow *", "osd=allow *");
  await add("osd.0", "mon=allow profile osd", "osd=allow *");
}

/**
 * The configuration of the whole cluster, on loopback and inside `directory` only.
 * - `memstore` needs no block device. Pools have one copy, and few placement groups: there is one OSD.
 * - The monitor commits at once (`paxos_*`): by default it collects changes for a second, at each pool that is created.
 * - It ends when its file system has less than 5 % free, unless told otherwise.
 */
function configuration(directory: string, cluster: string, monitor: string): string {
  return `[global]
fsid = ${cluster}
mon_host = ${monitor}
keyring = ${directory}/keyring
ms_bind_msgr1 = false
public_network = 127.0.0.0/8
cluster_network = 127.0.0.0/8
run_dir = ${directory}
crash_dir = ${directory}
pid_file =
admin_socket =
log_file =
mon_cluster_log_file =
log_to_stderr = true
err_to_stderr = true
paxos_propose_interval = 0.01
paxos_min_wait = 0.01
mon_data_avail_crit = 1
mon_data = ${directory}/mon
mon_allow_pool_size_one = true
osd_data = ${directory}/osd
osd_objectstore = memstore
memstore_device_bytes = 4294967296
osd_crush_chooseleaf_type = 0
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 4
osd_pool_default_pg_autoscale_mode = off
`;
}
