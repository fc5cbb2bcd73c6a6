import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Table } from "./table.ts";

interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** The functions of the CPU profiles in a folder that took most time by themselves. */
export function hottest(folder: string, most: number): Table {
  const self = new Map<string, number>();
  let total = 0;
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".cpuprofile"))) {
    const profile = JSON.parse(readFileSync(join(folder, file), "utf8")) as CpuProfile;
    const names = new Map(profile.nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
    profile.samples.forEach((sample, index) => {
      const name = names.get(sample) ?? "";
      const micros = profile.timeDeltas[index] ?? 0;
      if (name === "(idle)") return;
      total += micros;
      self.set(name, (self.get(name) ?? 0) + micros);
    });
  }
  const rows = [...self].sort(([, a], [, b]) => b - a).slice(0, most);
  return {
    title: `Main thread of flowferry run, by function (profiles in ${folder})`,
    header: ["function", "ms", "share"],
    rows: rows.map(([name, micros]) => [name, (micros / 1e3).toFixed(0), `${((100 * micros) / total).toFixed(1)} %`]),
  };
}

function nameOf({ functionName, url, lineNumber }: CpuProfile["nodes"][number]["callFrame"]): string {
  const name = functionName === "" ? "(anonymous)" : functionName;
  return url === "" ? name : `${name} ${url.split("/").slice(-2).join("/")}:${lineNumber + 1}`;
}
