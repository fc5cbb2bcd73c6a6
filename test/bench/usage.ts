/**
 * Loaded before a measured program (`node --import`): writes what the process used, CPU time of all its threads and of the main one, and peak memory,
 * to the file named by FLOWFERRY_BENCH_USAGE when it exits.
 */
import { writeFileSync } from "node:fs";
import { isMainThread } from "node:worker_threads";

const file = process.env.FLOWFERRY_BENCH_USAGE;
if (file === undefined) throw new Error("FLOWFERRY_BENCH_USAGE names no file");

if (isMainThread)
  process.on("exit", () => {
    const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
    const { user, system } = process.threadCpuUsage();
    const [cpuSeconds, mainCpuSeconds] = [userCPUTime + systemCPUTime, user + system].map((micros) => micros / 1e6);
    writeFileSync(file, JSON.stringify({ cpuSeconds, mainCpuSeconds, peakRssBytes: maxRSS * 1024 }));
  });
