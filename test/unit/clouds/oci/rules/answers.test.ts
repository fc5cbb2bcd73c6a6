import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Answers } from "../../../../../src/clouds/oci/rules/answers.ts";

test("a new file is for this user alone, and one that is there keeps its rights", async () => {
  const folder = mkdtempSync(join(tmpdir(), "flowferry-answers-"));
  try {
    const path = join(folder, "network.json");
    const told: string[] = [];
    const answers = new Answers(path, (message) => told.push(message));
    answers.set("ocid1.subnet.a", { value: { cidrBlock: "10.0.0.0/24" }, at: 1, used: 1 });
    await answers.flush();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    chmodSync(path, 0o640);
    answers.set("ocid1.subnet.b", { value: null, at: 2, used: 2 });
    await answers.flush();
    expect(statSync(path).mode & 0o777).toBe(0o640);
    expect(Object.keys(JSON.parse(readFileSync(path, "utf8")).answers)).toEqual(["ocid1.subnet.a", "ocid1.subnet.b"]);
    expect(told).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
