import { describe, expect, test } from "vitest";
import { otlp } from "../../src/sinks/otlp/sink.ts";
import { batchOf, flowsOf } from "../unit/sinks/flows.ts";
import { write } from "../unit/sinks/writing.ts";
import { available } from "./servers/available.ts";
import { startCollector } from "./servers/collector.ts";
import { startVictoriaLogs } from "./servers/victorialogs.ts";

async function expectZstd(endpoint: string, encoding: string) {
  const options = otlp.options.parse({ endpoint, encoding });
  const sink = await otlp.create(options, { name: "test", baseDir: ".", env: {}, version: "1.2.3" });
  const deliver = () => write(sink, batchOf(flowsOf(3)), AbortSignal.timeout(60_000));
  try {
    for (let count = 0; count < 20; count++) await deliver();
    await expect.poll(() => sink.coding).toBe("zstd");
    expect(await deliver()).toEqual({ rejected: 0 });
    expect(sink.coding).toBe("zstd");
  } finally {
    await sink.close();
  }
}

describe("the OpenTelemetry Collector", () => {
  const collector = available("OpenTelemetry Collector", startCollector);
  test.each(["protobuf", "json"])("shows that it reads zstd, and takes it: %s", (encoding) =>
    expectZstd(collector().endpoint, encoding),
  );
});

describe("VictoriaLogs", () => {
  const victoriaLogs = available("VictoriaLogs", startVictoriaLogs);
  test("shows that it reads zstd, and takes it", () => expectZstd(victoriaLogs().endpoint, "protobuf"));
});
