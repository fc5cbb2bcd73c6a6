import { MeterProvider, type MetricData, MetricReader } from "@opentelemetry/sdk-metrics";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runPipeline } from "../../../src/run/pipeline.ts";
import { observeProcess } from "../../../src/telemetry/process.ts";
import { createInstruments } from "../../../src/telemetry/telemetry.ts";
import { memorySink, memorySource, OPTIONS, partsOf } from "../delivery/parts.ts";
import { RolledFiles } from "../delivery/rolled-files.ts";

class Reader extends MetricReader {
  override async onShutdown(): Promise<void> {}
  override async onForceFlush(): Promise<void> {}
}

let reader: Reader;
let provider: MeterProvider;
beforeEach(() => {
  reader = new Reader();
  provider = new MeterProvider({ readers: [reader] });
});
afterEach(() => provider.shutdown());

async function collected(): Promise<Map<string, MetricData>> {
  const { resourceMetrics, errors } = await reader.collect();
  expect(errors).toEqual([]);
  return new Map(resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics).map((data) => [data.descriptor.name, data]));
}

test("each sink's time from the bucket to the acknowledgement is measured, once for each object", async () => {
  const source = memorySource(
    new Map([
      ["a", 20],
      ["b", 3],
      ["c", 0],
    ]),
  );
  const landed = Date.now() - 45_000;
  const dated = {
    ...source,
    async *discover(...seen: Parameters<typeof source.discover>) {
      for await (const page of source.discover(...seen)) {
        yield { ...page, objects: page.objects.map((object) => ({ ...object, time: landed })) };
      }
    },
  };
  const instruments = createInstruments(provider.getMeter("flowferry"));
  const [one, two] = [memorySink(), memorySink()];
  const parts = { ...partsOf(dated, { one: one.sink, two: two.sink }), instruments };
  await runPipeline(parts, OPTIONS, new AbortController().signal);
  const { dataPoints = [], descriptor } = (await collected()).get("flowferry.sink.latency") ?? {};
  expect(descriptor?.unit).toBe("s");
  const counted = dataPoints.map(({ attributes, value }) => {
    const { count, min = 0, max = 0 } = value as { count: number; min?: number; max?: number };
    return [attributes.sink, count, min >= 45 && max < 105];
  });
  expect(counted.toSorted()).toEqual([
    ["one", 3, true],
    ["two", 3, true],
  ]);
});

test("an object of a store that keeps no times is not measured", async () => {
  const instruments = createInstruments(provider.getMeter("flowferry"));
  const parts = { ...partsOf(memorySource(new Map([["a", 2]])), { out: memorySink().sink }), instruments };
  await runPipeline(parts, OPTIONS, new AbortController().signal);
  expect((await collected()).get("flowferry.sink.latency")).toBeUndefined();
});

test("what the archive keeps is counted, in records and in files", async () => {
  const instruments = createInstruments(provider.getMeter("flowferry"));
  const keeper = Object.assign(new RolledFiles({ rollAt: 5, room: 100 }), { files: 4 });
  const counted: unknown[] = [];
  const valuesOf = (found: Map<string, MetricData>, name: string) =>
    found.get(name)?.dataPoints.map(({ attributes, value }) => [attributes, value]);
  const flush = keeper.flush.bind(keeper);
  keeper.flush = async (signal) => {
    counted.push(valuesOf(await collected(), "flowferry.archive.files"));
    await flush(signal);
  };
  const parts = { ...partsOf(memorySource(new Map([["a", 23]])), {}), keepers: [keeper], instruments };
  await runPipeline(parts, OPTIONS, new AbortController().signal);
  expect(counted[0]).toEqual([[{ archive: "files" }, 4]]);
  expect(valuesOf(await collected(), "flowferry.archive.records")).toEqual([[{ archive: "files" }, 23]]);
});

test("the process is measured under the names and units of the semantic conventions", async () => {
  const end = observeProcess(provider.getMeter("flowferry"));
  const before = process.cpuUsage();
  const metrics = await collected();
  end();
  const valuesOf = (name: string) =>
    metrics.get(name)?.dataPoints.map(({ attributes, value }) => [attributes, value] as const) ?? [];
  expect([...metrics].map(([name, { descriptor }]) => [name, descriptor.unit]).toSorted()).toEqual(
    expect.arrayContaining([
      ["process.cpu.time", "s"],
      ["process.memory.usage", "By"],
      ["process.uptime", "s"],
      ["v8js.memory.heap.used", "By"],
    ]),
  );
  const cpu = Object.fromEntries(valuesOf("process.cpu.time").map(([attributes, value]) => [attributes["cpu.mode"], value]));
  expect(cpu.user).toBeGreaterThanOrEqual(before.user / 1e6);
  expect(cpu.system).toBeGreaterThanOrEqual(before.system / 1e6);
  const heap = valuesOf("v8js.memory.heap.used").reduce((sum, [, value]) => sum + Number(value), 0);
  expect(heap).toBeLessThan(Number(valuesOf("process.memory.usage")[0]?.[1]));
  expect(valuesOf("v8js.memory.heap.used").map(([attributes]) => attributes["v8js.heap.space.name"])).toContain("old_space");
});
