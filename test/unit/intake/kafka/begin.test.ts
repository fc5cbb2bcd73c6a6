import { expect, test } from "vitest";
import { beginOf } from "../../../../src/intake/kafka/begin.ts";

const place = { topic: "flows", partition: 3 };
const reader = {
  offsets: async (_: unknown, at: unknown) => new Map([["flows/3", at === "earliest" ? 5 : at === "latest" ? 900 : 77]]),
};
const held = (...runs: string[]) => runs.map((run) => ({ key: `flows/3/${run}`, etag: "-" }));
const mark = (told?: number, group = "g", topicId?: string) => ({ group, told, topicId });

const begin = (committed: number | undefined, known: object = {}) =>
  beginOf(
    { ...place, committed },
    { held: [], mark: undefined, group: "g", begin: "earliest", topicId: undefined, ...known },
    reader,
  );

test("the group says where a partition begins; of one that it does not know the configuration does", async () => {
  expect(await begin(300)).toEqual({ position: 300, revoke: true });
  expect(await begin(undefined)).toEqual({ position: 5, revoke: true });
  expect(await begin(undefined, { begin: "latest" })).toEqual({ position: 900, revoke: true });
  expect(await begin(undefined, { begin: 1_767_225_600_000 })).toEqual({ position: 77, revoke: true });
});

test("what is not finished here is gone on with, as long as nobody else has been further", async () => {
  const known = { held: held("100-149", "200-249"), mark: mark(80) };
  // Everything before 100, and from 150 to 199, was finished here.
  expect(await begin(80, known)).toEqual({ position: 250, revoke: false });
  expect(await begin(100, known)).toEqual({ position: 250, revoke: false });
  expect(await begin(undefined, known)).toEqual({ position: 250, revoke: false });
  expect(await begin(101, known)).toEqual({ position: 101, revoke: true });
  expect(await begin(1000, known)).toEqual({ position: 1000, revoke: true });
});

test("a group that was set back, and another group, are believed", async () => {
  expect(await begin(20, { held: held("100-149"), mark: mark(80) })).toEqual({ position: 20, revoke: true });
  expect(await begin(80, { held: held("100-149"), mark: mark(80, "other") })).toEqual({ position: 80, revoke: true });
  expect(await begin(80, { held: held("100-149"), mark: undefined })).toEqual({ position: 80, revoke: true });
});

test("a topic that was made anew is read from its first message on, or where the group has come to in it", async () => {
  const known = { held: held("100-149"), mark: mark(80, "g", "old"), topicId: "new", begin: "latest" };
  expect(await begin(undefined, known)).toEqual({ position: 5, revoke: false, isAnother: true });
  expect(await begin(20, known)).toEqual({ position: 20, revoke: false, isAnother: true });
  expect(await begin(80, { ...known, topicId: "old" })).toEqual({ position: 150, revoke: false });
  // Of another group, or of brokers without ids, nothing is known.
  expect(await begin(undefined, { ...known, group: "other" })).toEqual({ position: 900, revoke: true });
  expect(await begin(undefined, { ...known, topicId: undefined })).toEqual({ position: 150, revoke: false });
});
