import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { archiveColumns } from "../../../src/archive/columns.ts";
import { folderOf } from "../../../src/archive/layout.ts";
import type { Flow } from "../../../src/flow/flow.ts";
import { hoursBelow } from "../../../src/query/files.ts";
import { openFlows } from "../../../src/query/flows.ts";
import { countPorts, type PortCounts } from "../../../src/query/port-counts.ts";
import { adviseTally, portTallies } from "../../../src/query/report-tallies.ts";
import { type Tally, tallies } from "../../../src/query/tallies.ts";
import { writeParquet } from "../archive/parts.ts";
import { sshFlow, TIME } from "../sinks/flows.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "flowferry-tallies-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const at = (record: number, fields: Partial<Flow>) =>
  Object.assign(sshFlow(record), { time: TIME + record, direction: "ingress", initiator: "source", ...fields });

/** Rows as objects, with how many flows each stands for. */
async function counted(tally: Tally) {
  const flows = await openFlows([folder]);
  const found: Record<string, unknown>[] = [];
  try {
    for await (const { names, columns, rows, flows: counts } of tallies(flows.connection, tally, new AbortController().signal)) {
      for (let row = 0; row < rows; row += 1) {
        found.push({ ...Object.fromEntries(names.map((name, column) => [name, columns[column]?.[row]])), flows: counts[row] });
      }
    }
  } finally {
    flows.close();
  }
  return found;
}

async function ports(where: string): Promise<PortCounts> {
  const flows = await openFlows([folder]);
  try {
    return await countPorts(flows.connection, { where, hosts: true }, new AbortController().signal);
  } finally {
    flows.close();
  }
}

test("every flow is in one tally: those that are decided, of unknown direction, without one, and of files without the initiator", async () => {
  const flows = [
    at(1, {}),
    at(2, { sourcePort: 50_002 }),
    at(3, { direction: "unknown" }),
    at(4, { direction: undefined as never }),
    at(5, { initiator: "destination" }),
  ];
  writeParquet(join(folder, "new.parquet"), flows);
  const before = archiveColumns().filter(({ name }) => name !== "flow.initiator");
  writeParquet(join(folder, "old.parquet"), [at(6, {}), at(7, { direction: "unknown" })], before);
  const rows = await counted(adviseTally([0]));
  expect(rows.reduce((sum, row) => sum + Number(row.flows), 0)).toBe(7);
  // The ports of clients are not told apart where it is known who began: 1 and 2 are one.
  expect(rows.map((row) => row.flows).sort()).toEqual([1, 1, 1, 1, 1, 2]);
  expect(new Set(rows.map((row) => row["flow.vnic.id"]))).toEqual(new Set([sshFlow().context.vnic]));
  expect(new Set(rows.map((row) => row["cloud.region"]))).toEqual(new Set([sshFlow().context.region]));

  const { asked, undecided } = portTallies("accept", false);
  expect((await ports(asked)).rows.flatMap((rows) => rows.flows)).toEqual([3]);
  const others = (await Promise.all(undecided.map(counted))).map((found) => found.length);
  expect(others).toEqual([1, 2, 1]);
});

test("the context of an interface is that of its newest flow, and each has its own", async () => {
  const of = (record: number, vnic: string, region: string) => {
    const flow = at(record, {});
    return Object.assign(flow, { context: { ...flow.context, vnic, region } });
  };
  writeParquet(join(folder, "a.parquet"), [of(1, "a", "old"), of(2, "b", "south"), of(3, "a", "new"), of(4, "b", "south")]);
  const rows = await counted(adviseTally([0]));
  const regions = rows.map((row) => [row["flow.vnic.id"], row["cloud.region"], row.flows]);
  expect(regions.sort()).toEqual([
    ["a", "new", 2],
    ["b", "south", 2],
  ]);
});

test("hours that have files are known by their folders, and not where a file lies in none", () => {
  for (const time of [TIME, TIME + 3_600_000]) writeParquet(join(folder, folderOf(time), "a.parquet"), [sshFlow()]);
  const hour = Math.floor(TIME / 3_600_000) * 3_600_000;
  expect(hoursBelow(folder)?.toSorted((a, b) => a.since - b.since)).toEqual([
    { since: hour, until: hour + 3_600_000 },
    { since: hour + 3_600_000, until: hour + 7_200_000 },
  ]);
  writeParquet(join(folder, "loose.parquet"), [sshFlow()]);
  expect(hoursBelow(folder)).toBeUndefined();
});
