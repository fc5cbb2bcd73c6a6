import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { validate } from "../../../src/config/validate.ts";
import { parseYaml } from "../../../src/config/yaml.ts";
import { UsageError } from "../../../src/lib/errors.ts";
import { Scrubber } from "../../../src/lib/secrets/scrubber.ts";

let baseDir = "";
beforeAll(() => {
  baseDir = mkdtempSync(join(tmpdir(), "flowferry-yaml-"));
});
afterAll(() => rmSync(baseDir, { recursive: true, force: true }));

const parse = (text: string, env: NodeJS.ProcessEnv = {}, secrets = new Scrubber()) =>
  parseYaml("f.yaml", text, { env, baseDir, secrets });

describe("parseYaml", () => {
  test("puts the environment into values, with defaults, and leaves keys alone", () => {
    const text = 'a: ${A}\nb: "x-${A}-${B:-two}"\nc: $${A}\n"${A}": d\n';
    expect(parse(text, { A: "1" }).value).toEqual({ a: "1", b: "x-1-two", c: "${A}", "${A}": "d" });
  });

  test("a variable that is not set is an error with its place; its value never is in a message", () => {
    expect(() => parse("a:\n  b: ${SECRET_KEY}\n")).toThrow("f.yaml:2:6: environment variable SECRET_KEY is not set");
    expect(() => parse("a: ${E}", { E: "" })).toThrow("environment variable E is not set");
    expect(() => validate(z.strictObject({ a: z.number() }), { a: "hunter2" }, parse("a: ${S}", { S: "hunter2" }), [])).toThrow(
      /^(?!.*hunter2)/s,
    );
  });

  test("a $ that begins nothing stays, and so does what comes out of a variable", () => {
    expect(parse('a: "$"\nb: cost$\nc: $5\nd: "x$$y$"\ne: "$NOT_SET"\nf: "${A}{b}${A}"\n', { A: "$" }).value).toEqual({
      a: "$",
      b: "cost$",
      c: "$5",
      d: "x$$y$",
      e: "$NOT_SET",
      f: "${b}$",
    });
    expect(parse('a: "${A:-}${B:-x:-y}"\n', { A: "" }).value).toEqual({ a: "x:-y" });
    expect(parse('a: "$${A} ${A}"\n', { A: "1" }).value).toEqual({ a: "${A} 1" });
  });

  test.each([
    ["a: ${VAR:?not set}\n", "f.yaml:1:4"],
    ["a: ${VAR-default}\n", "f.yaml:1:4"],
    ["a: ${VAR:=default}\n", "f.yaml:1:4"],
    ["a: ${ VAR }\n", "f.yaml:1:4"],
    ["a: ${}\n", "f.yaml:1:4"],
    ["a: ${1VAR}\n", "f.yaml:1:4"],
    ["a: ${env:VAR}\n", "f.yaml:1:4"],
    ["a: ${file:}\n", "f.yaml:1:4"],
    ["a: ${VAR:-${OTHER}}\n", "f.yaml:1:4"],
    ["a:\n  - x\n  - 'it''s ${VAR:+x}'\n", "f.yaml:3:12"],
    ["a: |\n  one\n  two ${VAR%x}\n", "f.yaml:3:7"],
  ])("a form that is not known is an error with its place and what is known: %j", (text, place) => {
    expect(() => parse(text, { VAR: "v" })).toThrow(UsageError);
    expect(() => parse(text, { VAR: "v" })).toThrow(`${place}: this form of \${…} is not known; known are \${NAME} and`);
  });

  test("one that is not closed, and one without its braces, too; nothing of the text around is shown", () => {
    expect(() => parse("a: hunter2${VAR\n", { VAR: "v" })).toThrow(/^f\.yaml:1:11: \$\{ has no \} after it(?!.*hunter2)/);
    expect(() => parse("a: 'hunter2${hunter2 hunter2}'\n")).toThrow(/^f\.yaml:1:12: (?!.*hunter2)/);
    expect(() => parse("a: $VAR\n", { VAR: "v" })).toThrow("f.yaml:1:4: $VAR is not replaced by the variable: write ${VAR}");
  });

  test("puts what is in a file into values, without the end of its last line, and hides it", () => {
    writeFileSync(join(baseDir, "token"), "a0B1c2D3\n");
    writeFileSync(join(baseDir, "lines"), "one\r\ntwo\n\r\n");
    writeFileSync(join(baseDir, "port"), "8080");
    const secrets = new Scrubber();
    const text = `a: "Bearer \${file:token}"\nb: \${file:${join(baseDir, "lines")}}\nport: \${file:port}\n`;
    const yaml = parse(text, {}, secrets);
    expect(yaml.value).toEqual({ a: "Bearer a0B1c2D3", b: "one\r\ntwo\n", port: "8080" });
    expect(secrets.scrub("the token a0B1c2D3")).toBe("the token ***");
    expect(validate(z.object({ port: z.int() }), yaml.value, yaml, [])).toEqual({ port: 8080 });
  });

  test("a file that gives no value is one line with its place", () => {
    const inFolder = (name: string) => join(baseDir, name);
    writeFileSync(inFolder("empty"), "\n");
    writeFileSync(inFolder("large"), "x".repeat(64 * 1024 + 1));
    writeFileSync(inFolder("bytes"), Buffer.from([0xff, 0xfe, 0x00]));
    const faults = {
      missing: `f.yaml:2:6: cannot read ${inFolder("missing")}: ENOENT`,
      ".": `f.yaml:2:6: cannot read ${baseDir}: EISDIR`,
      empty: `f.yaml:2:6: ${inFolder("empty")} is empty`,
      large: `f.yaml:2:6: ${inFolder("large")} is larger than 65536 bytes`,
      bytes: `f.yaml:2:6: ${inFolder("bytes")} is not UTF-8 text`,
    };
    for (const [name, fault] of Object.entries(faults)) {
      expect(() => parse(`a:\n  b: \${file:${name}}\n`)).toThrow(fault);
      expect(() => parse(`a:\n  b: \${file:${name}}\n`)).toThrow(/^.*$/);
    }
  });

  test("variables that are called like a secret are hidden", () => {
    const secrets = new Scrubber();
    parse("a: ${OTLP_TOKEN}\nb: ${REGION}\n", { OTLP_TOKEN: "a0B1c2D3", REGION: "us-s0uth-1" }, secrets);
    expect(secrets.scrub("a0B1c2D3 us-s0uth-1")).toBe("*** us-s0uth-1");
  });

  test("broken YAML is one line with its place", () => {
    expect(() => parse("a: 1\nb: [1, 2\n")).toThrow(/^f\.yaml:\d+:\d+: not valid YAML: /);
    expect(() => parse("a: 1\na: 2\n")).toThrow(/^f\.yaml:2:1: not valid YAML: /);
  });

  test.each([
    ["a tag", "key: !hunter2 x\n"],
    ["a verbatim tag", "key: !<hunter2 x\n"],
    ["an alias", "key: *hunter2\n"],
    ["an alias with more", "key: *hunter2 x\n"],
    ["an escape", 'key: "\\hunter2"\n'],
    ["a block scalar", "key: |hunter2\n"],
    ["a quote in a value", 'key: "a"hunter2"\n'],
    ["a colon in a value", "key: a: hunter2\n"],
    ["a reserved character", "key: @hunter2\n"],
    ["a percent sign", "%hunter2 1\n---\na: 1\n"],
    ["a bracket", "key: [hunter2}\n"],
    ["a brace", "key: {hunter2 x: hunter2\n"],
    ["a tab", "key:\n\t- hunter2\n"],
  ])("%s that is wrong is told without the text, which may be a secret", (_what, text) => {
    expect(() => parse(text)).toThrow(UsageError);
    expect(() => parse(text)).toThrow(/^f\.yaml:\d+:\d+: not valid YAML: (?!.*hunter2).*$/);
  });

  test("a bomb of aliases is refused", () => {
    const bomb = [
      "a: &a [x,x,x,x,x,x,x,x,x]",
      ..."bcdefghi".split("").map((k, i) => `${k}: &${k} [${Array(9).fill(`*${"abcdefghi"[i]}`).join(",")}]`),
    ];
    expect(() => parse(bomb.join("\n"))).toThrow();
  });
});

describe("validate", () => {
  const schema = z.strictObject({
    port: z.int().default(1),
    sinks: z.array(z.strictObject({ endpoint: z.string(), on: z.boolean().optional() })),
  });
  const check = (text: string, env: NodeJS.ProcessEnv = {}) => {
    const yaml = parse(text, env);
    return validate(schema, yaml.value, yaml, []);
  };

  test("a wrong key is an error with file, line and the nearest right name", () => {
    expect(() => check("sinks:\n  - endpoint: a\n  - endpiont: b\n    endpoint: b\n")).toThrow(
      "f.yaml:3:5: unknown key sinks[1].endpiont: did you mean endpoint?",
    );
    expect(() => check("sinks: []\nzzzzzz: 1\n")).toThrow("f.yaml:2:1: unknown key zzzzzz: known here: port, sinks");
  });

  test("a wrong value is an error with its place and what was expected, and all are told at once", () => {
    const text = "port: many\nsinks:\n  - endpoint: 5\n";
    expect(() => check(text)).toThrow(UsageError);
    expect(() => check(text)).toThrow(
      /f\.yaml:1:7: port: .*expected number.*\nf\.yaml:3:15: sinks\[0\]\.endpoint: .*expected string/s,
    );
  });

  test("a missing value is told at the block that lacks it", () => {
    expect(() => check("sinks:\n  - on: true\n")).toThrow("f.yaml:2:5: sinks[0].endpoint: ");
  });

  test("text from the environment becomes the number or boolean that its place wants, and stays text where text is wanted", () => {
    const env = { PORT: "8080", ON: "true", NUMERIC: "12345" };
    expect(check("port: ${PORT}\nsinks: [{ endpoint: '${NUMERIC}', on: '${ON}' }]\n", env)).toEqual({
      port: 8080,
      sinks: [{ endpoint: "12345", on: true }],
    });
    expect(() => check("port: ${PORT}\nsinks: []\n", { PORT: "eighty" })).toThrow("f.yaml:1:7: port: ");
  });
});
