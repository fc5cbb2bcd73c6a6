import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { allOf, type CommandNode, treeOf } from "../../../src/cli/command-tree.ts";
import type { CliContext } from "../../../src/cli/context.ts";
import { everyCommand } from "../../../src/cli/program.ts";
import { asset } from "../../../src/lib/assets.ts";

const context = {
  env: {},
  print: () => {},
  signal: new AbortController().signal,
  stdout: { write: () => true },
  stderr: { write: () => true },
} as unknown as CliContext;
const tree = treeOf(await everyCommand(context, () => {}));
/** What every command takes. */
const COMMON = ["-h", "--help", "-V", "--version"];

const ROOT = asset(".");
const documents = ["*.md", "deploy/**/*.md", "examples/**/*.md", "lookups/**/*.md", "src/**/*.md"]
  .flatMap((pattern) => globSync(pattern, { cwd: ROOT }))
  .filter((file) => !file.includes("node_modules"))
  .sort();

/** The program where a shell takes a word for a command. */
const CALL =
  /(?:^\s*|[|;&("'<:]\s*|\b(?:npx|sudo|docker exec \S+|podman exec \S+) | -- |\.bin\/|\w=\S+ )(?:npm run (?:-s |--silent )?flowferry -- |flowferry )([a-z][^#|;&<>)"'`]*)/g;

/** Calls of the program in the code of a page: in blocks a line each, and between backticks. */
function callsIn(text: string): string[] {
  const blocks = [...text.matchAll(/^ *```[^\n]*\n(.*?)^ *```/gms)].map(([, code = ""]) => code);
  const lines = blocks.flatMap((code) => code.replaceAll(/\\\n\s*/g, " ").split("\n"));
  const spans = [...text.replaceAll(/^ *```[^\n]*\n.*?^ *```/gms, "").matchAll(/`([^`]+)`/g)].map(([, code = ""]) =>
    code.replaceAll(/\s+/g, " "),
  );
  return [...lines, ...spans].flatMap((code) => [...code.matchAll(CALL)].map(([, call = ""]) => call.trim()));
}

/** What is wrong with a call; undefined where its commands and options are there. `a|b` stands for each of them. */
function faultOf(call: string): string | undefined {
  const words = call.split(/\s+/).map((word) => word.replaceAll(/[[\](),.:]+$|^[[(]+/g, ""));
  let nodes: readonly CommandNode[] = tree;
  let node: CommandNode | undefined;
  let rest = words;
  for (let found = choose(nodes, rest[0]); found !== undefined; found = choose(nodes, rest[0])) {
    node = found;
    nodes = found.children;
    rest = rest.slice(1);
  }
  if (node === undefined) return `there is no command ${words[0]}`;
  if (node.children.length > 0 && rest[0] !== undefined && /^[a-z]/.test(rest[0])) return `${node.path} has no ${rest[0]}`;
  const known = [...node.options.flatMap(({ long, short }) => [long, short]), ...COMMON];
  const options = rest.filter((word) => /^--?[a-zA-Z]/.test(word)).map((word) => word.split("=", 1)[0] ?? "");
  const unknown = options.find((option) => !known.includes(option));
  return unknown === undefined ? undefined : `${node.path} has no option ${unknown}`;
}

function choose(nodes: readonly CommandNode[], word: string | undefined): CommandNode | undefined {
  const names = word?.split("|") ?? [];
  const found = names.map((name) => nodes.find((node) => node.name === name));
  return found.every((node) => node !== undefined) ? found[0] : undefined;
}

test("commands, and options of them, are told from what is none", () => {
  expect(allOf(tree).length).toBeGreaterThan(30);
  expect(callsIn("```sh\nnpm run -s flowferry -- run -c x.yaml | cat\n```\n`flowferry rules list` and `flowferry.yaml`")).toEqual(
    ["run -c x.yaml", "rules list"],
  );
  expect(["run -c x.yaml", "rules show NAME --json", "content diff|install -c x"].map(faultOf)).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  expect(faultOf("rum -c x.yaml")).toBe("there is no command rum");
  expect(faultOf("rules shew")).toBe("rules has no shew");
  expect(faultOf("rules list --jason")).toBe("rules list has no option --jason");
});

test.each(documents)("every command that %s names is there, with its options", (file) => {
  const calls = callsIn(readFileSync(join(ROOT, file), "utf8"));
  const faults = calls.flatMap((call) => {
    const fault = faultOf(call);
    return fault === undefined ? [] : [`${call}: ${fault}`];
  });
  expect(faults).toEqual([]);
});

test("the documents name most commands", () => {
  const calls = documents.flatMap((file) => callsIn(readFileSync(join(ROOT, file), "utf8")));
  expect(calls.length).toBeGreaterThan(100);
});
