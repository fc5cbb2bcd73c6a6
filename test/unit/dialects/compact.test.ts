import { expect, test } from "vitest";
import { dialectFiles } from "../../../src/dialects/content.ts";
import { DIALECTS } from "../../../src/registry.ts";
import { searches } from "../shipped-searches.ts";
import { rules } from "./support.ts";

const texts = (schema: "otel" | "otel-compact") =>
  new Map(
    DIALECTS.map((make) => make(schema)).map((dialect) => {
      const printed = [...rules.map((rule) => dialect.rule(rule)), ...searches.map((search) => dialect.search(search))];
      return [dialect.name, printed.map((one) => ("query" in one ? one.query : one.reason))] as const;
    }),
  );
const [otel, compact] = [texts("otel"), texts("otel-compact")];

test.each(["victorialogs", "loki", "splunk", "duckdb", "ibm-cloud-logs", "log-analytics"])(
  "%s asks the same of records in otel-compact: it knows attributes by their names, or lines of otel",
  (name) => {
    expect(compact.get(name)?.length).toBe(rules.length + searches.length);
    expect(compact.get(name)).toEqual(otel.get(name));
  },
);

test("elastic asks for the resource's attributes where they are", () => {
  const before = otel.get("elastic")?.join("\n") ?? "";
  const after = compact.get("elastic")?.join("\n") ?? "";
  const moved = before.replaceAll(/(?<!resource\.)attributes\.(flow\.(?:vnic|subnet)\.id)\b/g, "resource.attributes.$1");
  expect(moved === before).toBe(false);
  expect(after === moved).toBe(true);
});

test("datadog, where the agent chooses tags for a resource, refuses what asks for them and nothing else", () => {
  const refused = (compact.get("datadog") ?? []).filter((text, index) => text !== otel.get("datadog")?.[index]);
  expect(refused).toEqual(["the resource's flow.vnic.id is a tag of the agent's choosing"]);
});

test("the files of all dialects can be made for otel-compact", async () => {
  const { files } = await dialectFiles(DIALECTS.map((make) => make("otel-compact")));
  expect(files.get("datadog/detections.json")).not.toContain("flow.vnic.id");
});
