import { expect, test } from "vitest";
import { patienceMsOf } from "../../../src/cli/service-sink.ts";
import { parseConfig } from "../../../src/config/load.ts";
import { withUnits } from "../../../src/config/units.ts";
import { formatDuration, parseDuration } from "../../../src/lib/durations.ts";

const SOURCE = "source: { type: directory, path: bucket }\n";
const SINKS = "sinks: [{ type: otlp, endpoint: 'http://localhost:4318', timeout: 1m, batch: { linger: 250ms } }]\n";
const parse = (text: string, env: NodeJS.ProcessEnv = {}) => parseConfig("f.yaml", `${SOURCE}${SINKS}${text}`, env);

test("durations have a unit, or are numbers of ms under the name that says so", () => {
  const { run, sinks } = parse("run: { poll: 2m, stallMs: 700, shutdown: '${SHUTDOWN}', retry: { initial: 1s } }\n", {
    SHUTDOWN: "5s",
  });
  expect(run).toMatchObject({ pollMs: 120_000, stallMs: 700, shutdownMs: 5000, retry: { initialMs: 1000, maxMs: 30_000 } });
  expect(sinks[0]?.options).toMatchObject({ timeoutMs: 60_000, batch: { lingerMs: 250 } });
});

test.each([
  ["run: { poll: 10 }", /^f\.yaml:3:14: run\.poll: "10" is no duration: write a whole number and a unit, such as 500ms/],
  ["run: { poll: 5ms }", /^f\.yaml:3:14: run\.poll: Too small: .*100 ms$/],
  ["run: { poll: 1s, pollMs: 1000 }", /^f\.yaml:3:26: run\.pollMs: is poll in ms: leave out one of the two$/],
  ["run: { pol: 1s }", /^f\.yaml:3:8: unknown key run\.pol: did you mean poll\?$/],
])("%s is told with its place and its name", (text, said) => {
  expect(() => parse(text)).toThrow(said);
});

test("--patience is a duration, or a bare number of seconds", () => {
  expect(["60s", "5m", "2", "0.5"].map(patienceMsOf)).toEqual([60_000, 300_000, 2000, 500]);
  for (const wrong of ["0", "0s", "-1", "soon", ""]) expect(() => patienceMsOf(wrong)).toThrow(/duration/);
});

test("a number of ms is shown in the largest unit that says it exactly, and read back", () => {
  expect([0, 1, 1500, 60_000, 90_000, 7_200_000, 86_400_000].map(formatDuration)).toEqual([
    "0ms",
    "1ms",
    "1500ms",
    "1m",
    "90s",
    "2h",
    "1d",
  ]);
  for (const ms of [0, 1500, 90_000]) expect(parseDuration(formatDuration(ms))).toBe(ms);
  expect(withUnits({ run: { pollMs: 1000, objects: 4 }, list: [{ timeoutMs: 2 }] })).toEqual({
    run: { poll: "1s", objects: 4 },
    list: [{ timeout: "2ms" }],
  });
});
