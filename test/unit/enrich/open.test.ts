import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFile, mkdir, readFile, rename, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { LookupOptions } from "../../../src/enrich/tables/options.ts";
import type { LookupEvent } from "../../../src/enrich/tables/reload.ts";
import { asset } from "../../../src/lib/assets.ts";
import { UsageError } from "../../../src/lib/errors.ts";
import { TestClock } from "../lib/test-clock.ts";
import { type Lookups, openLookups } from "./lookups.ts";
import { flowOf } from "./snapshot.ts";
import { temporaryFolder } from "./tables/folder.ts";

/** Within this a changed file is in use, and a broken one refused. */
const SOON_MS = 5_000;

async function opened(options: LookupOptions): Promise<{ lookups: Lookups; events: LookupEvent[]; clock: TestClock }> {
  const events: LookupEvent[] = [];
  const clock = new TestClock();
  const lookups = await openLookups(options, (event) => events.push(event), clock);
  onTestFinished(() => lookups.close());
  return { lookups, events, clock };
}

const servers = (name: string) => `address,server\n10.0.0.1,${name}\n`;

function serverOf(lookups: Lookups, sourceAddress = "10.0.0.1"): string | undefined {
  const flow = flowOf({ sourceAddress });
  lookups.enrich([flow]);
  expect(flow.lookupsVersion).toBe(lookups.version);
  return flow.sourceServer;
}

async function withServers(name = "A") {
  const folder = await temporaryFolder();
  const path = join(folder, "servers.csv");
  await writeFile(path, servers(name));
  return { folder, path, ...(await opened({ servers: path })) };
}

describe("a change is picked up", () => {
  test("when the file is written in place", async () => {
    const { path, lookups, events, clock } = await withServers();
    expect(serverOf(lookups)).toBe("A");
    const before = lookups.version;
    await writeFile(path, servers("BB"));
    await clock.advance(SOON_MS);
    expect(serverOf(lookups)).toBe("BB");
    expect(lookups.version).not.toBe(before);
    expect(events).toEqual([
      {
        kind: "reloaded",
        ok: true,
        tables: ["servers"],
        version: lookups.version,
        message: `lookup tables reloaded: servers.csv (1 row); version ${lookups.version}`,
      },
    ]);
  });

  test("by the clock of the machine", async () => {
    const folder = await temporaryFolder();
    const path = join(folder, "servers.csv");
    await writeFile(path, servers("A"));
    const lookups = await openLookups({ servers: path }, () => {});
    onTestFinished(() => lookups.close());
    await setTimeout(50);
    await writeFile(path, servers("BB"));
    await vi.waitFor(() => expect(serverOf(lookups)).toBe("BB"), { timeout: 60_000, interval: 5 });
  });

  test("when an editor writes a new file and renames it", async () => {
    const { folder, path, lookups, clock } = await withServers();
    await writeFile(join(folder, ".servers.csv.swp"), servers("B"));
    await rename(join(folder, ".servers.csv.swp"), path);
    await clock.advance(SOON_MS);
    expect(serverOf(lookups)).toBe("B");
  });

  test("when the file is removed and written anew", async () => {
    const { path, lookups, events, clock } = await withServers();
    await rm(path);
    await clock.advance(1_000);
    await writeFile(path, servers("B"));
    await clock.advance(SOON_MS);
    expect(serverOf(lookups)).toBe("B");
    expect(events.map(({ kind }) => kind)).toEqual(["reloaded"]);
  });

  test("when a ConfigMap swaps the link to its folder, and all tables of it at once", async () => {
    const folder = await temporaryFolder();
    for (const [version, name, end] of [
      ["..v1", "A", "\n"],
      ["..v2", "B", ""],
    ] as const) {
      await mkdir(join(folder, version));
      await writeFile(join(folder, version, "servers.csv"), servers(name));
      await writeFile(join(folder, version, "networks.csv"), `cidr,zone,name\n10.0.0.0/8,internal,${name}${end}`);
    }
    await symlink("..v1", join(folder, "..data"));
    for (const file of ["servers.csv", "networks.csv"]) await symlink(join("..data", file), join(folder, file));
    const { lookups, events, clock } = await opened({
      servers: join(folder, "servers.csv"),
      networks: join(folder, "networks.csv"),
    });
    await symlink("..v2", join(folder, "..tmp"));
    await rename(join(folder, "..tmp"), join(folder, "..data"));
    const seen = new Set<string>();
    for (let ms = 0; ms <= SOON_MS; ms += 250) {
      const flow = flowOf({ sourceAddress: "10.0.0.1" });
      lookups.enrich([flow]);
      seen.add(`${flow.sourceServer} ${flow.sourceNetwork}`);
      await clock.advance(250);
    }
    expect(seen).toEqual(new Set(["A A", "B B"]));
    expect(events).toMatchObject([{ kind: "reloaded", tables: ["servers", "networks"] }]);
  });

  test("when the new file has the size and the time of the old one", async () => {
    const { folder, path, lookups, clock } = await withServers();
    const time = new Date(Date.now() - 60_000);
    await utimes(path, time, time);
    await clock.advance(SOON_MS);
    await writeFile(join(folder, "new"), servers("B"));
    await utimes(join(folder, "new"), time, time);
    await rename(join(folder, "new"), path);
    await clock.advance(SOON_MS);
    expect(serverOf(lookups)).toBe("B");
  });
});

describe("a broken file is refused", () => {
  test("once, with file, line and reason, while the last good table stays in use; the repair is taken over", async () => {
    const { path, lookups, events, clock } = await withServers();
    const { version } = lookups;
    await writeFile(path, "address,server\n10.0.0.1,B\n10.0.0.300,C\n10.0.0.301,D\n");
    await clock.advance(SOON_MS);
    expect(events).toEqual([
      {
        kind: "refused",
        ok: false,
        tables: ["servers"],
        version,
        message: `${path}:3: address "10.0.0.300": no IPv4 or IPv6 address: write one such as 10.0.1.7 or 2001:db8::7 (and 1 more: see flowferry lookups check); the last good servers table stays in use`,
      },
    ]);
    expect(serverOf(lookups)).toBe("A");
    await clock.advance(SOON_MS);
    await utimes(path, new Date(0), new Date(0));
    await clock.advance(SOON_MS);
    expect(events).toHaveLength(1);
    await writeFile(path, "address,server\n10.0.0.1,\n");
    await clock.advance(SOON_MS);
    expect(events).toHaveLength(2);
    expect(events[1]?.message).toContain(`${path}:2: server: is empty`);
    await writeFile(path, servers("BB"));
    await clock.advance(SOON_MS);
    expect(serverOf(lookups)).toBe("BB");
    expect(events.slice(2)).toMatchObject([
      {
        kind: "reloaded",
        ok: true,
        message: `lookup tables reloaded: servers.csv (1 row, good again); version ${lookups.version}`,
      },
    ]);
  });

  test("and said to be good again when it holds what is in use", async () => {
    const { path, lookups, events, clock } = await withServers();
    const { version } = lookups;
    await writeFile(path, "");
    await clock.advance(SOON_MS);
    expect(events).toMatchObject([{ kind: "refused" }]);
    await writeFile(path, servers("A"));
    await clock.advance(SOON_MS);
    expect(events).toMatchObject([{ kind: "refused" }, { kind: "recovered", ok: true, tables: ["servers"], version }]);
    expect(lookups.version).toBe(version);
  });

  test("when it vanishes; when it comes back it is taken over", async () => {
    const { path, lookups, events, clock } = await withServers();
    await rm(path);
    await clock.advance(SOON_MS);
    expect(events).toMatchObject([{ kind: "refused", ok: false, tables: ["servers"] }]);
    expect(events[0]?.message).toContain(`${path}: does not exist`);
    await clock.advance(60_000);
    expect(events).toHaveLength(1);
    expect(serverOf(lookups)).toBe("A");
    await writeFile(path, servers("B"));
    await clock.advance(SOON_MS);
    expect(serverOf(lookups)).toBe("B");
  });

  test("alone: other files that changed with it are taken over", async () => {
    const folder = await temporaryFolder();
    const paths = { servers: join(folder, "servers.csv"), networks: join(folder, "networks.csv") };
    await writeFile(paths.servers, servers("A"));
    await writeFile(paths.networks, "cidr,zone,name\n10.0.0.0/8,internal,A\n");
    const { lookups, events, clock } = await opened(paths);
    await writeFile(paths.networks, "cidr,zone,name\n10.0.0.0/8,nowhere,BB\n");
    await writeFile(paths.servers, servers("BB"));
    await clock.advance(SOON_MS);
    const flow = flowOf({ sourceAddress: "10.0.0.1" });
    lookups.enrich([flow]);
    expect([flow.sourceServer, flow.sourceNetwork]).toEqual(["BB", "A"]);
    expect(events.map(({ kind, tables }) => [kind, ...tables]).sort()).toEqual([
      ["refused", "networks"],
      ["reloaded", "servers"],
    ]);
    expect(lookups.stale()).toMatchObject([{ table: "networks", file: paths.networks }]);
  });
});

describe("at the start", () => {
  test("a missing or broken file is an error with one line for each file", async () => {
    const folder = await temporaryFolder();
    const path = join(folder, "networks.csv");
    await writeFile(path, "cidr,zone,name\n10.0.0.0/8,inside,\n");
    const opening = openLookups({ servers: join(folder, "none.csv"), networks: path, subnets: folder }, () => {});
    const error = await opening.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UsageError);
    expect((error as UsageError).message.split("\n")).toEqual([
      `${join(folder, "none.csv")}: does not exist: create the file, or correct its path in the configuration`,
      `${path}:2: zone "inside": no zone: write internal, external, provider, multicast or broadcast`,
      `${folder}: is no regular file: name a file`,
    ]);
  });

  test("ports come from the file that ships with the program", async () => {
    const { lookups } = await opened({});
    expect(lookups.tables().files).toMatchObject([{ table: "ports", path: asset("lookups/ports.csv") }]);
    const flow = flowOf({ protocol: 6, destinationPort: 22, sourceAddress: "10.0.0.1", destinationAddress: "192.168.0.1" });
    lookups.enrich([flow]);
    expect(flow).toMatchObject({ destinationService: "SSH", sourceServer: undefined, trafficType: "east-west" });
  });

  test("a file of ports replaces the one that ships", async () => {
    const folder = await temporaryFolder();
    const path = join(folder, "p.csv");
    await writeFile(path, "port,protocol,name\n2022,tcp,Our SSH\n");
    const { lookups } = await opened({ ports: path });
    const flow = flowOf({ protocol: 6, sourcePort: 2022, destinationPort: 22 });
    lookups.enrich([flow]);
    expect([flow.sourceService, flow.destinationService]).toEqual(["Our SSH", undefined]);
  });
});

describe("the version", () => {
  test("depends on what the files hold, not on where or when", async () => {
    const folder = await temporaryFolder();
    const [a, b, c] = [join(folder, "a.csv"), join(folder, "b.csv"), join(folder, "c.csv")] as const;
    await writeFile(a, servers("A"));
    await copyFile(a, b);
    await utimes(b, 1, 1);
    await writeFile(c, servers("C"));
    const version = async (options: LookupOptions) => (await opened(options)).lookups.version;
    expect(await version({ servers: a })).toMatch(/^[0-9a-f]{12}$/);
    expect(await version({ servers: a })).toBe(await version({ servers: b }));
    expect(await version({ servers: a })).not.toBe(await version({ servers: c }));
    expect(await version({ servers: a })).not.toBe(await version({}));
  });

  test("tells tables apart that hold the same", async () => {
    const folder = await temporaryFolder();
    const path = join(folder, "x.csv");
    await writeFile(path, "cidr,zone,name,subnet\n".replace(",subnet", ""));
    const one = await opened({ networks: path });
    await writeFile(path, "subnet,cidr,name\n");
    const other = await opened({ subnets: path });
    expect(one.lookups.version).not.toBe(other.lookups.version);
  });

  test("of a file is the start of its SHA-256", async () => {
    const { path, lookups } = await withServers();
    const file = lookups.tables().files.find(({ table }) => table === "servers");
    const digest = createHash("sha256")
      .update(await readFile(path))
      .digest("hex");
    expect(file).toEqual({ table: "servers", path, rows: 1, version: digest.slice(0, 12) });
  });

  test("stays when a file is touched or rewritten as it was", async () => {
    const { path, lookups, events, clock } = await withServers();
    const { version } = lookups;
    await utimes(path, new Date(0), new Date(0));
    await clock.advance(SOON_MS);
    await writeFile(path, servers("A"));
    await clock.advance(SOON_MS);
    expect(lookups.version).toBe(version);
    expect(events).toEqual([]);
  });
});

describe("a batch", () => {
  test("sees one state of all tables, whenever it is enriched during changes", async () => {
    const folder = await temporaryFolder();
    const paths = { servers: join(folder, "servers.csv"), networks: join(folder, "networks.csv") };
    const write = async (name: string) => {
      await mkdir(join(folder, name), { recursive: true });
      await writeFile(join(folder, name, "servers.csv"), servers(name));
      await writeFile(join(folder, name, "networks.csv"), `cidr,zone,name\n10.0.0.0/8,internal,${name}\n`);
      await symlink(name, join(folder, "next"));
      await rename(join(folder, "next"), join(folder, "now"));
    };
    await write("s0");
    for (const [table, path] of Object.entries(paths)) await symlink(join("now", `${table}.csv`), path);
    const { lookups, events, clock } = await opened(paths);
    const versions = new Map<string, string>();
    let enriching = true;
    const enrichment = (async () => {
      while (enriching) {
        const flows = Array.from({ length: 200 }, () => flowOf({ sourceAddress: "10.0.0.1", destinationAddress: "10.0.0.1" }));
        lookups.enrich(flows);
        const states = new Set(
          flows.map((f) => [f.sourceServer, f.sourceNetwork, f.destinationServer, f.lookupsVersion].join(" ")),
        );
        expect(states.size).toBe(1);
        const [flow] = flows;
        expect(flow?.sourceServer).toBe(flow?.sourceNetwork);
        versions.set(flow?.lookupsVersion ?? "", flow?.sourceServer ?? "");
        await setTimeout(1);
      }
    })();
    for (let i = 1; i <= 5; i++) {
      await write(`s${i}`);
      await clock.advance(SOON_MS);
      expect(events).toHaveLength(i);
      await setTimeout(5);
    }
    await setTimeout(10);
    enriching = false;
    await enrichment;
    expect([...versions.values()]).toEqual(["s0", "s1", "s2", "s3", "s4", "s5"]);
    expect(versions.size).toBe(6);
  });
});

describe("the watch", () => {
  test("ends with close, and says nothing afterwards", async () => {
    const { path, lookups, events, clock } = await withServers();
    await lookups.close();
    await writeFile(path, servers("BB"));
    await clock.advance(SOON_MS);
    expect(serverOf(lookups)).toBe("A");
    expect(events).toEqual([]);
  });

  test("does not keep a process alive", async () => {
    const program = `import { openLookups } from ${JSON.stringify(asset("test/unit/enrich/lookups.ts"))}; await openLookups({}, () => {}); console.log("open");`;
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program], { timeout: 30_000 });
    expect(stdout).toBe("open\n");
  });
});
