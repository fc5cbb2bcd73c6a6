import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runPipeline } from "../../../src/run/pipeline.ts";
import { Journeys, type Traveller } from "../../../src/telemetry/journeys.ts";
import { memorySink, memorySource, OPTIONS, partsOf } from "../delivery/parts.ts";

/** A number that is smaller than the age of the process would be taken as one. */
const DAY = Date.parse("2026-03-01T00:00:00Z");

let exporter: InMemorySpanExporter;
let provider: TracerProvider;
let now: number;
beforeEach(() => {
  exporter = new InMemorySpanExporter();
  provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  now = DAY + 10_000;
});
afterEach(() => provider.shutdown());

const followed = (oneIn = 1, scrub = (text: string) => text) => new Journeys(provider.getTracer("t"), oneIn, scrub, () => now);
const object = (id: number, values: Partial<Traveller> = {}): Traveller => ({
  ...{ id, source: "bucket", key: `k${id}`, etag: "1", size: 7, time: DAY + 4000 },
  ...values,
});
const ms = ([seconds, nanos]: readonly [number, number]) => seconds * 1000 + nanos / 1e6 - DAY;
const told = (spans: readonly ReadableSpan[]) =>
  spans.map(
    (span) => `${span.name} ${ms(span.startTime)}-${ms(span.endTime)}${span.parentSpanContext === undefined ? " root" : ""}`,
  );

test("a journey goes from the bucket, through its readings, to the acknowledgement of each sink, in one trace", () => {
  const journeys = followed();
  const reading = journeys.reading(object(1), ["one", "two"]);
  now = DAY + 11_000;
  reading?.ended(42);
  journeys.finished("one", 1);
  expect(told(exporter.getFinishedSpans())).toEqual(["wait 4000-10000", "read 10000-11000", "deliver one 10000-11000"]);
  now = DAY + 15_000;
  journeys.finished("two", 1);
  const spans = exporter.getFinishedSpans();
  expect(told(spans).slice(3)).toEqual(["deliver two 10000-15000", "object 4000-15000 root"]);
  const [root] = spans.slice(-1);
  expect(new Set(spans.map((span) => span.spanContext().traceId)).size).toBe(1);
  expect(spans.slice(0, -1).map((span) => span.parentSpanContext?.spanId)).toEqual(Array(4).fill(root?.spanContext().spanId));
  expect(root?.attributes).toEqual({ "flowferry.source": "bucket", "flowferry.object.key": "k1", "flowferry.object.size": 7 });
  expect(spans[1]?.attributes).toEqual({ "flowferry.records": 42 });
});

test("a reading that breaks off says why, without secrets, and the journey goes on with the next", () => {
  const journeys = followed(1, (text) => text.replaceAll("hush", "***"));
  journeys.reading(object(1, { key: "a-hush" }), ["one"])?.failed("503 for hush");
  journeys.reading(object(1, { key: "a-hush" }), ["one"])?.ended(1);
  journeys.finished("one", 1);
  const spans = exporter.getFinishedSpans();
  expect(spans.map(({ name, status }) => [name, status.message])).toEqual([
    ["wait", undefined],
    ["read", "503 for ***"],
    ["read", undefined],
    ["deliver one", undefined],
    ["object", undefined],
  ]);
  expect(spans.at(-1)?.attributes["flowferry.object.key"]).toBe("a-***");
});

test("one object in so many is followed, the same at each reading; others leave nothing", () => {
  const chosen = (journeys: Journeys) => Array.from({ length: 4000 }, (_, id) => journeys.reading(object(id), []) !== undefined);
  const [once, again] = [chosen(followed(10)), chosen(followed(10))];
  expect(again).toEqual(once);
  const count = once.filter(Boolean).length;
  // Five standard deviations of a binomial distribution with 4000 trials.
  expect(Math.abs(count - 400)).toBeLessThan(5 * Math.sqrt(360));
});

test("an object that never comes to its end is let go for others", () => {
  const journeys = followed();
  for (let id = 0; id <= 1000; id += 1) journeys.reading(object(id), ["never"]);
  expect(exporter.getFinishedSpans().filter(({ name }) => name === "object")).toHaveLength(1);
  expect(() => journeys.finished("never", 0)).not.toThrow();
});

test("a run traces each object that it reads once, to every sink", async () => {
  const sinks = { one: memorySink().sink, two: memorySink().sink };
  const parts = partsOf(
    memorySource(
      new Map([
        ["a", 20],
        ["b", 3],
      ]),
    ),
    sinks,
  );
  await runPipeline(
    { ...parts, journeys: new Journeys(provider.getTracer("t"), 1, (text) => text) },
    OPTIONS,
    new AbortController().signal,
  );
  const names = exporter.getFinishedSpans().map(({ name }) => name);
  expect(names.toSorted()).toEqual(["deliver one", "deliver two", "object", "read", "wait"].flatMap((name) => [name, name]));
});
