import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Rule } from "../../../src/detect/rule.ts";
import { UsageError } from "../../../src/lib/errors.ts";
import { type RuleOptions, readTexts, rulesOf } from "../../../src/run/rule-set.ts";
import { watchRules } from "../../../src/run/rules-watch.ts";
import { TestClock } from "../lib/test-clock.ts";

const LOGSOURCE = "logsource: { category: network_connection, product: flowferry }";
const rule = (name: string, port: number, level = "low") => `title: Port ${port}
name: ${name}
${LOGSOURCE}
detection: { selection: { destinationPort: ${port} }, condition: selection }
level: ${level}
`;

let folder: string;
let closers: (() => void)[];
const write = (name: string, text: string) => writeFileSync(join(folder, name), text);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rules-"));
  mkdirSync(join(folder, "rules"));
  closers = [];
  write("rules/a.yml", rule("ssh", 22));
  write("rules/b.yml", rule("telnet", 23));
});
afterEach(() => {
  for (const close of closers) close();
  rmSync(folder, { recursive: true });
});

/** Watches the folder; `said` takes what is told, `inUse` the names of the rules with their levels. */
async function watched(more: Partial<RuleOptions> = {}, accept: (rules: readonly Rule[]) => void = () => {}) {
  const options: RuleOptions = { rules: [join(folder, "rules")], tune: {}, except: [], disabled: [], ...more };
  const texts = await readTexts(options);
  const start = rulesOf(texts, options);
  const said: string[] = [];
  let { rules } = start;
  const clock = new TestClock();
  const events = {
    onRules(next: readonly Rule[], message: string) {
      accept(next);
      rules = next;
      said.push(message);
    },
    onRefused: (message: string) => void said.push(message.replaceAll(`${folder}/`, "")),
    onRecovered: () => void said.push("recovered"),
  };
  const watch = await watchRules(options, { ...start, texts }, events, clock);
  closers.push(() => watch.close());
  const inUse = () => rules.map(({ name, level }) => `${name} ${level}`).join(", ");
  return { said, inUse, clock };
}

test("rules that change, come and go are taken up when their files rest, each change once", async () => {
  const { said, inUse, clock } = await watched();
  await clock.advance(10_000);
  expect(said).toEqual([]);
  write("rules/a.yml", rule("ssh", 22, "high"));
  write("rules/c.yml", rule("rdp", 3389));
  rmSync(join(folder, "rules/b.yml"));
  await clock.advance(2_000);
  expect(inUse()).toBe("ssh low, telnet low");
  await clock.advance(3_000);
  expect(inUse()).toBe("ssh high, rdp low");
  await clock.advance(60_000);
  expect(said).toEqual(["rules reloaded: 1 changed (ssh), 1 added (rdp), 1 removed (telnet)"]);
});

test("of a wrong file the old rules stay, the others change; it is told once, and when it is good again", async () => {
  const { said, inUse, clock } = await watched();
  write("rules/a.yml", rule("ssh", 22).replace("destinationPort", "destinationPrt"));
  write("rules/b.yml", rule("telnet", 23, "high"));
  await clock.advance(60_000);
  expect(inUse()).toBe("ssh low, telnet high");
  expect(said).toEqual([
    "rules reloaded: 1 changed (telnet)",
    "rules/a.yml:4: destinationPrt: unknown field 'destinationPrt'; did you mean 'destinationPort'?; what was good before stays in use",
  ]);
  write("rules/a.yml", rule("ssh", 22));
  await clock.advance(5_000);
  expect(said.slice(2)).toEqual(["recovered"]);
  expect(inUse()).toBe("ssh low, telnet high");
});

test("a file that was wrong at the start keeps no other from changing", async () => {
  write("rules/a.yml", "title: nothing\n");
  const { inUse, clock } = await watched();
  expect(inUse()).toBe("telnet low");
  write("rules/b.yml", rule("telnet", 23, "high"));
  await clock.advance(5_000);
  expect(inUse()).toBe("telnet high");
  write("rules/a.yml", rule("ssh", 22));
  await clock.advance(5_000);
  expect(inUse()).toBe("ssh low, telnet high");
});

test("a folder that goes away leaves the rules as they are", async () => {
  const { said, inUse, clock } = await watched();
  renameSync(join(folder, "rules"), join(folder, "elsewhere"));
  await clock.advance(60_000);
  expect(inUse()).toBe("ssh low, telnet low");
  expect(said).toHaveLength(1);
  expect(said[0]).toMatch(/^the rules folder rules cannot be read: .*; the rules stay as they are$/);
  renameSync(join(folder, "elsewhere"), join(folder, "rules"));
  await clock.advance(5_000);
  expect(said.slice(1)).toEqual(["recovered"]);
});

test("what is tuned, and exceptions, may stand in files that are taken up", async () => {
  const [tune, except] = [join(folder, "tune.yml"), join(folder, "except.yml")];
  write("tune.yml", "ssh: { level: medium }\n");
  const filter = (rules: string) =>
    `title: Ours\n${LOGSOURCE}\nfilter: { rules: [${rules}], ours: { sourceServer: jump }, condition: not ours }\n`;
  write("except.yml", filter("ssh"));
  const { said, inUse, clock } = await watched({ tune, except: [except] });
  expect(inUse()).toBe("ssh medium, telnet low");
  write("tune.yml", "ssh: { level: high }\n");
  write("except.yml", filter("telnet"));
  await clock.advance(5_000);
  expect(inUse()).toBe("ssh high, telnet low");
  expect(said).toEqual(["rules reloaded: 2 changed (ssh, telnet)"]);
  write("tune.yml", "ssh: { level: high }\ntelent: { level: high }\n");
  write("rules/b.yml", rule("telnet", 23, "medium"));
  await clock.advance(5_000);
  expect(inUse()).toBe("ssh high, telnet medium");
  expect(said.slice(1)).toEqual([
    "rules reloaded: 1 changed (telnet)",
    "tune.yml:2: telent: there is no such rule; did you mean 'telnet'?; what was good before stays in use",
  ]);
  write("tune.yml", "- ssh\n");
  await clock.advance(5_000);
  expect(said.at(-1)).toBe(
    "tune.yml:1: expected names of rules with options, as in `brute_force: {gte: 50}`; what was good before stays in use",
  );
});

test("rules that somebody cannot use are refused, and what was in use stays", async () => {
  const { said, inUse, clock } = await watched({}, (rules) => {
    if (rules.length < 2) throw new UsageError("bad-filter", "the filter of sink soc asks for rule telnet, and there is none");
  });
  rmSync(join(folder, "rules/b.yml"));
  await clock.advance(60_000);
  expect(inUse()).toBe("ssh low, telnet low");
  expect(said).toEqual(["the filter of sink soc asks for rule telnet, and there is none; the rules stay as they are"]);
});
