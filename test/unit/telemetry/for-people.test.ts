import { expect, test } from "vitest";
import { forPeople } from "../../../src/telemetry/for-people.ts";

const LINE = JSON.stringify({
  level: "warn",
  time: "2026-01-05T23:04:05.678Z",
  sink: "out",
  at: [1, "a"],
  msg: "bad record set aside",
});

test("a line of the log has the time of the wall's clock, the level, the message and what it speaks of", () => {
  const { TZ } = process.env;
  process.env.TZ = "Asia/Kolkata";
  try {
    expect(forPeople(LINE, false)).toBe('[04:34:05] WARN: bad record set aside\n    sink: "out"\n    at: [1,"a"]\n');
  } finally {
    if (TZ === undefined) delete process.env.TZ;
    else process.env.TZ = TZ;
  }
});

test("colours are of the level, and change no word", () => {
  const coloured = forPeople(LINE, true);
  expect(coloured).toContain("\u001b[33mWARN\u001b[39m");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal takes for colours
  expect(coloured.replaceAll(/\u001b\[\d+m/g, "")).toBe(forPeople(LINE, false));
});
