import { expect, test } from "vitest";
import { describeBytes, describeMoment } from "../../../src/lib/quantities.ts";

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1_000, "1.00 kB (1000)"],
  [12_345, "12.3 kB (12345)"],
  [999_400, "999 kB (999400)"],
  [999_600, "1.00 MB (999600)"],
  [6_010_000_000, "6.01 GB (6010000000)"],
  [18_446_744_073_709_551_615n, "18.4 EB (18446744073709551615)"],
])("%s bytes are %s", (bytes, words) => {
  expect(describeBytes(bytes)).toBe(words);
});

test.each([
  ["UTC", "2026-01-14 23:30:05 UTC"],
  ["Europe/Berlin", "2026-01-15 00:30:05 GMT+01:00"],
  ["America/Los_Angeles", "2026-01-14 15:30:05 GMT-08:00"],
])("a moment in %s", (zone, words) => {
  expect(describeMoment(Date.UTC(2026, 0, 14, 23, 30, 5), zone)).toBe(words);
});
