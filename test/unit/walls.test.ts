import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect, test } from "vitest";

/**
 * The rooms of `src`, from the ground up, and what each may import beside itself. A cloud's folder is a room of its own: nothing below
 * `clouds/x` imports `clouds/y`.
 */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  lib: [],
  flow: [],
  contracts: ["flow", "lib"],
  telemetry: ["contracts", "lib"],
  ledger: ["contracts", "lib"],
  reduce: ["contracts", "flow", "lib"],
  delivery: ["ledger", "telemetry", "contracts", "flow", "lib"],
  intake: ["contracts", "lib"],
  coordination: ["contracts", "lib"],
  formats: ["contracts", "flow", "lib"],
  enrich: ["contracts", "flow", "lib"],
  detect: ["contracts", "flow", "lib"],
  alerts: ["ledger", "contracts", "lib"],
  schemas: ["flow", "lib"],
  sinks: ["schemas", "contracts", "flow", "lib"],
  searches: ["detect", "flow", "lib"],
  dialects: ["searches", "detect", "schemas", "flow", "lib"],
  archive: ["schemas", "contracts", "flow", "lib"],
  query: ["archive", "dialects", "searches", "detect", "contracts", "lib"],
  reports: ["query", "schemas", "enrich", "formats", "flow", "lib"],
  install: ["lib"],
  generator: ["lib"],
  clouds: [
    "install",
    "dialects",
    "searches",
    "sinks",
    "schemas",
    "alerts",
    "detect",
    "enrich",
    "formats",
    "intake",
    "contracts",
    "flow",
    "lib",
  ],
  transcode: ["sinks", "schemas", "delivery", "enrich", "formats", "contracts", "flow"],
  "registry.ts": ["clouds", "dialects", "sinks", "alerts", "enrich", "formats", "intake", "contracts", "lib"],
  config: ["registry.ts", "coordination", "reduce", "archive", "detect", "enrich", "formats", "contracts", "flow", "lib"],
  threads: ["registry.ts", "transcode", "delivery", "enrich", "formats", "contracts", "flow", "lib"],
  run: [
    "config",
    "coordination",
    "registry.ts",
    "threads",
    "transcode",
    "archive",
    "delivery",
    "reduce",
    "ledger",
    "telemetry",
    "alerts",
    "detect",
    "enrich",
    "formats",
    "contracts",
    "flow",
    "lib",
  ],
  live: ["schemas", "detect", "delivery", "contracts", "flow", "lib"],
  library: ["run", "config", "registry.ts", "enrich", "schemas", "sinks", "telemetry", "delivery", "contracts", "flow", "lib"],
  "index.ts": [
    "library",
    "registry.ts",
    "clouds",
    "dialects",
    "enrich",
    "formats",
    "intake",
    "telemetry",
    "contracts",
    "flow",
    "lib",
  ],
  cli: [
    "live",
    "run",
    "config",
    "coordination",
    "registry.ts",
    "clouds",
    "install",
    "generator",
    "dialects",
    "query",
    "archive",
    "reports",
    "sinks",
    "alerts",
    "detect",
    "enrich",
    "formats",
    "intake",
    "delivery",
    "reduce",
    "ledger",
    "telemetry",
    "contracts",
    "flow",
    "lib",
  ],
  "main.ts": ["cli", "lib"],
};

const SRC = new URL("../../src/", import.meta.url).pathname;
const IMPORT = /^\s*(?:import|export)\b[^"';]*?["'](\.{1,2}\/[^"']+)["']|\bimport\(\s*["'](\.{1,2}\/[^"']+)["']\s*\)/gm;

/** The files of `src`, and the files that each imports. */
const files = new Map(
  readdirSync(SRC, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .map((path) => {
      const text = readFileSync(join(SRC, path), "utf8");
      const imported = [...text.matchAll(IMPORT)].map(([, from, loaded]) => normalize(join(dirname(path), from ?? loaded ?? "")));
      return [path, imported];
    }),
);

const roomOf = (path: string) => path.split("/")[0] ?? path;
/** A cloud's folder, or the room. */
const wholeOf = (path: string) => (path.startsWith("clouds/") ? path.split("/").slice(0, 2).join("/") : roomOf(path));

test("every room is on the list, and stands above all that it may import", () => {
  expect(new Set([...files.keys()].map(roomOf))).toEqual(new Set(Object.keys(ROOMS)));
  const rooms = Object.keys(ROOMS);
  const up = rooms.flatMap((room) => (ROOMS[room] ?? []).filter((below) => rooms.indexOf(below) >= rooms.indexOf(room)));
  expect(up).toEqual([]);
});

test("CONTRIBUTING names every room once, above all that it imports", () => {
  const rows = readFileSync(new URL("../../CONTRIBUTING.md", import.meta.url), "utf8").matchAll(/^\| (`[^|]+`) \|/gm);
  const named = [...rows].map(([, names = ""]) => [...names.matchAll(/`([\w.-]+)\/?`/g)].map(([, name = ""]) => name));
  expect(named.flat().sort()).toEqual(Object.keys(ROOMS).sort());
  const rowOf = (room: string) => named.findIndex((names) => names.includes(room));
  const up = Object.entries(ROOMS).flatMap(([room, below]) =>
    below.filter((one) => rowOf(one) < rowOf(room)).map((one) => `${room} ${one}`),
  );
  expect(up).toEqual([]);
});

test("imports run one way: a file imports what its room may, and nothing of another cloud", () => {
  const wrong = [...files].flatMap(([path, imported]) =>
    imported
      .filter((target) => wholeOf(target) !== wholeOf(path))
      .filter((target) => roomOf(target) === roomOf(path) || !ROOMS[roomOf(path)]?.includes(roomOf(target)))
      .map((target) => `${path} imports ${target}`),
  );
  expect(wrong).toEqual([]);
});

test("what is allowed is needed", () => {
  const needed = new Set([...files].flatMap(([path, imported]) => imported.map((target) => `${roomOf(path)} ${roomOf(target)}`)));
  const idle = Object.entries(ROOMS).flatMap(([room, below]) =>
    below.map((one) => `${room} ${one}`).filter((arrow) => !needed.has(arrow)),
  );
  expect(idle).toEqual([]);
});

test("no file imports itself by way of others", () => {
  const done = new Set<string>();
  const circles: string[] = [];
  const walk = (path: string, way: readonly string[]): void => {
    if (way.includes(path)) circles.push([...way.slice(way.indexOf(path)), path].join(" → "));
    if (way.includes(path) || done.has(path)) return;
    for (const target of files.get(path) ?? []) walk(target, [...way, path]);
    done.add(path);
  };
  for (const path of files.keys()) walk(path, []);
  expect(circles).toEqual([]);
});
