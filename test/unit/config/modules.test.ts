import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Config, loadConfig } from "../../../src/config/load.ts";
import { UsageError } from "../../../src/lib/errors.ts";
import { Scrubber } from "../../../src/lib/secrets/scrubber.ts";

let folder: string;
const put = (path: string, text: string) => {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
};

/** The zod of this repository, as a package beside the configuration may have its own. */
const ZOD = pathToFileURL(join(import.meta.dirname, "../../../node_modules/zod/index.js")).href;

const PART = `type: "mine", summary: "A part of my own"`;
const OPTIONS = `options: z.strictObject({ url: z.url(), depth: z.int().default(3), apiToken: z.string().optional() })`;
const SINK = `import { z } from "${ZOD}";
export const sink = { ${PART}, ${OPTIONS}, create: (options) => ({ options }) };`;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "flowferry-modules-"));
  put("node_modules/my-sink/package.json", '{ "name": "my-sink", "type": "module", "exports": { "import": "./sink.js" } }');
  put("node_modules/my-sink/sink.js", SINK);
  put("sink.mjs", SINK);
  put("default.mjs", SINK.replace("export const sink =", "export default"));
  put("throws.mjs", "throw new Error('no licence\\nfound')");
  put("nothing.mjs", "export const other = 1;");
  put("half.mjs", `export const sink = { ${PART} };`);
  put(
    "standard.mjs",
    `const validate = (value) => value.depth > 0 ? { value: { ...value, seen: true } }
       : { issues: [{ message: "expected a depth above 0", path: ["depth"] }, { message: "it is empty" }] };
     const options = { "~standard": { version: 1, vendor: "mine", validate } };
     export const sink = { ${PART}, options, create: (options) => ({ options }) };`,
  );
  put(
    "later.mjs",
    `const options = { "~standard": { version: 1, vendor: "mine", validate: async (value) => ({ value }) } };
     export const sink = { ${PART}, options, create() {} };`,
  );
  put("format.mjs", `export const format = { name: "mine", create: () => ({ recognises: () => false, async *decode() {} }) };`);
  put(
    "layout.mjs",
    `export const layout = { name: "mine", summary: "mine", root: "mine/", holds: () => false, tail: () => async function* () {} };`,
  );
  put("notifier.mjs", SINK.replace("sink", "notifier"));
  put("source.mjs", SINK.replace("sink", "source"));
  put("bucket.mjs", SINK.replace("sink", "bucket"));
  put(
    "network.mjs",
    `import { z } from "${ZOD}";
     export const network = { name: "mine", options: z.strictObject({ file: z.string() }), resolve: ({ file }, at) => ({ file: at(file) }),
       files: ({ file }) => [file], read: async () => undefined };`,
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SOURCE = "source: { type: directory, path: . }\n";

async function load(text: string, secrets = new Scrubber()): Promise<Config> {
  put("f.yaml", text);
  return loadConfig(join(folder, "f.yaml"), {}, secrets);
}

async function faultOf(text: string): Promise<string> {
  const error = await load(text).then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(error).toBeInstanceOf(UsageError);
  return (error as UsageError).message.replaceAll(`${folder}/`, "");
}

test.each([
  ["a package that can only be imported, beside the configuration", "npm:my-sink"],
  ["a path from the configuration's folder", "./sink.mjs"],
  ["a default export", "./default.mjs"],
])("a sink of a module: %s", async (_, type) => {
  const { sinks } = await load(`${SOURCE}sinks: [{ type: "${type}", url: "http://a" }]\n`);
  expect(sinks).toMatchObject([{ name: "mine", options: { url: "http://a", depth: 3 } }]);
  expect(await sinks[0]?.component.create(sinks[0].options, {} as never)).toEqual({ options: { url: "http://a", depth: 3 } });
});

test("every kind of part may be a module's", async () => {
  const text = `source: { type: ./bucket.mjs, url: "http://a", layout: ./layout.mjs, prefix: x }
format: ./format.mjs
enrich: { ./network.mjs: { file: net.json } }
sinks: [{ type: ./sink.mjs, url: "http://a" }, { type: ./sink.mjs, name: other, url: "http://b" }]
alerts: { ./notifier.mjs: { url: "http://c" } }
`;
  const config = await load(text);
  expect(config.sources[0]?.options).toMatchObject({ url: "http://a", layout: "./layout.mjs", prefix: "x", lookBack: "2h" });
  expect(config.registry.layouts.map(({ name }) => name)).toContain("./layout.mjs");
  expect(config.registry.formats.find(({ name }) => name === config.sources[0]?.format)?.create()).toHaveProperty("decode");
  expect(config.enrich["./network.mjs"]).toEqual({ file: join(folder, "net.json") });
  expect(config.sinks.map(({ name }) => name)).toEqual(["mine", "other"]);
  expect(config.alerts?.notifiers).toMatchObject([{ kind: { type: "mine" }, options: { url: "http://c", depth: 3 } }]);
  const other = await load(text.replace("./bucket.mjs", "./source.mjs").replace(", layout: ./layout.mjs, prefix: x", ""));
  expect(other.sources[0]?.options).toEqual({ url: "http://a", depth: 3 });
});

test("what a module brings is not known to the next configuration", async () => {
  await load(`${SOURCE}sinks: [{ type: "npm:my-sink", url: "http://a" }]\n`);
  const { registry } = await load(`${SOURCE}sinks: [{ type: ndjson, path: "-" }]\n`);
  expect([...registry.sinks.keys()]).not.toContain("npm:my-sink");
});

test.each([
  ["url: 7", "f.yaml:4:10: sinks[0].url: Invalid input: expected string, received number"],
  ["depht: 2\n    url: http://a", "f.yaml:4:5: unknown key sinks[0].depht: did you mean depth?"],
])("a wrong option of a module's part is told as any other: %s", async (option, fault) => {
  expect(await faultOf(`${SOURCE}sinks:\n  - type: npm:my-sink\n    ${option}\n`)).toBe(fault);
});

test("options by any library for schemas", async () => {
  const sinks = (depth: number) => `${SOURCE}sinks:\n  - type: ./standard.mjs\n    depth: ${depth}\n`;
  expect((await load(sinks(1))).sinks[0]?.options).toEqual({ depth: 1, seen: true });
  expect(await faultOf(sinks(0))).toBe(
    "f.yaml:4:12: sinks[0].depth: expected a depth above 0\nf.yaml:3:5: sinks[0]: it is empty",
  );
  expect(await faultOf(`${SOURCE}sinks: [{ type: ./later.mjs }]\n`)).toMatch(/^f\.yaml:2:9: sinks\[0\]: .*answers later/);
});

test.each([
  [
    "npm:not-there",
    "cannot load module not-there: it is installed neither beside the configuration (FOLDER) nor beside the program",
  ],
  ["./not-there.mjs", "cannot load module ./not-there.mjs: there is no file not-there.mjs"],
  ["./throws.mjs", "cannot load module ./throws.mjs: no licence found"],
  ["./nothing.mjs", "module ./nothing.mjs exports no sink, and nothing as its default; it exports other"],
  ["./half.mjs", "module ./half.mjs: the sink lacks create(), options (a schema)"],
])("a module that brings no sink is one line with its place: %s", async (type, fault) => {
  const told = (await faultOf(`${SOURCE}sinks:\n  - type: "${type}"\n`)).replace(folder, "FOLDER");
  expect(told).toBe(`f.yaml:3:11: ${fault}`);
});

test("options of a module's part that are called like secrets are secrets", async () => {
  const secrets = new Scrubber();
  await load(`${SOURCE}sinks: [{ type: ./standard.mjs, depth: 1, apiToken: hush-hush-123456 }]\n`, secrets);
  expect(secrets.scrub("it was hush-hush-123456")).toBe("it was ***");
});
