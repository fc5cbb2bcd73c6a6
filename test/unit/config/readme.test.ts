import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { parseConfig } from "../../../src/config/load.ts";
import { asset } from "../../../src/lib/assets.ts";

const ENV = {
  FLOWFERRY_EVENTS_TOKEN: "a-token-of-some-length",
  IBMCLOUD_API_KEY: "key",
  FLOWFERRY_HASH_KEY: "a key for the hash of addresses",
  OCI_AUTH_TOKEN: "token",
  OTLP_TOKEN: "token",
  STREAM_TOKEN: "token",
  SLACK_WEBHOOK_URL: "https://hooks.slack.com/services/T/B/x",
};
const SOURCE = "source: { type: directory, path: bucket }\n";
const SINKS = "sinks:\n  - { type: ndjson, path: out.ndjson }\n";

const blocksIn = (file: string) =>
  [...readFileSync(asset(file), "utf8").matchAll(/```yaml\n(.*?)```/gs)].map(([, text = ""]) => text);
const examples = blocksIn("README.md");
/** Pages that stand beside what they explain. */
const pages = ["lookups/README.md", "deploy/operation.md", "deploy/events/README.md", "deploy/upgrades.md", "deploy/scale.md"];

test.each([...examples, ...pages.flatMap(blocksIn)])("an example is a valid configuration, or a part of one:\n%s", (example) => {
  const text = `${/^sources?:/m.test(example) ? "" : SOURCE}${/^sinks:/m.test(example) ? "" : SINKS}${example}`;
  const config = parseConfig("flowferry.yaml", text, ENV);
  expect(config.sinks.length).toBeGreaterThan(0);
});

test("the README has a complete example each for OCI, IBM, AWS, a directory and a stream", () => {
  const complete = examples.filter((text) => /^source:/m.test(text) && /^sinks:/m.test(text));
  expect(complete.map((text) => /type: ([\w-]+)/.exec(text)?.[1])).toEqual([
    "oci-object-storage",
    "s3",
    "s3",
    "directory",
    "kafka",
  ]);
});

test.each(["README.md", "examples/README.md", "examples/library/README.md", ...pages])(
  "%s links to files and headings that are there",
  (page) => {
    const text = readFileSync(asset(page), "utf8");
    const links = [...text.matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(([, link = ""]) => link);
    const missing = links.filter((link) => {
      const [path = "", heading] = link.split("#", 2);
      const file = path === "" ? asset(page) : join(dirname(asset(page)), path);
      if (!existsSync(file)) return true;
      return heading !== undefined && !headingsIn(readFileSync(file, "utf8")).includes(heading);
    });
    expect(missing).toEqual([]);
  },
);

/** As GitHub makes the anchors of headings. */
function headingsIn(text: string): string[] {
  const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) => heading);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, "")
      .replaceAll(" ", "-"),
  );
}
