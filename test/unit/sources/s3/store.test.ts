import { randomBytes } from "node:crypto";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ObjectRef, ObjectStore, SourceEvent } from "../../../../src/contracts.ts";
import { describeError, RetryableError, UsageError } from "../../../../src/errors.ts";
import { s3Options } from "../../../../src/sources/s3/options.ts";
import { s3Store } from "../../../../src/sources/s3.ts";
import { type Fault, type S3Server, s3Server } from "../../../simulators/s3/server.ts";

// Files, sockets and many passes, on a machine that may have other work.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const signal = new AbortController().signal;
const KEYS = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI" };

let server: S3Server;
let store: ObjectStore;
const events: SourceEvent[] = [];

const open = (options: Record<string, unknown> = {}, env: NodeJS.ProcessEnv = {}) =>
  s3Store(s3Options.parse({ bucket: "flows", endpoint: server.endpoint, ...KEYS, ...options }), {
    env,
    onEvent: (event) => events.push(event),
  });

const list = (one: ObjectStore, prefix = "") => Array.fromAsync(one.list({ prefix }, signal));

async function object(key: string): Promise<ObjectRef> {
  const [page] = await list(store, key);
  return page?.objects[0] as ObjectRef;
}

/** Faults for the reads of objects, one after the other; listings pass. */
function faultsOfReads(...faults: (Fault | undefined)[]): void {
  server.fault = ({ path }) => (path.length > "/flows/".length ? faults.shift() : undefined);
}

const read = async (ref: ObjectRef) => Buffer.concat(await Array.fromAsync(await store.open(ref, signal)));

beforeEach(async () => {
  server = await s3Server("flows");
  store = await open();
  events.length = 0;
});

afterEach(async () => {
  await store.close();
  await server.close();
});

describe("requests", () => {
  it("ask for no checksums, which other stores than AWS refuse", async () => {
    server.put("a", Buffer.from("x"));
    await read(await object("a"));
    for (const { headers } of server.requests) {
      expect(Object.keys(headers).filter((name) => name.includes("checksum") || name === "transfer-encoding")).toEqual([]);
      expect(headers["content-encoding"]).toBeUndefined();
      expect(headers.authorization).toMatch(/^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/us-east-1\/s3\/aws4_request,/);
    }
  });

  it("go through the proxy that the environment names, but for NO_PROXY", async () => {
    const proxy = await forwardingProxy();
    const through = await open({}, { HTTP_PROXY: proxy.url });
    const direct = await open({}, { HTTP_PROXY: proxy.url, NO_PROXY: "127.0.0.1" });
    await list(through);
    await list(direct);
    expect(proxy.asked.map((url) => url.split("?")[0])).toEqual([`${server.endpoint}/flows/`]);
    expect(server.requests).toHaveLength(2);
    await Promise.all([through.close(), direct.close(), proxy.close()]);
  });

  it("go to the bucket's own host, and for its region, when told to", async () => {
    const proxy = await forwardingProxy();
    const options = { endpoint: "http://s3.example.test", forcePathStyle: false, region: "us-south" };
    const own = await open(options, { HTTP_PROXY: proxy.url });
    await expect(list(own)).rejects.toThrow("NoSuchBucket");
    expect(proxy.asked.map((url) => url.split("?")[0])).toEqual(["http://flows.s3.example.test/"]);
    expect(server.requests[0]?.headers.authorization).toContain("/us-south/s3/");
    await Promise.all([own.close(), proxy.close()]);
  });
});

/** A proxy that forwards plain requests, whatever their host, to the server of these tests. */
async function forwardingProxy() {
  const asked: string[] = [];
  const proxy = createServer((incoming, response) => {
    asked.push(incoming.url ?? "");
    const { pathname, search } = new URL(incoming.url ?? "");
    const onward = request(server.endpoint + pathname + search, { headers: incoming.headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.end();
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const close = async () => {
    proxy.closeAllConnections();
    await new Promise((resolve) => proxy.close(resolve));
  };
  return { asked, url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, close };
}

describe("a read that breaks", () => {
  const large = randomBytes(2_000_000);
  let ref: ObjectRef;
  beforeEach(async () => {
    server.put("large", large);
    ref = await object("large");
    server.requests.length = 0;
  });
  const ranges = () => server.requests.map(({ headers }) => headers.range);

  it("goes on where it broke, with the same version", async () => {
    faultsOfReads({ cut: 500_000 }, { cut: 300_000 });
    expect((await read(ref)).equals(large)).toBe(true);
    expect(server.requests).toHaveLength(3);
    const [first, second, third] = ranges();
    expect(first).toBeUndefined();
    const [from, next] = [second, third].map((range) => Number(/^bytes=(\d+)-1999999$/.exec(range ?? "")?.[1]));
    expect(from).toBeGreaterThan(0);
    expect(from).toBeLessThanOrEqual(500_000);
    expect(next).toBeGreaterThan(from as number);
    expect(new Set(server.requests.map(({ headers }) => headers["if-match"]))).toEqual(new Set([`"${ref.etag}"`]));
  });

  it("goes on after a refusal that may heal", async () => {
    faultsOfReads({ cut: 500_000 }, { status: 503, code: "SlowDown" }, { cut: 0 });
    expect((await read(ref)).equals(large)).toBe(true);
  });

  it("ends when the object is replaced meanwhile", async () => {
    server.fault = (_, number) => {
      if (number === 0) return { cut: 500_000 };
      server.put("large", randomBytes(10));
      return undefined;
    };
    await expect(read(ref)).rejects.toMatchObject({ name: "PermanentError", code: "object-changed" });
  });

  it("ends when the object is deleted meanwhile", async () => {
    server.fault = (_, number) => {
      if (number === 0) return { cut: 500_000 };
      server.remove("large");
      return undefined;
    };
    await expect(read(ref)).rejects.toMatchObject({ name: "PermanentError", code: "object-vanished" });
  });

  it("goes on when the bytes stop coming", async () => {
    await store.close();
    store = await open({ timeoutMs: 1000 });
    faultsOfReads({ stall: 500_000 });
    expect((await read(ref)).equals(large)).toBe(true);
    expect(ranges()).toHaveLength(2);
  });

  it("is not broken by a reader that takes its time", async () => {
    await store.close();
    store = await open({ timeoutMs: 1000 });
    const pieces: Uint8Array[] = [];
    for await (const piece of await store.open(ref, signal)) {
      if (pieces.length === 0) await sleep(2500);
      pieces.push(piece);
    }
    expect(Buffer.concat(pieces).equals(large)).toBe(true);
    expect(ranges()).toEqual([undefined]);
  });

  it("does not take a whole object for its rest", async () => {
    faultsOfReads({ cut: 500_000 }, { ignoreRange: true });
    expect((await read(ref)).equals(large)).toBe(true);
    expect(ranges()).toHaveLength(3);
  });
});

describe("refusals", () => {
  const refused = async (fault: Fault) => {
    server.fault = () => fault;
    const error: unknown = await list(store).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(RetryableError);
    expect(describeError(error)).not.toContain(KEYS.secretAccessKey);
    expect(describeError(error)).not.toContain("\n");
    return error as RetryableError;
  };

  it.each([
    [503, "SlowDown", "too-many-requests", "503 SlowDown"],
    [429, "TooManyRequests", "service-unavailable", "429"],
    [500, "InternalError", "service-unavailable", "500 InternalError"],
    [403, "InvalidAccessKeyId", "not-authenticated", "the store does not know accessKeyId"],
    [403, "SignatureDoesNotMatch", "not-authenticated", "check secretAccessKey"],
    [400, "ExpiredToken", "not-authenticated", "renew the credentials"],
    [403, "AccessDenied", "not-authorized", "must be allowed to list the bucket"],
    [404, "NoSuchBucket", "bucket-not-found", "check bucket and endpoint"],
    [301, "PermanentRedirect", "wrong-region", "set region and endpoint"],
  ])("%d %s is retried as %s, and says what to do", async (status, code, expected, text) => {
    const error = await refused({ status, code });
    expect(error.code).toBe(expected);
    expect(error.message).toContain(text);
    expect(error.message).toContain("ListObjectsV2 in bucket flows at http://127.0.0.1:");
  });

  it("hand on how long the store wants to be left alone", async () => {
    expect((await refused({ status: 503, code: "SlowDown", headers: { "retry-after": "7" } })).retryAfterMs).toBe(7000);
    const date = new Date(Date.now() + 60_000).toUTCString();
    const { retryAfterMs } = await refused({ status: 503, code: "SlowDown", headers: { "retry-after": date } });
    expect(retryAfterMs).toBeGreaterThan(50_000);
    expect(retryAfterMs).toBeLessThanOrEqual(60_000);
  });

  it("of an object in an archive class set it aside", async () => {
    server.put("a", Buffer.from("x"));
    const ref = await object("a");
    faultsOfReads({ status: 403, code: "InvalidObjectState" });
    await expect(read(ref)).rejects.toMatchObject({ name: "PermanentError", code: "object-archived" });
  });

  it("of a read are retried, not taken for a lost object", async () => {
    server.put("a", Buffer.from("x"));
    const ref = await object("a");
    faultsOfReads({ status: 403, code: "AccessDenied" });
    await expect(read(ref)).rejects.toMatchObject({ name: "RetryableError", code: "not-authorized" });
  });

  it("by nobody there and by silence are retried", async () => {
    const silent = await open({ timeoutMs: 300 });
    server.fault = () => ({ stall: 0 });
    await expect(list(silent)).rejects.toMatchObject({ name: "RetryableError", code: "network" });
    await silent.close();
    const nobody = await open({ endpoint: "http://127.0.0.1:9" });
    await expect(list(nobody)).rejects.toThrow("http://127.0.0.1:9 takes no connections");
    await nobody.close();
  });
});

describe("keys that are not UTF-8", () => {
  it("are reported and left out", async () => {
    const raw = createServer((_, response) => {
      const contents = (key: string) =>
        `<Contents><Key>${key}</Key><LastModified>2026-03-01T12:00:00.000Z</LastModified><ETag>"e"</ETag><Size>1</Size></Contents>`;
      response.writeHead(200, { "content-type": "application/xml" });
      response.end(
        `<ListBucketResult><IsTruncated>false</IsTruncated><EncodingType>url</EncodingType>${contents("a%FF")}${contents("b+%2B")}</ListBucketResult>`,
      );
    });
    await new Promise<void>((resolve) => raw.listen(0, "127.0.0.1", resolve));
    const other = await open({ endpoint: `http://127.0.0.1:${(raw.address() as AddressInfo).port}` });
    const [page] = await list(other);
    expect(page?.objects).toEqual([{ key: "b +", etag: "e", size: 1, time: Date.parse("2026-03-01T12:00:00Z") }]);
    expect(events).toEqual([{ kind: "passed-over", key: "a%FF", message: expect.stringContaining("not UTF-8") }]);
    await other.close();
    raw.closeAllConnections();
    await new Promise((resolve) => raw.close(resolve));
  });
});

describe("options", () => {
  it.each([
    [{ secretAccessKey: undefined }, "accessKeyId and secretAccessKey belong together"],
    [{ accessKeyId: undefined, secretAccessKey: undefined, sessionToken: "t" }, "sessionToken belongs to"],
    [{ auth: { type: "ibm-iam", apiKey: "k" } }, "accessKeyId and auth are two ways to authenticate"],
    [
      { accessKeyId: undefined, secretAccessKey: undefined, endpoint: undefined, auth: { type: "ibm-iam", apiKey: "k" } },
      "needs the endpoint",
    ],
    [
      {
        accessKeyId: undefined,
        secretAccessKey: undefined,
        endpoint: "http://s3.example.com",
        auth: { type: "ibm-iam", apiKey: "k" },
      },
      "would send the token unencrypted",
    ],
    [
      {
        accessKeyId: undefined,
        secretAccessKey: undefined,
        auth: { type: "ibm-iam", apiKey: "k", tokenUrl: "http://iam.example.com/t" },
      },
      "would send the key unencrypted",
    ],
  ])("that contradict each other are refused: %j", async (options, message) => {
    await expect(open(options)).rejects.toThrow(UsageError);
    await expect(open(options)).rejects.toThrow(message);
  });

  it("name the bucket by its host", async () => {
    const aws = await open({ endpoint: undefined, region: "eu-central-1" });
    expect(aws.name).toBe("s3://s3.amazonaws.com/flows");
    expect(store.name).toBe(`s3://${new URL(server.endpoint).host}/flows`);
    await aws.close();
  });
});
