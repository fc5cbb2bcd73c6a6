import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CODES } from "../../../src/lib/codes.ts";

const SRC = new URL("../../../src/", import.meta.url).pathname;
const TABLE = "lib/codes.ts";

const source = readdirSync(SRC, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts") && path !== TABLE)
  .map((path) => readFileSync(join(SRC, path), "utf8"))
  .join("\n");

const listed = Object.values(CODES).flatMap((codes) => Object.keys(codes));

/** Where a code is given as a literal. */
const GIVEN = [
  /new (?:UsageError|FlowferryError|Conflict|Broken)\(\s*"([a-z][a-z0-9-]*)"/g,
  /new Failure\(\s*(?:"[a-z-]+"|\w+),\s*"([a-z][a-z0-9-]*)"/g,
  /\bcode(?: =|:) "([a-z][a-z0-9-]*)"/g,
  /\b(?:passing|person|object|networkFailure)\("([a-z][a-z0-9-]*)"/g,
  /\["(ledger-[a-z-]+)", /g,
  /\brefuse\("(ndjson-[a-z-]+)"/g,
];
/** A fault of zod's, and parts of the detection language. */
const OTHERS = new Set(["custom", "field", "text", "group", "length", "native"]);

test("every code that is given is in the table", () => {
  const given = new Set(GIVEN.flatMap((pattern) => [...source.matchAll(pattern)].map(([, code = ""]) => code)));
  expect(given.size).toBeGreaterThan(100);
  expect([...given].filter((code) => !listed.includes(code) && !OTHERS.has(code))).toEqual([]);
});

test("every code in the table is given, and once in the table", () => {
  const isGiven = (code: string) =>
    code.endsWith(">") ? source.includes(`\`${code.replace("<", "$" + "{").replace(">", "}")}\``) : source.includes(`"${code}"`);
  expect(listed.filter((code) => !isGiven(code))).toEqual([]);
  expect(listed.length).toBe(new Set(listed).size);
});
