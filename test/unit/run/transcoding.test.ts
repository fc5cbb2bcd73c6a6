import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseConfig } from "../../../src/config/load.ts";
import type { Enrichment } from "../../../src/enrich/enrichment.ts";
import type { EnrichOptions } from "../../../src/enrich/options.ts";
import { transcodes } from "../../../src/run/transcoding.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "flowferry-transcoding-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ENDPOINT = "endpoint: 'http://127.0.0.1:9'";
const NDJSON = "{ type: ndjson, name: file, path: out.ndjson }";

function isTranscoded(sinks: string, { env = {}, needsFlows = false, isPortable = true } = {}): boolean {
  const text = `sources: [{ type: directory, name: flows, path: flows }]\nsinks: [${sinks}]\n`;
  const config = parseConfig(join(folder, "flowferry.yaml"), text, env);
  const enrichments = new Map(
    config.sources.map(({ enrich }): [EnrichOptions, Enrichment] => [enrich, { isPortable } as Enrichment]),
  );
  return transcodes(config, { env, enrichments, needsFlows });
}

const otlp = (rest = "") => `{ type: otlp, ${ENDPOINT}${rest} }`;

test.each([
  ["OTLP as it is without other word", otlp()],
  ["in another schema that is written", otlp(", schema: otel-compact")],
])("encodes as it reads for one sink: %s", (_, sinks) => {
  expect(isTranscoded(sinks)).toBe(true);
});

test.each([
  ["of another type", NDJSON],
  ["beside another one", `${otlp()}, ${NDJSON}`],
  ["in JSON", otlp(", encoding: json")],
  ["in another schema", otlp(", schema: ecs")],
  ["with another body", otlp(", body: unique")],
  ["without a body", otlp(", body: none")],
])("makes flows for a sink %s", (_, sinks) => {
  expect(isTranscoded(sinks)).toBe(false);
});

test("makes flows where anything else needs them, where the environment says JSON, and where others say whose an address is", () => {
  expect(isTranscoded(otlp(), { needsFlows: true })).toBe(false);
  expect(isTranscoded(otlp(), { env: { OTEL_EXPORTER_OTLP_PROTOCOL: "http/json" } })).toBe(false);
  expect(isTranscoded(otlp(), { isPortable: false })).toBe(false);
});
