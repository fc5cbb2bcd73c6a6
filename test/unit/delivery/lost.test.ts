import { expect, test } from "vitest";
import { letterOfRest } from "../../../src/delivery/lost.ts";

const object = { id: 1, source: "stream", key: "flows/0/7-9", etag: "-", size: 0, time: 0, records: undefined };
const lost = { object, code: "kafka-offset-lost", reason: "gone" };
const extent = { after: 700_000, through: 1_000_000, numbers: 100_000 };

test("of what is lost each record counts; of an object that was never read to its end, one", () => {
  expect(letterOfRest("sink", 0, lost)).toMatchObject({ from: 1, to: undefined, count: 1 });
  expect(letterOfRest("sink", 4, { ...lost, object: { ...object, records: 10 } })).toMatchObject({ from: 5, to: 10, count: 6 });
  expect(letterOfRest("sink", 10, { ...lost, object: { ...object, records: 10 } })).toBeUndefined();
});

test("of messages each counts, also one of which some records were delivered", () => {
  expect(letterOfRest("sink", 0, { ...lost, extent })).toMatchObject({ from: 700_001, to: 1_000_000, count: 3 });
  expect(letterOfRest("sink", 800_000, { ...lost, extent })).toMatchObject({ from: 800_001, to: 1_000_000, count: 2 });
  expect(letterOfRest("sink", 800_003, { ...lost, extent })).toMatchObject({ from: 800_004, count: 2 });
  expect(letterOfRest("sink", 1_000_000, { ...lost, extent })).toBeUndefined();
});
