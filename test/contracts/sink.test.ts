import { readFileSync, rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import https from "node:https";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Payload, Sink } from "../../src/contracts/sink.ts";
import type { Flow } from "../../src/flow/flow.ts";
import { codeOf, type Drawer, describeError, drawerOf, Failure, FlowferryError } from "../../src/lib/errors.ts";
import { Scrubber } from "../../src/lib/secrets/scrubber.ts";
import { runs } from "../runs.ts";
import type { RawAnswer } from "../simulators/raw-answer.ts";
import { anyFlow, batchOf, flowsOf as fixedFlows } from "../unit/sinks/flows.ts";
import { write as writeTo } from "../unit/sinks/writing.ts";
import { closeShared, type HttpRig, RIGS, type Rig, WITHOUT_HTTP } from "./sinks.ts";

const TLS = fileURLToPath(new URL("../simulators/otlp/tls", import.meta.url));
const signal = AbortSignal.timeout(600_000);
const uidsOf = (flows: readonly { uid: string }[]): string[] => flows.map(({ uid }) => uid).sort();

const failureOf = async (promise: Promise<unknown>): Promise<Failure> => {
  const outcome = await promise.then(
    (value) => new Error(`it did not fail, but gave ${JSON.stringify(value)}`),
    (thrown: unknown) => thrown,
  );
  if (outcome instanceof Failure) return outcome;
  throw outcome;
};

const rest: (() => Promise<unknown>)[] = [];
async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  rest.push(() => new Promise((resolve) => server.close(resolve)));
  return (server.address() as AddressInfo).port;
}

afterAll(closeShared);

describe.each(Object.entries(RIGS))("%s", (name, create) => {
  let folder = "";
  let rig: Rig;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "sink-contract-"));
    rig = await create(folder);
  });
  afterEach(async () => {
    await rig.sink.close();
    for (const close of rest.splice(0).reverse()) await close();
    await rig.close();
    rmSync(folder, { recursive: true });
  });

  const timed = (flows: Flow[]): Flow[] =>
    rig.recent ? flows.map((flow) => Object.assign(flow, { time: Date.now() - 60_000 })) : flows;
  const flowsOf = (count: number): Flow[] => timed(fixedFlows(count));
  const write = (sink: Sink = rig.sink, flows = flowsOf(3)) => writeTo(sink, batchOf(flows), signal);

  test("states its limits", () => {
    const { records, inFlight, lingerMs } = rig.sink.limits;
    expect([records >= 1, inFlight >= 1, lingerMs >= 0]).toEqual([true, true, true]);
  });

  test("has delivered every record when the write resolves, each once", async () => {
    const flows = flowsOf(120);
    for (const start of [0, 40, 80]) {
      const batch = flows.slice(start, start + 40);
      expect(await writeTo(rig.sink, batchOf(batch), signal)).toEqual({ rejected: 0 });
      expect((await rig.arrived()).sort()).toEqual(uidsOf(flows.slice(0, start + 40)));
    }
  });

  test("takes as many writes at once as it says", async () => {
    const { inFlight } = rig.sink.limits;
    const flows = flowsOf(inFlight * 10);
    await Promise.all(
      Array.from({ length: inFlight }, (_, index) =>
        writeTo(rig.sink, batchOf(flows.slice(index * 10, index * 10 + 10)), signal),
      ),
    );
    expect((await rig.arrived()).sort()).toEqual(uidsOf(flows));
  });

  test("leaves the flows as they were", async () => {
    const flows = flowsOf(5);
    const before = structuredClone(flows.map((flow) => ({ ...flow })));
    await writeTo(rig.sink, batchOf(flows), signal);
    expect(flows.map((flow) => ({ ...flow }))).toEqual(before);
    expect(await rig.arrived()).toHaveLength(5);
  });

  test("encodes the same flows to the same bytes, whatever it encoded before, and so does its encoder alone", () => {
    const flows = flowsOf(40);
    const observed = Date.now();
    const copied = ({ records, parts }: Payload) => [records, ...parts.map((part) => Buffer.from(part))];
    const first = rig.sink.encode(flows, observed);
    const bytes = copied(first);
    expect(bytes[0]).toBe(40);
    rig.sink.encode(timed(fc.sample(anyFlow, { numRuns: 50, seed: 3 })), observed + 1);
    expect(copied(rig.sink.encode(flows, observed))).toEqual(bytes);
    expect(copied(rig.encoder().encode(flows, observed))).toEqual(bytes);
    expect(copied(first)).toEqual(bytes);
    rig.sink.recycle?.(first);
    expect(copied(rig.sink.encode(flows, observed))).toEqual(bytes);
  });

  test("each part of a payload has memory of its own", () => {
    const payloads = [rig.sink.encode(flowsOf(3), 0), rig.sink.encode(flowsOf(1), 0)];
    const memory = payloads.flatMap(({ parts }) => parts.map(({ buffer }) => buffer));
    expect(new Set(memory).size).toBe(memory.length);
    for (const one of memory) expect(structuredClone(one, { transfer: [one] })).toBeInstanceOf(ArrayBuffer);
  });

  test("delivers a payload that is sent again after a failure", async () => {
    const payload = rig.sink.encode(flowsOf(3), Date.now());
    await rig.fail(true);
    await expect(rig.sink.send(payload, signal)).rejects.toBeInstanceOf(FlowferryError);
    await rig.fail(false);
    expect(await rig.sink.send(payload, signal)).toEqual({ rejected: 0 });
    expect((await rig.arrived()).sort()).toEqual(uidsOf(flowsOf(3)));
  });

  test("takes whatever a flow may hold", async () => {
    const count = runs(200, 4);
    const flows = timed(fc.sample(anyFlow, { numRuns: count, seed: 7 }));
    await writeTo(rig.sink, batchOf(flows), signal);
    expect(await rig.arrived()).toHaveLength(count);
  });

  test("fails with one line and a stable code, delivers nothing then, and works again afterwards", async () => {
    await rig.fail(true);
    const error = await write().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(FlowferryError);
    expect(["batch", "object"]).not.toContain(drawerOf(error));
    expect(describeError(error)).toMatch(/^[^\n]{10,400}$/);
    expect(codeOf(error)).toMatch(/^[a-z]+(-[a-z0-9]+)+$/);
    await rig.fail(false);
    expect(await rig.arrived()).toEqual([]);
    expect(await write()).toEqual({ rejected: 0 });
    expect((await rig.arrived()).sort()).toEqual(uidsOf(flowsOf(3)));
  });

  test("does not begin when the signal has aborted", async () => {
    const reason = new Error("over");
    await expect(writeTo(rig.sink, batchOf(flowsOf(1)), AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(await rig.arrived()).toEqual([]);
  });

  test("gives up a destination that hangs when the signal aborts, with its reason", async () => {
    // A file does not hang.
    if (rig.hang === undefined) return;
    rig.hang();
    const abort = new AbortController();
    const reason = new Error("over");
    const writing = writeTo(rig.sink, batchOf(flowsOf(1)), abort.signal);
    setTimeout(() => abort.abort(reason), 50);
    await expect(writing).rejects.toBe(reason);
  });

  test("says in one line what its probe found, and delivers nothing by it", async () => {
    expect(await rig.sink.probe(signal)).toMatch(/^[^\n]{10,300}$/);
    expect(await rig.arrived()).toEqual([]);
  });

  test("fails its probe while the destination fails", async () => {
    // A probe of a file finds the folder in order.
    if (rig.hang === undefined) return;
    await rig.fail(true);
    expect((await failureOf(rig.sink.probe(signal))).drawer).toBe("passing");
  });

  test("closes twice as well as once", async () => {
    await writeTo(rig.sink, batchOf(flowsOf(1)), signal);
    await rig.sink.close();
    await rig.sink.close();
    expect(await rig.arrived()).toHaveLength(1);
  });

  test("keeps nothing of a batch that was taken, or failed", async () => {
    const brought = async (): Promise<WeakRef<object>[]> => {
      const batch = batchOf(flowsOf(20));
      await writeTo(rig.sink, batch, signal).catch((error: unknown) => drawerOf(error));
      return [batch, ...batch.flows].map((one) => new WeakRef<object>(one));
    };
    const kept = await brought();
    await rig.fail(true);
    kept.push(...(await brought()));
    await vi.waitFor(async () => {
      await turn();
      collectGarbage();
      expect(kept.filter((reference) => reference.deref() !== undefined)).toHaveLength(0);
    });
  });

  describe.skipIf(WITHOUT_HTTP.has(name))("over HTTP", () => {
    const http = (): HttpRig => {
      if (rig.http === undefined) throw new Error(`${name} has no HTTP`);
      return rig.http;
    };
    const opened = async (endpoint: string, options?: object): Promise<Sink> => {
      const sink = await http().open(endpoint, options);
      rest.push(() => sink.close());
      return sink;
    };

    test("a status lies in one drawer, and asks for the pause that Retry-After names", async () => {
      const at = http();
      for (const [drawer, statuses] of Object.entries(at.statuses)) {
        for (const status of statuses) {
          at.answer({
            status,
            headers: { "retry-after": "7", "content-type": "application/json" },
            body: '{"code":"X","message":"so it is"}',
          });
          const failure = await failureOf(write());
          const { message, retryAfterMs, tooLarge, certain } = failure;
          expect([status, failure.drawer, retryAfterMs, tooLarge, certain]).toEqual([
            status,
            drawer,
            7000,
            status === 413,
            false,
          ]);
          expect(message).toContain(String(status));
          if (status !== 401 && drawer !== "not-understood") expect(message).toContain("so it is");
        }
      }
      at.answer({ status: 503, headers: { "retry-after": new Date(Date.now() + 60_000).toUTCString() } });
      expect((await failureOf(write())).retryAfterMs).toBeGreaterThan(50_000);
      at.answer({ status: 429, headers: { "retry-after": "soon" } });
      expect((await failureOf(write())).retryAfterMs).toBeUndefined();
      expect(await rig.arrived()).toEqual([]);
      at.answer(undefined);
      expect(await write()).toEqual({ rejected: 0 });
    });

    test("an answer that says that all is taken is believed", async () => {
      const at = http();
      for (const [what, raw] of Object.entries(at.taken)) {
        at.answer(raw);
        expect([what, await write()]).toEqual([what, { rejected: 0 }]);
      }
    });

    test("an answer that is none of the protocol is never success", async () => {
      const at = http();
      for (const [what, raw] of Object.entries(at.notUnderstood)) {
        at.answer(raw);
        const failure = await failureOf(write()).catch((error: unknown) => ({ drawer: `${what}: ${error}`, message: "" }));
        expect([what, failure.drawer]).toEqual([what, "not-understood"]);
        expect(failure.message).toMatch(/^[^\n]{10,500}$/);
      }
      at.answer(undefined);
      expect(await write()).toEqual({ rejected: 0 });
      expect((await rig.arrived()).sort()).toEqual(uidsOf(flowsOf(3)));
    });

    test("records that are refused in part are counted with the receiver's words", async () => {
      const at = http();
      if (at.partial === undefined) return;
      at.answer(at.partial(2, "too\nold"));
      expect(await write()).toEqual({ rejected: 2, reason: "too old" });
      at.answer(at.partial(3, ""));
      expect(await write()).toEqual({ rejected: 3 });
      // A warning.
      at.answer(at.partial(0, "attributes were cut"));
      expect(await write()).toEqual({ rejected: 0, reason: "attributes were cut" });
    });

    test("a probe is content with what acknowledges it, and fails on anything else", async () => {
      const at = http();
      for (const [what, raw] of Object.entries(at.probes.good)) {
        at.answer(raw);
        expect([what, await rig.sink.probe(signal)]).toEqual([what, expect.stringMatching(/^[^\n]{10,300}$/)]);
      }
      for (const [what, raw] of Object.entries(at.probes.bad)) {
        at.answer(raw);
        const failure = await failureOf(rig.sink.probe(signal)).catch((error: unknown) => ({ drawer: `${what}: ${error}` }));
        expect([what, ["passing", "person", "not-understood"].includes(failure.drawer)]).toEqual([what, true]);
      }
    });

    test.each<[string, RawAnswer | undefined]>([
      ["never", undefined],
      ["half of an answer", { status: 200, body: "{}", hangAfterBytes: 1 }],
    ])("an answer that does not come in time passes: %s", async (_, raw) => {
      const at = http();
      if (raw === undefined) rig.hang?.();
      else at.answer(raw);
      const failure = await failureOf(write(await opened(at.endpoint, { timeoutMs: 300 })));
      expect(failure.drawer).toBe("passing");
      expect(failure.message).toMatch(/in time|within 300 ms|stopped in the middle/);
    });

    test("an answer on its way is given up when the signal aborts", async () => {
      const at = http();
      at.answer({ status: 200, body: "{}", hangAfterBytes: 1 });
      const abort = new AbortController();
      const reason = new Error("over");
      const writing = writeTo(rig.sink, batchOf(flowsOf(1)), abort.signal);
      await vi.waitFor(() => expect(at.requests()).toBe(1));
      abort.abort(reason);
      await expect(writing).rejects.toBe(reason);
    });

    test("a certificate that is not trusted needs a person, and gets no record", async () => {
      let requests = 0;
      const pem = (file: string): string => readFileSync(join(TLS, file), "utf8");
      const server = https.createServer({ key: pem("server.key"), cert: pem("server.pem") }, (_, response) => {
        requests += 1;
        response.end("{}");
      });
      const failure = await failureOf(write(await opened(`https://localhost:${await listening(server)}`)));
      expect(failure.drawer).toBe("person");
      expect(failure.message).toContain("has a certificate of an unknown authority: name it in ");
      expect(requests).toBe(0);
    });

    test.each<[string, Drawer, (() => Server) | undefined]>([
      ["nobody listens", "passing", undefined],
      ["the connection is dropped", "passing", () => createServer((socket) => socket.resetAndDestroy())],
      [
        "something else speaks",
        "not-understood",
        () =>
          createServer((socket) =>
            socket
              .on("error", () => undefined)
              .resume()
              .end("SSH-2.0-OpenSSH_9.9\r\n"),
          ),
      ],
    ])("where %s: %s", async (_, drawer, server) => {
      const port = server === undefined ? 1 : await listening(server());
      const failure = await failureOf(write(await opened(`http://127.0.0.1:${port}`)));
      expect([failure.drawer, describeError(failure).includes("\n")]).toEqual([drawer, false]);
    });

    test("no secret that the receiver repeats leaves the program in a message", async () => {
      const at = http();
      const repeat = (status: number, form: (text: string) => string) => {
        at.answer(({ headers }) => ({
          status,
          headers: { "content-type": "application/json" },
          body: form(JSON.stringify(headers)),
        }));
      };
      for (const status of [200, 400, 401, 503]) {
        for (const form of [
          (text: string) => `denied: ${text}`,
          (text: string) => JSON.stringify({ message: text, error: text }),
          (text: string) => `<title>${text}</title>`,
        ]) {
          repeat(status, form);
          for (const failure of [await failureOf(write()), await failureOf(rig.sink.probe(signal))]) {
            const scrubber = new Scrubber();
            for (const secret of at.secrets()) scrubber.add(secret);
            for (const secret of at.secrets()) expect(scrubber.scrub(describeError(failure))).not.toContain(secret);
          }
        }
      }
      expect(at.secrets()[0]?.length).toBeGreaterThan(8);
    });
  });
});

function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
}
