/**
 * Loaded before a measured program (`node --import`): writes what the process used, CPU time of all its threads and peak memory,
 * to the file named by FLOWFERRY_BENCH_USAGE when it exits.
 */
import { writeFileSync } from "node:fs";

const file = process.env.FLOWFERRY_BENCH_USAGE;
if (file === undefined) throw new Error("FLOWFERRY_BENCH_USAGE names no file");

process.on("exit", () => {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  writeFileSync(file, JSON.stringify({ cpuSeconds: (userCPUTime + systemCPUTime) / 1e6, peakRssBytes: maxRSS * 1024 }));
});
