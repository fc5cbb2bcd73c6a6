import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

let folder: string;
let printed: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "flowferry-examples-"));
  mkdirSync(join(folder, "bucket"));
  writeFileSync(join(folder, "bucket", "a.csv"), "2026-01-31T12:00:00Z,10.0.1.7,51234,203.0.113.9,443,6,1200\n");
  printed = "";
  vi.spyOn(console, "log").mockImplementation((...values) => {
    printed += `${values.join(" ")}\n`;
  });
  vi.spyOn(console, "dir").mockImplementation((value) => {
    printed += JSON.stringify(value);
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

test("pipeline.ts", async () => {
  const { argv } = process;
  process.argv = ["node", "pipeline.ts", join(folder, "bucket"), join(folder, "flows.csv")];
  try {
    await import("../../../examples/library/pipeline.ts");
  } finally {
    process.argv = argv;
  }
  expect(printed).toBe("1 records, 0 bad, 1 delivered\n");
  expect(readFileSync(join(folder, "flows.csv"), "utf8")).toMatch(/^[0-9a-f]{32},10\.0\.1\.7,203\.0\.113\.9,HTTPS,1200\n$/);
});

test("enriching-processor.ts", async () => {
  writeFileSync(join(folder, "servers.csv"), "address,server\n10.0.1.7,web-1\n");
  vi.stubEnv("SERVERS", join(folder, "servers.csv"));
  await import("../../../examples/library/enriching-processor.ts");
  expect(printed).toContain('"flow.source.server":"web-1"');
});
