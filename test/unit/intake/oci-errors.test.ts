import { createServer, request as httpRequest, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { ObjectStore } from "../../../src/contracts/store.ts";
import { describeError } from "../../../src/lib/errors.ts";
import { type Oci, startOci } from "../../simulators/oci/index.ts";
import { hurry } from "../hurry.ts";
import { failureOf, listAll, readAll, refOf, storeOn } from "./oci-store.ts";

let oci: Oci;
let store: ObjectStore;
beforeAll(async () => {
  oci = await startOci();
});
afterAll(() => oci.stop());
beforeEach(async () => {
  hurry();
  oci.createBucket("flows");
  oci.requests.clear();
  store = await storeOn(oci);
});
afterEach(async () => {
  await store.close();
  oci.faults.clear();
  oci.clockAheadMs = 0;
});

describe("what the service refuses", () => {
  it("names a bucket that is not there, or not to be seen, and the policy that may be missing", async () => {
    await store.close();
    store = await storeOn(oci, { bucket: "none" });
    const failure = await failureOf(listAll(store));
    expect(failure).toMatchObject({ drawer: "person", code: "bucket-not-found" });
    expect(describeError(failure)).toMatch(
      /^ListObjects in bucket none of namespace simulated: 404 BucketNotFound: Either the bucket named 'none' does not exist.*\(opc-request-id phx-1:[\w-]+\); check the names and the region; the policy that is needed: Allow group <the user's group> to read objects in compartment <the bucket's compartment> where target\.bucket\.name = 'none'$/,
    );
    expect(failure.cause).toMatchObject({ statusCode: 404, serviceCode: "BucketNotFound" });
  });

  it("names a namespace that is not the tenancy's", async () => {
    await store.close();
    store = await storeOn(oci, { namespace: "other" });
    const failure = await failureOf(listAll(store));
    expect(failure.code).toBe("namespace-not-found");
    expect(failure.message).toContain("oci os ns get");
  });

  it("says what to compare when the signature is refused", async () => {
    await store.close();
    store = await storeOn(oci, { auth: { type: "config-file", file: oci.config, profile: "STRANGER" } });
    const failure = await failureOf(listAll(store));
    expect(failure).toMatchObject({ drawer: "person", code: "not-authenticated" });
    expect(failure.message).toContain("fingerprint of profile STRANGER");
    expect(oci.requests.count("list")).toBe(1);
  });

  it.each([
    [600_000, /this machine's clock is (599|600|601) s behind/],
    [-600_000, /this machine's clock is (599|600|601) s ahead/],
  ])("measures the clock when the date is refused (%i ms)", async (skew, expected) => {
    oci.clockAheadMs = skew;
    const failure = await failureOf(listAll(store));
    expect(failure.code).toBe("not-authenticated");
    expect(failure.message).toMatch(expected);
  });

  it.each([
    [429, "passing", "too-many-requests"],
    [408, "passing", "service-unavailable"],
    [500, "passing", "service-unavailable"],
    [503, "passing", "service-unavailable"],
    [401, "person", "not-authenticated"],
    [403, "person", "not-authorized"],
    [404, "person", "not-authorized"],
    [400, "person", "refused"],
    [405, "person", "refused"],
    [302, "person", "refused"],
  ])("sorts status %i of a listing: %s, %s", async (status, drawer, code) => {
    oci.faults.add({ on: "list" }, { status, headers: { "retry-after": "11" } });
    const failure = await failureOf(listAll(store));
    expect(failure).toMatchObject({ drawer, code });
    expect(oci.requests.count("list")).toBe(1);
    if (status === 429 || status >= 500) expect(failure.retryAfterMs).toBe(11_000);
  });

  it("reads Retry-After as a date too", async () => {
    const date = new Date(Date.now() + 20_000).toUTCString();
    oci.faults.add({ on: "list" }, { status: 503, headers: { "retry-after": date } });
    const { retryAfterMs } = await failureOf(listAll(store));
    expect(retryAfterMs).toBeGreaterThan(17_000);
    expect(retryAfterMs).toBeLessThanOrEqual(20_000);
  });

  it("keeps a long answer to one short line", async () => {
    oci.faults.add({ on: "list" }, { status: 502, message: "<p>\n gateway </p>".repeat(100) });
    const line = describeError(await failureOf(listAll(store)));
    expect(line).toMatch(/^ListObjects in bucket flows of namespace simulated: 502 BadGateway: <p> gateway/);
    expect(line).not.toContain("\n");
    expect(line.length).toBeLessThan(600);
  });

  it("prints nothing by itself", async () => {
    const printed = [vi.spyOn(process.stdout, "write"), vi.spyOn(process.stderr, "write")];
    const methods = (["log", "info", "warn", "error", "debug"] as const).map((name) => vi.spyOn(console, name));
    try {
      oci.faults.add({ on: "list", times: 3 }, { status: 500 });
      await failureOf(listAll(store));
      await failureOf(listAll(store));
      await failureOf(
        listAll(await storeOn(oci, { auth: { type: "instance-principal", metadataUrl: `${oci.endpoint}/none/` } })),
      );
      for (const spy of [...printed, ...methods]) expect(spy).not.toHaveBeenCalled();
    } finally {
      for (const spy of [...printed, ...methods]) spy.mockRestore();
    }
  });
});

describe("what the network does", () => {
  it("names who takes no connections", async () => {
    const closed = await storeOn(oci, { endpoint: "http://127.0.0.1:1" });
    const failure = await failureOf(listAll(closed));
    expect(failure).toMatchObject({ drawer: "passing", code: "network" });
    expect(describeError(failure)).toContain("http://127.0.0.1:1 takes no connections");
    expect(failure.cause).toMatchObject({ code: "ECONNREFUSED" });
    await closed.close();
  });

  it("names a dropped connection, and keeps the cause", async () => {
    oci.faults.add({ on: "list" }, { reset: true });
    const failure = await failureOf(listAll(store));
    expect(failure.code).toBe("network");
    expect(failure.cause).toBeInstanceOf(Error);
    expect(describeError(failure)).toMatch(/ListObjects: http:\/\/127\.0\.0\.1:\d+ (dropped|closed) the connection/);
  });

  it("waits for an answer no longer than it may", async () => {
    const impatient = await storeOn(oci, { timeoutMs: 200 });
    oci.faults.add({ on: "list" }, { hang: true });
    const failure = await failureOf(listAll(impatient));
    expect([failure.code, failure.message]).toEqual(["network", expect.stringContaining("does not answer in time")]);
    await impatient.close();
  });

  it("does not take a listing that breaks off for a short one", async () => {
    for (let index = 0; index < 50; index++) oci.put("flows", `k${index}`, "");
    oci.faults.add({ on: "list" }, { resetAfterBytes: 700 });
    expect((await failureOf(listAll(store))).drawer).toBe("not-understood");
    oci.faults.add({ on: "list" }, { truncateAfterBytes: 700 });
    expect((await failureOf(listAll(store))).drawer).toBe("not-understood");
    expect(await listAll(store)).toHaveLength(50);
  });
});

describe("a listing that is none", () => {
  const object = { name: "k", size: 1, etag: "e", timeCreated: "2026-03-01T12:00:00Z" };

  it.each([
    ["a page", "<!DOCTYPE html><html><title>Sign in</title></html>"],
    ["nothing", ""],
    ["another object", "{}"],
    ["a list", "[]"],
    ["no value", "null"],
    ["an error below a 200", '{"code":"InternalError","message":"m"}'],
    ["objects that are no list", '{"objects":{}}'],
    ["objects that are text", '{"objects":"k"}'],
    ["XML", "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"],
    ["the beginning of one", JSON.stringify({ objects: [object] }).slice(0, -3)],
    ["an object without a name", JSON.stringify({ objects: [{ ...object, name: undefined }] })],
    ["an object without an etag", JSON.stringify({ objects: [{ ...object, etag: undefined }] })],
    ["an object without a size", JSON.stringify({ objects: [{ ...object, size: undefined }] })],
    ["an object with a time that is none", JSON.stringify({ objects: [{ ...object, timeCreated: "yesterday" }] })],
    ["a page that leads nowhere", JSON.stringify({ objects: [object], nextStartWith: "a" })],
  ])("is not understood, and no empty bucket: %s", async (_, body) => {
    oci.faults.add({ on: "list", times: 5 }, { raw: { status: 200, body, headers: { "content-type": "application/json" } } });
    const failure = await failureOf(listAll(store));
    expect(failure).toMatchObject({ drawer: "not-understood", code: "bad-answer" });
    expect(describeError(failure)).toContain("flows");
    expect(describeError(failure)).not.toContain("\n");
    oci.faults.clear();
    expect(await listAll(store)).toEqual([]);
  });

  it("is none either when it holds other names than were asked for", async () => {
    oci.faults.add({ on: "list" }, { raw: { status: 200, body: JSON.stringify({ objects: [object] }) } });
    const failure = await failureOf(listAll(store, { prefix: "logs/" }));
    expect(failure).toMatchObject({ drawer: "not-understood", code: "bad-answer" });
  });

  it.each([
    [403, "person"],
    [404, "person"],
    [502, "passing"],
    [503, "passing"],
  ])("%d in the words of a proxy is sorted by its status: %s", async (status, drawer) => {
    for (const body of ["<html>no</html>", "", '{"error":"no"}']) {
      oci.faults.add({ on: "list" }, { raw: { status, body } });
      expect(await failureOf(listAll(store))).toMatchObject({ drawer });
    }
  });
});

describe("proxies", () => {
  let proxy: Server;
  let tunnels: string[];
  let forwarded: string[];
  beforeEach(async () => {
    tunnels = [];
    forwarded = [];
    proxy = createServer((request, response) => {
      // Forwards to the simulator whatever it is asked for, as it is signed, but drops the range.
      forwarded.push(request.url ?? "");
      const { range: _, ...headers } = request.headers;
      const upstream = httpRequest(new URL(request.url ?? "", oci.endpoint), { method: request.method, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response);
        answer.on("error", () => response.destroy());
      });
      upstream.on("error", () => response.destroy());
      upstream.end();
    });
    proxy.on("connect", (request, socket) => {
      tunnels.push(request.url ?? "");
      const [host, port] = (request.url ?? "").split(":");
      if (host !== "127.0.0.1") {
        socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
        return;
      }
      const target = connect(Number(port), host, () => socket.write("HTTP/1.1 200 OK\r\n\r\n"));
      target.pipe(socket).pipe(target);
      for (const end of [target, socket]) end.on("error", () => undefined);
    });
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  });
  afterEach(() => {
    proxy.closeAllConnections();
    proxy.close();
  });
  const url = (): string => `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;

  it("goes through the proxy of the environment, but for the hosts that are exempt", async () => {
    oci.put("flows", "k", "v");
    const through = await storeOn(oci, {}, { HTTP_PROXY: url() });
    expect(await listAll(through)).toHaveLength(1);
    expect(tunnels.length + forwarded.length).toBe(1);
    await through.close();
    const direct = await storeOn(oci, {}, { HTTP_PROXY: url(), NO_PROXY: "127.0.0.1" });
    expect(await listAll(direct)).toHaveLength(1);
    expect(tunnels.length + forwarded.length).toBe(1);
    await direct.close();
  });

  it("finds the endpoint of the region", async () => {
    for (const [options, env, host] of [
      [{ region: "eu-frankfurt-1" }, {}, "objectstorage.eu-frankfurt-1.oraclecloud.com"],
      [{}, {}, "objectstorage.us-phoenix-1.oraclecloud.com"],
      [
        { auth: { type: "instance-principal", ...oci.instancePrincipal } },
        { NO_PROXY: "127.0.0.1" },
        "objectstorage.us-phoenix-1.oraclecloud.com",
      ],
    ] as const) {
      const remote = await storeOn(oci, { endpoint: undefined, ...options }, { HTTPS_PROXY: url(), ...env });
      const failure = await failureOf(listAll(remote));
      expect(failure.code).toBe("network");
      expect(tunnels.at(-1)).toBe(`${host}:443`);
      await remote.close();
    }
  });

  it("does not take the beginning of an object for its rest", async () => {
    oci.put("flows", "k", Buffer.alloc(100_000, 7));
    const misled = await storeOn(oci, { endpoint: url() });
    expect(await readAll(misled, refOf(oci, "k"))).toHaveLength(100_000);
    oci.faults.add({ on: "get" }, { resetAfterBytes: 40_000 });
    const failure = await failureOf(readAll(misled, refOf(oci, "k")));
    expect(failure).toMatchObject({ drawer: "not-understood", code: "bad-answer" });
    expect(failure.message).toMatch(/asked for bytes \d+ to 99999 of the version \S+, got 200 the whole object/);
    await misled.close();
  });
});
