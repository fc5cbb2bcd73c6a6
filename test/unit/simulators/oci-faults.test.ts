import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Oci, startOci } from "../../simulators/oci/index.ts";
import { signedFetch } from "./oci-clients.ts";

let oci: Oci;
beforeAll(async () => {
  oci = await startOci();
});
afterAll(() => oci.stop());
beforeEach(() => {
  oci.createBucket("flows");
  oci.requests.clear();
});
afterEach(() => oci.faults.clear());

describe("faults", () => {
  const get = (signal?: AbortSignal): Promise<Response> => {
    if (signal === undefined) return signedFetch(oci, "/n/simulated/b/flows/o/k");
    return Promise.race([
      signedFetch(oci, "/n/simulated/b/flows/o/k"),
      new Promise<Response>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true })),
    ]);
  };
  beforeEach(() => {
    oci.put("flows", "k", "x".repeat(100_000));
  });

  it("answers with a status, headers and a code of choice", async () => {
    oci.faults.add({ on: "get" }, { status: 429, headers: { "retry-after": "7" } });
    const answer = await get();
    expect([answer.status, answer.headers.get("retry-after"), ((await answer.json()) as { code: string }).code]).toEqual([
      429,
      "7",
      "TooManyRequests",
    ]);
    expect((await get()).status).toBe(200);
  });

  it("strikes the requests it is meant for", async () => {
    oci.faults.add({ on: "list", times: Number.POSITIVE_INFINITY }, { status: 500 });
    oci.faults.add({ on: "get", after: 1, times: 2 }, { status: 503 });
    oci.faults.add({ when: ({ headers }) => headers.range === "bytes=0-0" }, { status: 504 });
    const statuses: number[] = [];
    for (let index = 0; index < 4; index++) statuses.push((await get()).status);
    expect(statuses).toEqual([200, 503, 503, 200]);
    expect((await signedFetch(oci, "/n/simulated/b/flows/o/k", { headers: { range: "bytes=0-0" } })).status).toBe(504);
    expect((await signedFetch(oci, "/n/simulated/b/flows/o")).status).toBe(500);
  });

  it("drops the connection before and within the answer", async () => {
    oci.faults.add({ on: "get" }, { reset: true });
    await expect(get()).rejects.toThrow("fetch failed");
    oci.faults.add({ on: "get" }, { resetAfterBytes: 500 });
    await expect(get().then((answer) => answer.text())).rejects.toThrow("terminated");
    oci.faults.add({ on: "get" }, { truncateAfterBytes: 500 });
    await expect(get().then((answer) => answer.text())).rejects.toThrow("terminated");
  });

  it("is late, slow, or silent", async () => {
    oci.faults.add({ on: "get" }, { delayMs: 60 });
    const started = performance.now();
    expect((await get()).status).toBe(200);
    expect(performance.now() - started).toBeGreaterThan(55);
    oci.faults.add({ on: "get" }, { chunkBytes: 40_000, pauseMs: 10 });
    expect(await (await get()).text()).toHaveLength(100_000);
    oci.faults.add({ on: "get" }, { hang: true });
    await expect(get(AbortSignal.timeout(80))).rejects.toThrow("timeout");
    oci.faults.add({ on: "get" }, { hangAfterBytes: 10 });
    const reader = (await get()).body?.getReader();
    expect((await reader?.read())?.value).toHaveLength(10);
    const next = reader?.read();
    await expect(Promise.race([next, new Promise((resolve) => setTimeout(resolve, 80, "silence"))])).resolves.toBe("silence");
    await reader?.cancel();
  });
});

it("answers what no route takes, and what is not well encoded", async () => {
  const answer = await fetch(`${oci.endpoint}/20160918/instances`);
  expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([404, "NotFound"]);
  expect((await fetch(`${oci.endpoint}/n/%ZZ/b/flows/o`)).status).toBe(400);
});
