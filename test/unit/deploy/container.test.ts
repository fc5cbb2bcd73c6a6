import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { asset } from "../../../src/lib/assets.ts";

const text = readFileSync(asset("deploy/container/Containerfile"), "utf8");
const { version, devDependencies } = JSON.parse(readFileSync(asset("package.json"), "utf8")) as {
  version: string;
  devDependencies: { node: string };
};
const last = text.slice(text.lastIndexOf("\nFROM "));

test("the image is of this version, with the Node that the tests run on", () => {
  const args = Object.fromEntries([...text.matchAll(/^ARG (\w+)=(.*)$/gm)].map(([, name, value]) => [name, value]));
  expect([args.VERSION, args.NODE_VERSION]).toEqual([version, devDependencies.node]);
});

test("nothing of the image that runs needs a shell: nothing is run while it is made, and each command is a list of words", () => {
  expect(last).not.toMatch(/^\s*RUN /m);
  expect(last.match(/^\s*(ENTRYPOINT|CMD) .*$/gm)).toEqual([
    expect.stringMatching(/CMD \["/),
    expect.stringMatching(/ENTRYPOINT \["/),
    expect.stringMatching(/CMD \["/),
  ]);
  expect(last).toMatch(/^USER 65532:65532$/m);
});

test("what the build copies is let through by .dockerignore, which names nothing that is not there", () => {
  const lines = readFileSync(asset(".dockerignore"), "utf8").split("\n");
  const taken = lines.filter((line) => line.startsWith("!")).map((line) => line.slice(1));
  const { files, scripts } = JSON.parse(readFileSync(asset("package.json"), "utf8")) as {
    files: string[];
    scripts: { build: string };
  };
  const configurations = [...scripts.build.matchAll(/ -[pc] (\S+)/g)].map(([, file = ""]) => file);
  expect(configurations.length).toBeGreaterThan(1);
  expect(configurations.filter((file) => !taken.includes(file))).toEqual([]);
  const roots = new Set(files.filter((path) => path !== "dist").map((path) => path.split("/")[0]));
  expect([...roots].filter((root) => !taken.includes(root ?? ""))).toEqual([]);
  for (const path of taken) expect(() => readFileSync(asset(path))).not.toThrow(/ENOENT/);
});
