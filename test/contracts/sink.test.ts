import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Sink, SinkDependencies } from "../../src/contracts.ts";
import { codeOf, describeError, PermanentError } from "../../src/errors.ts";
import { exporter } from "../../src/sinks/exporter.ts";
import { ndjson } from "../../src/sinks/ndjson.ts";
import { otlp } from "../../src/sinks/otlp/sink.ts";
import { type Receiver, startReceiver } from "../simulators/otlp/receiver.ts";
import { anyFlow, batchOf, flowsOf } from "../unit/sinks/flows.ts";

/** A sink under test and its destination. */
interface Rig {
  readonly sink: Sink;
  /** Uids that have arrived, with repetitions. */
  arrived(): Promise<string[]>;
  /** From now on the destination fails in a way that may heal, or works again. */
  fail(failing: boolean): Promise<void>;
  /** From now on the destination takes what it gets and answers never; undefined where that cannot be. */
  hang?(): void;
}

const dependencies = (baseDir: string): SinkDependencies => ({ name: "contract", baseDir, env: {}, version: "1.2.3" });

const EXPORTER = `
export class MemoryExporter {
  constructor(state) { this.state = state; }
  export(records, callback) {
    if (this.state.hang) return;
    if (this.state.failing) return callback({ code: 1, error: new Error("down") });
    setTimeout(() => { this.state.records.push(...records); callback({ code: 0 }); }, 5);
  }
  async forceFlush() {}
  async shutdown() { if (this.state.closed++ > 0) throw new Error("shut down twice"); }
}`;

const RIGS: Record<string, (folder: string) => Promise<Rig>> = {
  "otlp protobuf": (folder) => otlpRig(folder, { encoding: "protobuf" }),
  "otlp json": (folder) => otlpRig(folder, { encoding: "json", compression: "none" }),

  async "ndjson file"(folder) {
    const file = join(folder, "out.ndjson");
    const sink = await ndjson.create(ndjson.options.parse({ path: file }), dependencies(folder));
    return {
      sink,
      async arrived() {
        if (statSync(file, { throwIfNoEntry: false }) === undefined) return [];
        const lines = readFileSync(file, "utf8").split("\n").slice(0, -1);
        return lines.map(
          (line) => (JSON.parse(line) as { attributes: Record<string, string> }).attributes["log.record.uid"] as string,
        );
      },
      // A file in the way of the next one: the handle is given up, and opening anew is refused until the file is gone.
      async fail(failing) {
        rmSync(file, { force: true, recursive: true });
        if (failing) writeFileSync(file, "not lines");
      },
    };
  },

  async exporter(folder) {
    writeFileSync(join(folder, "memory.mjs"), EXPORTER);
    const state = { records: [] as { attributes: Record<string, string> }[], failing: false, hang: false, closed: 0 };
    const parsed = exporter.options.parse({ module: "./memory.mjs" });
    const sink = await exporter.create({ ...parsed, options: state }, dependencies(folder));
    return {
      sink,
      arrived: async () => state.records.map(({ attributes }) => attributes["log.record.uid"] as string),
      async fail(failing) {
        state.failing = failing;
      },
      hang() {
        state.hang = true;
      },
    };
  },
};

let receiver: Receiver | undefined;

async function otlpRig(folder: string, options: object): Promise<Rig> {
  const own = await startReceiver();
  receiver = own;
  const sink = await otlp.create(otlp.options.parse({ endpoint: own.url, ...options }), dependencies(folder));
  return {
    sink,
    arrived: async () => own.records.map(({ attributes }) => attributes["log.record.uid"] as string),
    async fail(failing) {
      own.faults = failing ? { "*": { status: 503 } } : {};
    },
    hang() {
      own.faults = { "*": { hang: true } };
    },
  };
}

const signal = AbortSignal.timeout(60_000);
const uidsOf = (flows: readonly { uid: string }[]): string[] => flows.map(({ uid }) => uid).sort();

describe.each(Object.entries(RIGS))("%s", (_, create) => {
  let folder = "";
  let rig: Rig;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "sink-contract-"));
    rig = await create(folder);
  });
  afterEach(async () => {
    await rig.sink.close();
    await receiver?.close();
    receiver = undefined;
    rmSync(folder, { recursive: true });
  });

  test("states its limits", () => {
    const { records, inFlight, lingerMs } = rig.sink.limits;
    expect([records >= 1, inFlight >= 1, lingerMs >= 0]).toEqual([true, true, true]);
  });

  test("has delivered every record when the write resolves, each once", async () => {
    const flows = flowsOf(120);
    for (const start of [0, 40, 80]) {
      const batch = flows.slice(start, start + 40);
      expect(await rig.sink.write(batchOf(batch), signal)).toEqual({ rejected: 0 });
      expect((await rig.arrived()).sort()).toEqual(uidsOf(flows.slice(0, start + 40)));
    }
  });

  test("takes as many writes at once as it says", async () => {
    const { inFlight } = rig.sink.limits;
    const flows = flowsOf(inFlight * 10);
    await Promise.all(
      Array.from({ length: inFlight }, (_, index) => rig.sink.write(batchOf(flows.slice(index * 10, index * 10 + 10)), signal)),
    );
    expect((await rig.arrived()).sort()).toEqual(uidsOf(flows));
  });

  test("leaves the batch as it was, and takes nothing for nothing", async () => {
    const flows = flowsOf(5);
    const batch = batchOf(flows);
    const before = structuredClone(flows.map((flow) => ({ ...flow })));
    await rig.sink.write(batch, signal);
    expect(flows.map((flow) => ({ ...flow }))).toEqual(before);
    expect(batch.flows).toHaveLength(5);
    expect(await rig.sink.write(batchOf([]), signal)).toEqual({ rejected: 0 });
    expect(await rig.arrived()).toHaveLength(5);
  });

  test("takes whatever a flow may hold", async () => {
    const flows = fc.sample(anyFlow, { numRuns: 200, seed: 7 });
    await rig.sink.write(batchOf(flows), signal);
    expect(await rig.arrived()).toHaveLength(200);
  });

  test("fails with one line and a stable code, delivers nothing then, and works again afterwards", async () => {
    await rig.fail(true);
    const error = await rig.sink.write(batchOf(flowsOf(3)), signal).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toBeInstanceOf(PermanentError);
    expect(describeError(error)).toMatch(/^[^\n]{10,400}$/);
    expect(codeOf(error)).toMatch(/^[a-z]+(-[a-z0-9]+)+$/);
    await rig.fail(false);
    expect(await rig.arrived()).toEqual([]);
    expect(await rig.sink.write(batchOf(flowsOf(3)), signal)).toEqual({ rejected: 0 });
    expect((await rig.arrived()).sort()).toEqual(uidsOf(flowsOf(3)));
  });

  test("does not begin when the signal has aborted", async () => {
    const reason = new Error("over");
    await expect(rig.sink.write(batchOf(flowsOf(1)), AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(await rig.arrived()).toEqual([]);
  });

  test("gives up a destination that hangs when the signal aborts, with its reason", async () => {
    // A file does not hang.
    if (rig.hang === undefined) return;
    rig.hang();
    const abort = new AbortController();
    const reason = new Error("over");
    const writing = rig.sink.write(batchOf(flowsOf(1)), abort.signal);
    setTimeout(() => abort.abort(reason), 50);
    await expect(writing).rejects.toBe(reason);
  });

  test("says in one line what its probe found, and delivers nothing by it", async () => {
    expect(await rig.sink.probe(signal)).toMatch(/^[^\n]{10,300}$/);
    expect(await rig.arrived()).toEqual([]);
  });

  test("closes twice as well as once", async () => {
    await rig.sink.write(batchOf(flowsOf(1)), signal);
    await rig.sink.close();
    await rig.sink.close();
    expect(await rig.arrived()).toHaveLength(1);
  });
});
