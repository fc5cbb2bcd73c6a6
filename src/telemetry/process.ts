import { monitorEventLoopDelay } from "node:perf_hooks";
import { getHeapSpaceStatistics } from "node:v8";
import type { Meter } from "@opentelemetry/api";

/** Measures the process itself, under the names of the semantic conventions, until the returned function is called. */
export function observeProcess(meter: Meter): () => void {
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  meter
    .createObservableCounter("process.cpu.time", { description: "CPU time of all threads, by mode", unit: "s" })
    .addCallback((result) => {
      const { user, system } = process.cpuUsage();
      result.observe(user / 1e6, { "cpu.mode": "user" });
      result.observe(system / 1e6, { "cpu.mode": "system" });
    });
  meter
    .createObservableGauge("process.memory.usage", { description: "Physical memory in use", unit: "By" })
    .addCallback((result) => result.observe(process.memoryUsage.rss()));
  meter
    .createObservableGauge("process.uptime", { description: "Time since the process began", unit: "s" })
    .addCallback((result) => result.observe(process.uptime()));
  meter
    .createObservableGauge("v8js.memory.heap.used", { description: "Heap in use, by space", unit: "By" })
    .addCallback((result) => {
      for (const { space_name, space_used_size } of getHeapSpaceStatistics()) {
        result.observe(space_used_size, { "v8js.heap.space.name": space_name });
      }
    });
  const late = { unit: "s" };
  const p99 = meter.createObservableGauge("nodejs.eventloop.delay.p99", {
    ...late,
    description: "How late the event loop came to its work, at most, in 99 of 100 cases since the last scrape",
  });
  const max = meter.createObservableGauge("nodejs.eventloop.delay.max", {
    ...late,
    description: "How late the event loop came to its work, at most, since the last scrape",
  });
  meter.addBatchObservableCallback(
    (result) => {
      // Before anything was measured there is no number.
      if (delay.count > 0) {
        result.observe(p99, delay.percentile(99) / 1e9);
        result.observe(max, delay.max / 1e9);
      }
      delay.reset();
    },
    [p99, max],
  );
  return () => delay.disable();
}
