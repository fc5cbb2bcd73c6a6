import { expect, it } from "vitest";
import { runs } from "../../runs.ts";
import { collect, type Row, recount } from "./recount.ts";

const OPTIONS = { format: "oci", flows: runs(20_000, 2), vnics: 60, incidents: [], quality: false, spanMs: 21_600_000 } as const;

/** The conversation that a record is of, whichever way it runs. */
const conversation = ({ source, destination, sourcePort, port }: Row) =>
  [`${source} ${sourcePort}`, `${destination} ${port}`].sort().join(" ");

async function conversations(kept: number): Promise<number[]> {
  const { objects } = await collect({ ...OPTIONS, kept });
  const counts = new Map<string, number>();
  for (const row of recount("oci", objects).rows) counts.set(conversation(row), (counts.get(conversation(row)) ?? 0) + 1);
  return [...counts.values()].sort((a, b) => b - a);
}

it("keeps connections between a few hundred pairs open, so that most flows repeat a conversation; few do without being asked", async () => {
  // One exchange leaves four records at most: one at either end, both ways.
  const repeated = (counts: readonly number[]) =>
    counts.filter((count) => count > 4).reduce((sum, count) => sum + count, 0) / OPTIONS.flows;
  const [kept, plain] = [await conversations(0.7), await conversations(0)];
  expect(repeated(kept)).toBeGreaterThan(0.6);
  expect(repeated(plain)).toBeLessThan(0.1);
  expect(kept.length).toBeLessThan(plain.length / 2);
});

it("refuses a share that is none", async () => {
  await expect(collect({ ...OPTIONS, kept: 1 })).rejects.toThrow("kept is 1: expected a share from 0 to less than 1");
});
