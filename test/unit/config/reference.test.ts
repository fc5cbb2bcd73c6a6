import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { configJsonSchema, configMarkdown } from "../../../src/config/reference.ts";
import { asset } from "../../../src/lib/assets.ts";

test("the reference and the schema are what the program knows: npm run generate:reference", () => {
  expect(readFileSync(asset("src/config/reference.md"), "utf8")).toBe(configMarkdown());
  const schema: unknown = JSON.parse(readFileSync(asset("src/config/schema.json"), "utf8"));
  expect(schema).toEqual(JSON.parse(JSON.stringify(configJsonSchema())));
});
