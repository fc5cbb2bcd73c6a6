import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ociNetwork } from "../../../../src/clouds/oci/rules/network.ts";
import type { NetworkEvent } from "../../../../src/enrich/rules/cloud.ts";
import { readNetworkFiles, watchNetworkFiles } from "../../../../src/enrich/rules/files.ts";
import { UsageError } from "../../../../src/lib/errors.ts";
import { from, LIST, oneList, range, SUBNET, tcp } from "./parts.ts";

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "network-"));
  path = join(folder, "security-lists.json");
});
afterEach(() => rm(folder, { recursive: true }));

const ofOci = (files: string[]) => [{ network: ociNetwork, options: { files } }];
const good = JSON.stringify(oneList([from("0.0.0.0/0", "6", tcp(range(22)))]));
const textsIn = (data: Awaited<ReturnType<typeof readNetworkFiles>>["data"]) =>
  data[0]?.ruleSets.get(LIST)?.rules.map(({ text }) => text);

test("a file that is missing or is not JSON is refused, with its name", async () => {
  await writeFile(path, "{");
  const failure = await readNetworkFiles(ofOci([path, join(folder, "none.json")])).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(UsageError);
  const [first, second] = (failure as Error).message.split("\n");
  expect(first).toMatch(/security-lists\.json: is not JSON: .*: give what the cloud's command line prints/);
  expect(second).toMatch(/none\.json: does not exist: create the file/);
});

test("lists without subnets rule nothing, and that is told", async () => {
  await writeFile(path, JSON.stringify({ data: [{ id: LIST }] }));
  const { faults } = await readNetworkFiles(ofOci([path]));
  expect(faults).toEqual([`${path}: hold no subnets, so no rule can be told: add what \`oci network subnet list --all\` prints`]);
});

test("a file with a byte order mark is read", async () => {
  await writeFile(path, `\ufeff${good}`);
  const { data } = await readNetworkFiles(ofOci([path]));
  expect(data[0]?.subnets.get(SUBNET)?.name).toBe("app");
});

test("a changed file is taken over; a broken one is refused and the last good one stays", async () => {
  await writeFile(path, good);
  const events: NetworkEvent[] = [];
  let changes = 0;
  const watch = await watchNetworkFiles(
    ofOci([path]),
    20,
    (event) => events.push(event),
    () => changes++,
  );
  const replace = async (text: string) => {
    await writeFile(`${path}.new`, text);
    await rename(`${path}.new`, path);
  };
  try {
    expect(textsIn(watch.data)).toEqual(["ingress tcp 22 from 0.0.0.0/0"]);
    await replace(JSON.stringify(oneList([from("0.0.0.0/0", "6", tcp(range(23)))])));
    await vi.waitFor(() => expect(textsIn(watch.data)).toEqual(["ingress tcp 23 from 0.0.0.0/0"]), {
      timeout: 60_000,
      interval: 5,
    });
    expect(changes).toBe(1);
    await replace("{ broken");
    await vi.waitFor(() => expect(events.at(-1)?.ok).toBe(false), { timeout: 60_000, interval: 5 });
    expect(events.at(-1)?.message).toMatch(/is not JSON.*; the last good network description stays in use$/);
    expect(textsIn(watch.data)).toEqual(["ingress tcp 23 from 0.0.0.0/0"]);
    await replace(good);
    await vi.waitFor(() => expect(textsIn(watch.data)).toEqual(["ingress tcp 22 from 0.0.0.0/0"]), {
      timeout: 60_000,
      interval: 5,
    });
  } finally {
    watch.close();
  }
});
