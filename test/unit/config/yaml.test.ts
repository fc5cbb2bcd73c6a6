import { describe, expect, test } from "vitest";
import { z } from "zod";
import { validate } from "../../../src/config/validate.ts";
import { parseYaml } from "../../../src/config/yaml.ts";
import { UsageError } from "../../../src/errors.ts";

const parse = (text: string, env: NodeJS.ProcessEnv = {}) => parseYaml("f.yaml", text, env);

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

  test("broken YAML is one line with its place", () => {
    expect(() => parse("a: 1\nb: [1, 2\n")).toThrow(/^f\.yaml:\d+:\d+: not valid YAML: /);
    expect(() => parse("a: 1\na: 2\n")).toThrow(/^f\.yaml:2:1: not valid YAML: /);
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
