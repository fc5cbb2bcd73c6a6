import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type TailOptions, tailOptions, tailSettings } from "../../../../src/intake/tail/options.ts";
import { formatStamp, parseStamp } from "../../../../src/intake/tail/stamps.ts";
import { LAYOUTS } from "../../../../src/registry.ts";

const now = Date.parse("2026-03-01T12:00:00Z");
const settings = (options: Partial<TailOptions>) => tailSettings(tailOptions(LAYOUTS).parse(options), now);

describe("the options of tailing", () => {
  it("have defaults", () => {
    expect(tailOptions(LAYOUTS).parse({})).toEqual({
      prefix: "",
      layout: "auto",
      keys: "any",
      lookBack: "2h",
      lateSweep: "6h",
      sweepMs: 300_000,
    });
    expect(settings({})).toMatchObject({ lookBackMs: 7_200_000, lateSweepMs: 21_600_000, since: undefined, until: undefined });
  });

  it("resolve instants against the start of the program", () => {
    expect(settings({ since: "30d", until: "2026-02-28T12:00:00+02:00" })).toMatchObject({
      since: now - 30 * 86_400_000,
      until: Date.parse("2026-02-28T10:00:00Z"),
    });
  });

  it.each([
    [{ lookBack: "2 hours" }, '"2 hours" is no duration: write a whole number and a unit, such as 500ms, 90s, 15m, 2h or 30d'],
    [{ since: "2026-03-01T12:00:00" }, '"2026-03-01T12:00:00" is no time'],
    [{ until: "yesterday" }, '"yesterday" is no time'],
    [{ include: ["*.{gz,json}"] }, "write several patterns"],
    [{ exclude: [""] }, "is empty"],
    [{ layout: "aws" }, "Invalid option"],
    [{ sweepMs: 10 }, "Too small"],
    [{ lookback: "2h" }, 'Unrecognized key: "lookback"'],
  ])("refuse %j", (options, message) => {
    const { error } = tailOptions(LAYOUTS).safeParse(options);
    expect(error?.issues.map((issue) => issue.message).join("\n")).toContain(message);
  });

  it("refuse what contradicts itself", () => {
    expect(() => settings({ since: "1d", until: "2d" })).toThrow("since (1d) is not before until (2d)");
    expect(() => settings({ keys: "time-ordered" })).toThrow("add layout: flat");
  });

  it("are described one by one, and can be written as a JSON schema", () => {
    const { properties } = z.toJSONSchema(tailOptions(LAYOUTS), { io: "input" });
    for (const property of Object.values(properties ?? {})) expect(property).toHaveProperty("description");
  });
});

describe("stamps", () => {
  it.each(["20260301T120000Z", "19700101T000000Z", "20240229T235959Z"])("%s is read and written", (stamp) => {
    expect(formatStamp(parseStamp(stamp) as number)).toBe(stamp);
  });

  it.each([
    "20260229T000000Z",
    "20261301T000000Z",
    "20260301T240000Z",
    "20260301T120060Z",
    "20260301T1200Z",
    "19691231T235959Z",
    "x",
  ])("%s is no stamp", (text) => {
    expect(parseStamp(text)).toBeUndefined();
  });
});
