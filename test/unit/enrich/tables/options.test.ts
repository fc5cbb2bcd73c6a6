import { expect, test } from "vitest";
import { lookupOptions } from "../../../../src/enrich/tables/options.ts";

test("every option is described, and the defaults are as documented", () => {
  for (const [name, option] of Object.entries(lookupOptions.shape)) expect(option.description, name).toBeTruthy();
  expect(lookupOptions.parse({})).toEqual({ refreshMs: 1_000 });
});

test.each([{ servers: "" }, { server: "x.csv" }, { refreshMs: 0 }, { refreshMs: 1.5 }, { ports: 1 }])("refuses %j", (options) => {
  expect(lookupOptions.safeParse(options).success).toBe(false);
});
