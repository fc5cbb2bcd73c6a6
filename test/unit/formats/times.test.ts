import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { epochTime, rfc3339Time } from "../../../src/formats/times.ts";

describe("rfc3339Time", () => {
  test.each([
    ["1970-01-01T00:00:00Z", 0],
    ["2024-09-06T14:26:08.000Z", 1_725_632_768_000],
    ["2024-09-06T14:26:08Z", 1_725_632_768_000],
    ["2024-09-06T14:26:08", 1_725_632_768_000],
    ["2024-09-06 14:26:08z", 1_725_632_768_000],
    ["2024-09-06t16:26:08.5+02:00", 1_725_632_768_500],
    ["2024-09-06T09:26:08.0079999-0500", 1_725_632_768_007],
    ["2024-02-29T00:00:00Z", 1_709_164_800_000],
    ["2016-12-31T23:59:60Z", 1_483_228_800_000],
  ])("%s", (text, time) => expect(rfc3339Time(text)).toBe(time));

  test.each([
    "",
    "today",
    "2024-09-06",
    "2024-09-06T14:26Z",
    "2024-13-06T14:26:08Z",
    "2023-02-29T14:26:08Z",
    "2100-02-29T14:26:08Z",
    "2024-04-31T14:26:08Z",
    "2024-09-06T24:26:08Z",
    "2024-09-06T14:60:08Z",
    "2024-09-06T14:26:61Z",
    "2024-09-06T14:26:08.Z",
    "2024-09-06T14:26:08ZZ",
    "2024-09-06T14:26:08+2",
    "2024-09-06T14:26:08+25:00",
    "1969-12-31T23:59:59Z",
    "20x4-09-06T14:26:08Z",
    "2024-09-06T14:26:08.5 Z",
  ])("refuses %j", (text) => expect(rfc3339Time(text)).toBeUndefined());

  test("refuses what is no text", () => expect(rfc3339Time(1_725_632_768)).toBeUndefined());

  test("reads what Date writes", () =>
    fc.assert(
      fc.property(fc.date({ min: new Date(0), max: new Date("9999-12-31"), noInvalidDate: true }), (date) => {
        expect(rfc3339Time(date.toISOString())).toBe(date.getTime());
      }),
    ));
});

describe("epochTime", () => {
  test("takes integers in the given unit", () => {
    expect(epochTime(1_725_632_768, 1000)).toBe(1_725_632_768_000);
    expect(epochTime(1_725_632_768_123, 1)).toBe(1_725_632_768_123);
  });

  test.each([-1, 0.5, Number.NaN, 1e15, "1725632768", 1n, true])("refuses %s", (value) =>
    expect(epochTime(value, 1000)).toBeUndefined(),
  );

  test("refuses milliseconds where seconds are meant", () => expect(epochTime(1_725_632_768_123, 1000)).toBeUndefined());
});
