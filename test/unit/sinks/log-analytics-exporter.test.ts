import { resourceFromAttributes } from "@opentelemetry/resources";
import type { LogRecordExporter, ReadableLogRecord } from "@opentelemetry/sdk-logs";
import { BatchLogRecordProcessor, LoggerProvider } from "@opentelemetry/sdk-logs";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { OciLogAnalyticsExporter, type OciLogAnalyticsExporterOptions } from "../../../src/index.ts";
import { UsageError } from "../../../src/lib/errors.ts";
import { type Oci, startOci } from "../../simulators/oci/index.ts";
import type { LogAnalytics } from "../../simulators/oci/services/log-analytics.ts";
import { hurry } from "../hurry.ts";
import { addLogAnalytics, LOG_GROUP } from "./log-analytics-parts.ts";

let oci: Oci;
let service: LogAnalytics;
let exporter: OciLogAnalyticsExporter;
beforeAll(async () => {
  oci = await startOci();
  service = addLogAnalytics(oci);
});
afterAll(() => oci.stop());
beforeEach(() => {
  hurry();
  oci.requests.clear();
  service.state.otlp.length = 0;
  exporter = make();
});
afterEach(async () => {
  await exporter.shutdown();
  oci.faults.clear();
});

function make(options: Partial<OciLogAnalyticsExporterOptions> = {}): OciLogAnalyticsExporter {
  return new OciLogAnalyticsExporter({
    namespace: oci.namespace,
    logGroupId: LOG_GROUP,
    endpoint: oci.endpoint,
    auth: { type: "config-file", file: oci.config },
    ...options,
  });
}

/** Lets a program log through the SDK, and stops it. */
async function log(numbers: readonly number[], text = "hello"): Promise<void> {
  const provider = new LoggerProvider({
    resource: resourceFromAttributes({ "service.name": "shop" }),
    processors: [new BatchLogRecordProcessor({ exporter })],
  });
  const logger = provider.getLogger("cart", "1.0.0");
  for (const number of numbers) {
    logger.emit({ body: `${text} ${number}`, severityText: "WARN", severityNumber: 13, attributes: { number } });
  }
  await provider.forceFlush();
}

const numbers = (): number[] => service.state.otlp.map(({ record }) => Number(record.attributes.number)).sort((a, b) => a - b);
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

describe("OciLogAnalyticsExporter", () => {
  it("takes the records of a program that logs with OpenTelemetry", async () => {
    await log(upTo(20));
    expect(numbers()).toEqual(upTo(20));
    expect(service.state.otlp[0]).toMatchObject({
      logGroupId: LOG_GROUP,
      resource: { "service.name": "shop" },
      record: { severityText: "WARN", body: { stringValue: "hello 1" } },
    });
  });

  it("tries again what may heal, and gets every record in once", async () => {
    oci.faults.add({ on: "upload-otlp" }, { status: 503 });
    oci.faults.add({ on: "upload-otlp" }, { loseAnswer: "reset" });
    await log(upTo(5));
    expect(numbers()).toEqual(upTo(5));
    expect(oci.requests.count("upload-otlp")).toBe(3);
  });

  it("halves what is too large", async () => {
    exporter = make({ maxJsonBytes: 2000 });
    await log(upTo(40));
    expect(numbers()).toEqual(upTo(40));
    expect(oci.requests.count("upload-otlp")).toBeGreaterThan(2);
  });

  it("reports what it could not export, and why", async () => {
    oci.faults.add({ on: "upload-otlp", times: 1 }, { status: 404 });
    const provided = await records();
    expect(await exported(exporter, provided)).toMatchObject({ code: 1, error: { code: "not-authorized" } });
    expect(oci.requests.count("upload-otlp")).toBe(1);
    expect(await exported(exporter, provided)).toEqual({ code: 0 });
    const impatient = make({ exportTimeoutMs: 300 });
    oci.faults.add({ on: "upload-otlp", times: Number.POSITIVE_INFINITY }, { status: 500 });
    const late = await exported(impatient, provided);
    expect(late).toMatchObject({
      code: 1,
      error: { message: "not exported within 300 ms", cause: { code: "service-unavailable" } },
    });
    await impatient.shutdown();
    expect(await exported(impatient, provided)).toMatchObject({ code: 1, error: { message: "the exporter is shut down" } });
  });

  it("refuses wrong options by name", () => {
    expect(() => make({ logGroupId: "mine" })).toThrow(UsageError);
    expect(() => make({ logGroupId: "mine" })).toThrow(/logGroupId: expected the OCID/);
  });
});

/** A record as the SDK hands it to exporters. */
async function records(): Promise<ReadableLogRecord[]> {
  const kept: ReadableLogRecord[] = [];
  const keeper: LogRecordExporter = {
    export(list, done) {
      kept.push(...list);
      done({ code: 0 });
    },
    forceFlush: async () => undefined,
    shutdown: async () => undefined,
  };
  const provider = new LoggerProvider({ processors: [new BatchLogRecordProcessor({ exporter: keeper })] });
  provider.getLogger("x").emit({ body: "one" });
  await provider.forceFlush();
  return kept;
}

function exported(to: LogRecordExporter, list: ReadableLogRecord[]): Promise<unknown> {
  return new Promise((resolve) => to.export(list, resolve));
}
