import { randomBytes } from "node:crypto";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ibmIam } from "../../../../src/clouds/ibm/bucket-auth.ts";
import type { SourceEvent } from "../../../../src/contracts/source.ts";
import type { ObjectRef, ObjectStore } from "../../../../src/contracts/store.ts";
import { s3With } from "../../../../src/intake/s3/source.ts";
import { describeError, type Failure, UsageError } from "../../../../src/lib/errors.ts";
import { Scrubber } from "../../../../src/lib/secrets/scrubber.ts";
import { type Fault, type S3Server, s3Server } from "../../../simulators/s3/server.ts";
import { hurry } from "../../hurry.ts";

const s3 = s3With(ibmIam);

// Files, sockets and many passes, on a machine that may have other work.
const signal = new AbortController().signal;
const KEYS = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI" };

let server: S3Server;
let store: ObjectStore;
const events: SourceEvent[] = [];

const open = (options: Record<string, unknown> = {}, env: NodeJS.ProcessEnv = {}) =>
  s3.create(s3.options.parse({ bucket: "flows", endpoint: server.endpoint, ...KEYS, ...options }), {
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
  hurry(900);
  server = await s3Server("flows");
  store = await open();
  events.length = 0;
});

afterEach(async () => {
  await store.close();
  await server.close();
});

describe("requests", () => {
  it("tell of the session token that the SDK found by itself", async () => {
    const found = { AWS_ACCESS_KEY_ID: "AKID", AWS_SECRET_ACCESS_KEY: "wJalr", AWS_SESSION_TOKEN: "FwoGZXIv-s3ss10n" };
    for (const [name, value] of Object.entries(found)) vi.stubEnv(name, value);
    const secrets = new Scrubber();
    const options = s3.options.parse({ bucket: "flows", endpoint: server.endpoint });
    const one = await s3.create(options, { env: {}, onEvent: () => {}, secrets });
    await list(one);
    await one.close();
    vi.unstubAllEnvs();
    expect(server.requests.at(-1)?.headers["x-amz-security-token"]).toBe("FwoGZXIv-s3ss10n");
    expect(secrets.scrub("the token FwoGZXIv-s3ss10n")).toBe("the token ***");
  });

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
    await expect(read(ref)).rejects.toMatchObject({ drawer: "object", code: "object-changed", gone: true });
  });

  it("ends when the object is deleted meanwhile", async () => {
    server.fault = (_, number) => {
      if (number === 0) return { cut: 500_000 };
      server.remove("large");
      return undefined;
    };
    await expect(read(ref)).rejects.toMatchObject({ drawer: "object", code: "object-vanished", gone: true });
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
      if (pieces.length === 0) await sleep(1500);
      pieces.push(piece);
    }
    expect(Buffer.concat(pieces).equals(large)).toBe(true);
    expect(ranges()).toEqual([undefined]);
  });

  it("does not take a whole object for its rest", async () => {
    faultsOfReads({ cut: 500_000 }, { ignoreRange: true });
    expect((await read(ref)).equals(large)).toBe(true);
    expect(server.requests.filter(({ path }) => path === "/flows/large")).toHaveLength(3);
  });
});

/** What a call fails with: a sorted failure in one line, without the secret. */
async function failureOf(call: Promise<unknown>): Promise<Failure> {
  const failure = (await call.then(
    () => expect.unreachable("it did not fail"),
    (thrown: unknown) => thrown,
  )) as Failure;
  expect(failure.drawer).toBeDefined();
  expect(describeError(failure)).not.toContain(KEYS.secretAccessKey);
  expect(describeError(failure)).not.toContain("\n");
  return failure;
}

describe("refusals", () => {
  it.each([
    [503, "SlowDown", "passing", "too-many-requests", "503 SlowDown"],
    [429, "TooManyRequests", "passing", "too-many-requests", "429"],
    [400, "ThrottlingException", "passing", "too-many-requests", "400"],
    [400, "RequestTimeout", "passing", "service-unavailable", "400 RequestTimeout"],
    [500, "InternalError", "passing", "service-unavailable", "500 InternalError"],
    [408, "Timeout", "passing", "service-unavailable", "408"],
    [409, "OperationAborted", "passing", "service-unavailable", "409"],
    [504, "GatewayTimeout", "passing", "service-unavailable", "504"],
    [401, "Unauthorized", "person", "not-authenticated", "set accessKeyId"],
    [403, "InvalidAccessKeyId", "person", "not-authenticated", "the store does not know accessKeyId"],
    [403, "SignatureDoesNotMatch", "person", "not-authenticated", "check secretAccessKey"],
    [403, "RequestTimeTooSkewed", "person", "not-authenticated", "clock"],
    [400, "ExpiredToken", "person", "not-authenticated", "renew the credentials"],
    [404, "NoSuchBucket", "person", "bucket-not-found", "check bucket and endpoint"],
    [301, "PermanentRedirect", "person", "wrong-region", "set region and endpoint"],
    [302, "Found", "person", "wrong-region", "302"],
    [407, "ProxyAuthenticationRequired", "person", "refused", "407"],
  ])("%d %s of a listing and of an object: %s, %s", async (status, code, drawer, expected, text) => {
    server.put("a", Buffer.from("x"));
    const ref = await object("a");
    server.fault = () => ({ status, code });
    for (const call of [list(store), read(ref)]) {
      const failure = await failureOf(call);
      expect([failure.drawer, failure.code]).toEqual([drawer, expected]);
      expect(failure.message).toContain(text);
      expect(failure.message).toMatch(/^(ListObjectsV2|GetObject a) in bucket flows at http:\/\/127\.0\.0\.1:/);
    }
  });

  it.each([
    [403, "AccessDenied", "person", "not-authorized", "must be allowed to list the bucket"],
    [400, "InvalidRequest", "person", "refused", "400 InvalidRequest"],
    [405, "MethodNotAllowed", "person", "refused", "405"],
    [404, "NoSuchKey", "person", "bucket-not-found", "check bucket and endpoint"],
  ])("%d %s of a listing: %s, %s", async (status, code, drawer, expected, text) => {
    server.fault = () => ({ status, code });
    const failure = await failureOf(list(store));
    expect([failure.drawer, failure.code]).toEqual([drawer, expected]);
    expect(failure.message).toContain(text);
  });

  it.each([
    [403, "AccessDenied", "object-denied", "allow the credentials to get it"],
    [400, "InvalidRequest", "object-refused", "400 InvalidRequest InvalidRequest it is"],
    [403, "InvalidObjectState", "object-archived", "restore it"],
    [400, "KMS.DisabledException", "object-undecryptable", "has to be enabled"],
    [400, "KMS.NotFoundException", "object-undecryptable", "has to be enabled"],
    [451, "UnavailableForLegalReasons", "object-refused", "451"],
    [404, "NoSuchKey", "object-missing", "the listing still names it"],
    [412, "PreconditionFailed", "object-refused", "412"],
    [416, "InvalidRange", "object-refused", "416"],
  ])("%d %s of an object that is still listed is its own trouble: %s", async (status, code, expected, text) => {
    server.put("logs/a.gz", Buffer.from("x"));
    const ref = await object("logs/a.gz");
    faultsOfReads({ status, code });
    const failure = await failureOf(read(ref));
    expect(failure).toMatchObject({ drawer: "object", code: expected, gone: false });
    expect(failure.message).toContain("GetObject logs/a.gz in bucket flows at ");
    expect(failure.message).toContain(text);
    expect((await read(ref)).toString()).toBe("x");
  });

  it.each([404, 412, 416])("%d of an object that the listing has lost: it was deleted", async (status) => {
    server.put("a", Buffer.from("x"));
    const ref = await object("a");
    server.put("a.other", Buffer.from("x"));
    server.remove("a");
    faultsOfReads({ status, code: "Whatever" });
    expect(await failureOf(read(ref))).toMatchObject({ drawer: "object", code: "object-vanished", gone: true });
  });

  it("of the listing that is the witness are that listing's own", async () => {
    server.put("a", Buffer.from("x"));
    const ref = await object("a");
    server.remove("a");
    server.fault = ({ path }) => (path.length > "/flows/".length ? undefined : { status: 503, code: "SlowDown" });
    expect(await failureOf(read(ref))).toMatchObject({ drawer: "passing", code: "too-many-requests" });
    server.fault = ({ path }) => (path.length > "/flows/".length ? undefined : { instead: "<html>Sign in</html>" });
    expect(await failureOf(read(ref))).toMatchObject({ drawer: "not-understood", code: "bad-answer" });
  });

  it.each([
    [403, "person", "object"],
    [503, "passing", "passing"],
    [404, "person", "object"],
    [302, "person", "person"],
  ])("%d in the words of a proxy is sorted by its status", async (status, ofListing, ofObject) => {
    server.put("a", Buffer.from("x"));
    const ref = await object("a");
    for (const instead of ["<html><body>no<br></body></html>", "", '{"error":"no"}', "x".repeat(100_000)]) {
      server.fault = () => ({ status, instead, headers: { "retry-after": "3" } });
      expect(await failureOf(list(store))).toMatchObject({ drawer: ofListing, retryAfterMs: 3000 });
      faultsOfReads({ status, instead });
      const failure = await failureOf(read(ref));
      expect(failure.drawer).toBe(ofObject);
      expect(failure.message).toMatch(new RegExp(`: ${status} with a body that is not of the S3 protocol \\(text/html\\)`));
    }
  });

  it("hand on how long the store wants to be left alone", async () => {
    const refused = async (after: string) => {
      server.fault = () => ({ status: 503, code: "SlowDown", headers: { "retry-after": after } });
      return (await failureOf(list(store))).retryAfterMs;
    };
    expect(await refused("7")).toBe(7000);
    const byDate = await refused(new Date(Date.now() + 60_000).toUTCString());
    expect(byDate).toBeGreaterThan(50_000);
    expect(byDate).toBeLessThanOrEqual(60_000);
  });

  it("by nobody there and by silence pass", async () => {
    const silent = await open({ timeoutMs: 300 });
    server.fault = () => ({ stall: 0 });
    expect(await failureOf(list(silent))).toMatchObject({ drawer: "passing", code: "network" });
    await silent.close();
    const nobody = await open({ endpoint: "http://127.0.0.1:9" });
    const failure = await failureOf(list(nobody));
    expect(failure).toMatchObject({ drawer: "passing", code: "network" });
    expect(failure.message).toContain("http://127.0.0.1:9/ takes no connections");
    await nobody.close();
  });

  it("without credentials need a person", async () => {
    const env = { AWS_EC2_METADATA_DISABLED: "true", AWS_CONFIG_FILE: "/nowhere", AWS_SHARED_CREDENTIALS_FILE: "/nowhere" };
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    for (const name of ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"]) vi.stubEnv(name, undefined);
    const bare = await open({ accessKeyId: undefined, secretAccessKey: undefined });
    expect(await failureOf(list(bare))).toMatchObject({ drawer: "person", code: "not-authenticated" });
    await bare.close();
    vi.unstubAllEnvs();
  });
});

describe("a listing that is none", () => {
  const root = (inner: string) =>
    `<?xml version="1.0"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${inner}</ListBucketResult>`;
  const contents =
    "<Contents><Key>a</Key><LastModified>2026-03-01T12:00:00Z</LastModified><ETag>&quot;e&quot;</ETag><Size>1</Size></Contents>";
  const whole = root(`<Name>flows</Name><IsTruncated>false</IsTruncated>${contents}`);

  it.each([
    ["a page", "<!DOCTYPE html><html><title>Sign in</title></html>", "it is a page with the title Sign in"],
    ["a page in XML", '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><body/></html>', "it is a page"],
    ["nothing", "", "is empty"],
    ["space", " \n ", "is empty"],
    ["JSON", '{"objects":[]}', 'it says {"objects":[]}'],
    ["words", "OK", "it says OK"],
    ["an error below a 200", "<Error><Code>InternalError</Code><Message>m</Message></Error>", "it is an error, InternalError"],
    ["another list", "<ListAllMyBucketsResult><Buckets/></ListAllMyBucketsResult>", "is none"],
    ["a root that only begins so", "<ListBucketResultX><IsTruncated>false</IsTruncated></ListBucketResultX>", "is none"],
    ["the root in a comment", "<!-- <ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult> --><html/>", "is none"],
    ["a root without members", root(""), "does not say whether more is to come"],
    ["an empty root", "<ListBucketResult/>", "is none"],
    ["no word on what is to come", root(`<Name>flows</Name>${contents}`), "does not say whether more is to come"],
    ["a word on it that is none", root("<IsTruncated>perhaps</IsTruncated>"), "does not say whether more is to come"],
    ["the beginning of one", whole.slice(0, -20), "is cut short"],
    ["one that is broken inside", root("<IsTruncated>false</IsTruncated><Contents><Key>a</Contents>"), "200 with a body"],
    ["more to come without a token", root("<IsTruncated>true</IsTruncated>"), "does not say how it goes on"],
    [
      "an entry without a key",
      root("<IsTruncated>false</IsTruncated><Contents><Size>1</Size></Contents>"),
      "an entry without a key",
    ],
    ["an entry without an etag", whole.replace(/<ETag>.*<\/ETag>/, ""), "says of a no ETag"],
    ["an entry with a size that is none", whole.replace("<Size>1<", "<Size>one<"), "says of a no ETag, Size"],
    ["an entry with a time that is none", whole.replace("2026-03-01T12:00:00Z", "yesterday"), "200 with a body"],
  ])("is not understood, and no empty bucket: %s", async (_, instead, text) => {
    server.fault = () => ({ instead, headers: { "content-type": "application/xml" } });
    const failure = await failureOf(list(store));
    expect(failure).toMatchObject({ drawer: "not-understood", code: "bad-answer" });
    expect(failure.message).toContain(text);
    expect(failure.message).toMatch(/s3:\/\/127\.0\.0\.1:\d+\/flows|bucket flows at http/);
  });

  it("is none either when it holds other keys than were asked for", async () => {
    server.fault = () => ({ instead: whole, headers: { "content-type": "application/xml" } });
    expect((await list(store, "a"))[0]?.objects).toHaveLength(1);
    expect(await failureOf(list(store, "logs/"))).toMatchObject({ drawer: "not-understood", code: "bad-answer" });
  });

  it("is none when it breaks off on the way, is too long, or has an encoding of its own", async () => {
    for (let index = 0; index < 50; index += 1) server.put(`k${index}`, Buffer.from("x"));
    server.fault = () => ({ cut: 700 });
    expect((await failureOf(list(store))).drawer).toBe("not-understood");
    server.fault = () => ({ instead: root(" ".repeat(17_000_000)) });
    expect((await failureOf(list(store))).message).toContain("is longer than");
    server.fault = () => ({ instead: whole, headers: { "content-encoding": "rot13" } });
    expect((await failureOf(list(store))).drawer).toBe("not-understood");
    server.fault = () => ({
      instead: gzipSync(whole),
      headers: { "content-encoding": "gzip", "content-type": "application/xml" },
    });
    expect((await list(store))[0]?.objects).toMatchObject([{ key: "a" }]);
  });

  it("is one with comments and space around it, and without a declaration", async () => {
    for (const instead of [whole.replace("\n", "\n<!-- a -->\n<!-- b -->"), `${whole}\n\n`, whole.replace(/^.*\n/, "")]) {
      server.fault = () => ({ instead, headers: { "content-type": "application/xml" } });
      expect((await list(store))[0]?.objects, instead.slice(0, 60)).toMatchObject([{ key: "a", etag: "e" }]);
    }
  });

  it("is none when it does not get on: the same token, the same page under another token, empty pages", async () => {
    const page = (token: string, inner = contents) =>
      root(`<IsTruncated>true</IsTruncated><NextContinuationToken>${token}</NextContinuationToken>${inner}`);
    server.fault = () => ({ instead: page("t", "") });
    expect((await failureOf(list(store))).message).toContain("does not say how it goes on");
    let number = 0;
    server.fault = () => ({ instead: page(`t${number++}`) });
    expect((await failureOf(list(store))).message).toContain('does not get past "a"');
    expect(server.requests.length).toBeLessThan(10);
  });
});

describe("an answer to a read that is not the object", () => {
  let ref: ObjectRef;
  beforeEach(async () => {
    server.put("a", Buffer.from("the bytes"));
    ref = await object("a");
    server.requests.length = 0;
  });

  it.each([
    ["a page to sign in", { instead: "<html>Sign in</html>" }],
    ["a page with a tag of its own", { instead: "<html>Sign in</html>", headers: { etag: '"page"' } }],
    ["bytes without a tag", { instead: "the bytes", headers: { "content-type": "application/octet-stream" } }],
    ["nothing", { instead: "", status: 204 }],
  ])("is not understood while the object is listed, and nothing of it is given: %s", async (_, fault) => {
    const { etag } = ref;
    faultsOfReads(fault);
    const failure = await failureOf(read(ref));
    expect(failure).toMatchObject({ drawer: "not-understood", code: "bad-answer", gone: false });
    expect(failure.message).toContain(`GetObject a in bucket flows: asked for the version ${etag}, got `);
    expect((await read(ref)).toString()).toBe("the bytes");
  });

  it("is not understood where it is only a part of what was asked for, under the right tag", async () => {
    faultsOfReads({ instead: "the", status: 206, headers: { etag: `"${ref.etag}"`, "content-range": "bytes 0-2/9" } });
    const failure = await failureOf(read(ref));
    expect(failure).toMatchObject({ drawer: "not-understood", code: "bad-answer" });
    expect(failure.message).toContain("got bytes 0-2/9");
  });

  it("of a store that ignores the condition is another version, if the listing says so", async () => {
    const body = Buffer.from("another");
    server.put("a", body);
    const { etag } = await object("a");
    faultsOfReads({ instead: body, headers: { etag: `"${etag}"` } });
    expect(await failureOf(read(ref))).toMatchObject({ drawer: "object", code: "object-changed", gone: true });
  });

  it("is the object also under a weak tag", async () => {
    faultsOfReads({ instead: "the bytes", headers: { etag: `W/"${ref.etag}"` } });
    expect((await read(ref)).toString()).toBe("the bytes");
  });

  it("that comes in mid-read is asked for again", async () => {
    const large = randomBytes(1_000_000);
    server.put("large", large);
    const one = await object("large");
    faultsOfReads({ cut: 400_000 }, { instead: "<html>Sign in</html>" });
    expect((await read(one)).equals(large)).toBe(true);
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
