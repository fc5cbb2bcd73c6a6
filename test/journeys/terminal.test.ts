import { mkdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type Ended, flowferry, spawned } from "./program.ts";
import { setting, toFile, until } from "./setting.ts";

const { path, write, configFor, begin } = setting();

/** Colours, a title, a bell, a line of its own, a C1 control, a text from right to left, and what cannot be seen. */
const HOSTILE = "k\u001b[31m\u001b]0;title\u0007\nflowferry: all is well\r\u009b2J\u202egol\u200b";
const SHOWN = "k\\u001b[31m\\u001b]0;title\\u0007\\nflowferry: all is well\\r\\u009b2J\\u202egol\\u200b";

function bucketWithHostileKey(): void {
  mkdirSync(path("bucket"));
  write(`bucket/${HOSTILE}.log`, "not json \u001b[31m red \u0007\u009b\u202e\n");
}

/** Nothing but printable characters and the ends of lines; and no line that a key made. */
function expectHarmless(...texts: string[]): void {
  for (const text of texts) {
    expect(text.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    expect(text.split("\n").filter((line) => line.startsWith("flowferry: all is well"))).toEqual([]);
  }
}

const textOf = ({ stdout, stderr }: Ended) => stdout + stderr;

describe("what others named and wrote cannot steer the terminal", () => {
  test("in the log, in results and in errors; a letter is a line", async () => {
    bucketWithHostileKey();
    const config = configFor([toFile()]);
    expectHarmless(textOf(await spawned(["run", "-c", config, "--until-caught-up"])));
    const letters = await flowferry(["status", "-c", config, "--dead-letters"]);
    expect(letters.stdout.split("\n").filter((line) => line.includes(SHOWN))).toHaveLength(1);
    expect(letters.stdout.trimEnd().split("\n")).toHaveLength(1);
    const json = await flowferry(["status", "-c", config, "--dead-letters", "--json"]);
    expect(JSON.parse(json.stdout)).toMatchObject({ key: `${HOSTILE}.log` });
    const [status, check, plan] = await Promise.all(["status", "check", "plan"].map((name) => flowferry([name, "-c", config])));
    expectHarmless(letters.stdout, json.stdout, textOf(status as Ended), textOf(check as Ended), textOf(plan as Ended));
    const missing = await flowferry(["check", "-c", "none\u001b[31m.yaml"]);
    expect(missing.stderr).toContain("cannot read configuration none\\u001b[31m.yaml");
    const unknown = await flowferry(["run\u001b[31m"]);
    expect(unknown.stderr).toContain("unknown command 'run\\u001b[31m'");
    expectHarmless(missing.stderr, unknown.stderr);
  });

  test("in the pretty log of a terminal", async () => {
    bucketWithHostileKey();
    const asTerminal = "--import data:text/javascript,process.stderr.isTTY%3Dtrue";
    const running = begin(["run", "-c", configFor([toFile()])], { NODE_OPTIONS: asTerminal, NO_COLOR: "1" });
    await until("the bad record is told", running, () => running.stderr().includes("set aside"));
    running.child.kill("SIGTERM");
    const stderr = (await running.ended).stderr.replaceAll("\r\u001b[K", "");
    expect(stderr).toMatch(/^\[\d\d:\d\d:\d\d\] WARN: bad record set aside/m);
    expect(stderr).toContain(SHOWN);
    expectHarmless(stderr);
  });
});
