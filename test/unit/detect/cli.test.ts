import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { createContext } from "../../../src/cli/context.ts";
import { rulesCommand } from "../../../src/cli/rules.ts";
import { FlowferryError, UsageError } from "../../../src/lib/errors.ts";
import { detection } from "./support.ts";

const folder = mkdtempSync(join(tmpdir(), "flowferry-rules-"));
afterAll(() => rmSync(folder, { recursive: true }));

const GOOD = detection("  selection:\n    destinationPort: 22\n  condition: selection");

/** A folder with these files. */
function rules(name: string, files: Readonly<Record<string, string>>): string {
  const path = join(folder, name);
  mkdirSync(path);
  for (const [file, text] of Object.entries(files)) writeFileSync(join(path, file), text);
  return path;
}

const context = createContext(process, new AbortController().signal);

async function run(...args: string[]): Promise<{ lines: string[]; error: unknown }> {
  const lines: string[] = [];
  const command = rulesCommand({ ...context, print: (line) => void lines.push(line) }).exitOverride();
  try {
    await command.parseAsync(args, { from: "user" });
    return { lines, error: undefined };
  } catch (error) {
    return { lines, error };
  }
}

const CASE = "rule: probe\ncases:\n  - name: ssh\n    flows:\n      - {destinationPort: 22}\n    fires: 1\n";

describe("rules list", () => {
  test("shows the rules that alert", async () => {
    const { lines, error } = await run("list", rules("list", { "a.yml": GOOD }));
    expect(error).toBeUndefined();
    expect(lines).toEqual(["level  name   kind       ATT&CK  title", "low    probe  detection          A rule"]);
  });

  test("as JSON, for machines", async () => {
    const { lines } = await run(
      "list",
      "--json",
      rules("json", { "a.yml": GOOD.replace("level: low", "level: low\ntags: [attack.t1046]") }),
    );
    const [document] = lines.map((line) => JSON.parse(line));
    expect(document.errors).toEqual([]);
    expect(document.rules).toMatchObject([
      {
        name: "probe",
        level: "low",
        kind: "detection",
        tags: ["attack.t1046"],
        dedup: ["sourceAddress", "destinationAddress", "destinationPort"],
        throttle: "1h",
        constructs: ["one-of"],
        line: 1,
      },
    ]);
  });

  test("of the rules that ship with the program", async () => {
    const { lines, error } = await run("list");
    expect(error).toBeUndefined();
    expect(lines.length).toBeGreaterThan(30);
    expect(
      lines.some((line) =>
        /^high +ssh_accepted_from_outside +detection +T1133 T1021\.004 +SSH accepted from outside$/.test(line),
      ),
    ).toBe(true);
  });
});

describe("rules check", () => {
  test("counts what is right", async () => {
    const { lines, error } = await run("check", rules("check", { "a.yml": GOOD }));
    expect(error).toBeUndefined();
    expect(lines).toEqual(["1 rules that alert, 0 that only feed correlations, 0 mistakes"]);
  });

  test("names every mistake and ends as wrong configuration", async () => {
    const path = rules("wrong", {
      "a.yml": GOOD,
      "b.yml": GOOD.replace("name: probe", "name: other").replace("level: low", "level: loud"),
    });
    const { lines, error } = await run("check", path);
    expect(lines[0]).toBe(
      `${join(path, "b.yml")}:3: level is 'loud', which is none of its values; known: informational, low, medium, high, critical`,
    );
    expect(lines[1]).toBe("1 rules that alert, 0 that only feed correlations, 1 mistakes");
    expect(error).toBeInstanceOf(UsageError);
  });

  test("of a folder that is not there", async () => {
    const { error } = await run("check", join(folder, "nowhere"));
    expect(error).toBeInstanceOf(UsageError);
    expect((error as Error).message).toMatch(/^the rules folder .*nowhere cannot be read: .*ENOENT/);
  });
});

describe("rules test", () => {
  test("counts what passes", async () => {
    const { lines, error } = await run("test", rules("pass", { "a.yml": GOOD, "a.test.yml": CASE }));
    expect(error).toBeUndefined();
    expect(lines).toEqual(["1 of 1 cases passed for 1 rules"]);
  });

  test("names rule, case, expected and got, and fails", async () => {
    const path = rules("fail", { "a.yml": GOOD, "a.test.yml": CASE.replace("fires: 1", "fires: 2") });
    const { lines, error } = await run("test", path);
    expect(lines).toEqual([
      `${join(path, "a.test.yml")}:3: probe: ssh: expected 2 matches, got 1 (flows 1)`,
      "0 of 1 cases passed for 1 rules",
    ]);
    expect(error).toBeInstanceOf(FlowferryError);
    expect(error).not.toBeInstanceOf(UsageError);
  });

  test("names rules without a case, cases without a rule, and what cannot be read", async () => {
    const path = rules("odd", {
      "a.yml": GOOD,
      "b.test.yml": CASE.replace("rule: probe", "rule: gone"),
      "c.test.yml": "rule: x\n",
    });
    const { lines, error } = await run("test", path);
    expect(lines).toEqual([
      `${join(path, "c.test.yml")}:1: cases is missing`,
      `${join(path, "b.test.yml")}:3: gone: ssh: there is no rule 'gone'`,
      "rules without a test case: probe",
      "0 of 1 cases passed for 1 rules",
    ]);
    expect(error).toBeInstanceOf(UsageError);
  });

  test("as JSON, for machines", async () => {
    const { lines } = await run("test", "--json", rules("test-json", { "a.yml": GOOD, "a.test.yml": CASE }));
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { results: [{ rule: "probe", case: "ssh", ok: true }], errors: [], untested: [] },
    ]);
  });
});

describe("rules show", () => {
  test("says what a rule means, when it fires, how often it is told and how to react", async () => {
    const { lines, error } = await run("show", "password_spraying");
    expect(error).toBeUndefined();
    expect(lines[0]).toBe("password_spraying (medium): Password spraying over many hosts");
    expect(lines).toContain(
      "when: password_spraying: at least 25 different values of destinationAddress in flows of login_attempt_of_nobody within 1h, by sourceAddress, destinationPort",
    );
    expect(lines).toContain("told: once in 1d for each sourceAddress");
    expect(lines).toContain("runbook: deploy/runbooks/password_spraying.md");
  });

  test("a name that is none has the nearest one", async () => {
    const { error } = await run("show", "beacn");
    expect(String(error)).toContain('there is no rule "beacn": did you mean beacon?');
  });

  test("as a configuration has it", async () => {
    const path = rules("configured", {
      "flowferry.yaml":
        "source: { type: directory, path: . }\nsinks: [{ type: ndjson, path: out }]\nalerts:\n" +
        "  tune: { password_spraying: { gte: 99, level: high, throttle: 6h } }\n" +
        "  except: [{ title: The inventory, rules: [password_spraying], when: { sourceServer: inventory-1 } }]\n",
    });
    const { lines, error } = await run("show", "password_spraying", "-c", join(path, "flowferry.yaml"));
    expect(error).toBeUndefined();
    expect(lines[0]).toBe("password_spraying (high): Password spraying over many hosts");
    expect(lines.join("\n")).toContain("at least 99 different values");
    expect(lines).toContain("but not: The inventory");
    expect(lines).toContain("told: once in 6h for each sourceAddress");
  });
});
