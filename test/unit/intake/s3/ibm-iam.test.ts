import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ibmIam } from "../../../../src/clouds/ibm/bucket-auth.ts";
import { ibmIamTokens } from "../../../../src/clouds/ibm/iam.ts";
import { ibmIamOptions } from "../../../../src/clouds/ibm/iam-options.ts";
import { s3With } from "../../../../src/intake/s3/source.ts";
import { describeError } from "../../../../src/lib/errors.ts";
import { Scrubber } from "../../../../src/lib/secrets/scrubber.ts";
import { s3Server } from "../../../simulators/s3/server.ts";

const s3 = s3With(ibmIam);

// Files, sockets and many passes, on a machine that may have other work.
const API_KEY = "abc+/=& secret";
let iam: Server;
let tokenUrl: string;
let exchanges: URLSearchParams[];
let answer: { status: number; body: string; headers?: Record<string, string> };

const issue = (token: string, expires_in = 3600) => {
  answer = { status: 200, body: JSON.stringify({ access_token: token, token_type: "Bearer", expires_in, expiration: 0 }) };
};

beforeEach(async () => {
  exchanges = [];
  issue("token-1");
  iam = createServer(async (request, response) => {
    exchanges.push(new URLSearchParams(Buffer.concat(await Array.fromAsync(request)).toString()));
    response.writeHead(answer.status, { "content-type": "application/json", ...answer.headers });
    response.end(answer.body);
  });
  await new Promise<void>((resolve) => iam.listen(0, "127.0.0.1", resolve));
  tokenUrl = `http://127.0.0.1:${(iam.address() as AddressInfo).port}/identity/token`;
});

afterEach(async () => {
  iam.closeAllConnections();
  await new Promise((resolve) => iam.close(resolve));
});

const tokensOf = (clock: { now: number }) =>
  ibmIamTokens(ibmIamOptions.parse({ type: "ibm-iam", apiKey: API_KEY, tokenUrl }), { env: {} }, () => clock.now);

it("exchanges the key once for callers at the same time, and again before the token expires", async () => {
  const clock = { now: 0 };
  const tokens = tokensOf(clock);
  expect(await Promise.all([tokens.token(), tokens.token(), tokens.token()])).toEqual(["token-1", "token-1", "token-1"]);
  expect(exchanges.map((form) => Object.fromEntries(form))).toEqual([
    { grant_type: "urn:ibm:params:oauth:grant-type:apikey", apikey: API_KEY },
  ]);
  issue("token-2");
  clock.now = 2_879_000;
  expect(await tokens.token()).toBe("token-1");
  clock.now = 2_881_000;
  expect(await tokens.token()).toBe("token-2");
  expect(exchanges).toHaveLength(2);
  await tokens.close();
});

it("uses a token up while no new one can be had", async () => {
  const clock = { now: 0 };
  const tokens = tokensOf(clock);
  await tokens.token();
  answer = { status: 503, body: "", headers: { "retry-after": "3" } };
  clock.now = 3_500_000;
  expect(await tokens.token()).toBe("token-1");
  clock.now = 3_600_000;
  await expect(tokens.token()).rejects.toMatchObject({ drawer: "passing", code: "service-unavailable", retryAfterMs: 3000 });
  issue("token-2");
  expect(await tokens.token()).toBe("token-2");
  await tokens.close();
});

it("exchanges anew when the store refuses a token, but not one that is just issued", async () => {
  const clock = { now: 0 };
  const tokens = tokensOf(clock);
  await tokens.token();
  issue("token-2");
  tokens.refused();
  expect(await tokens.token()).toBe("token-1");
  clock.now = 61_000;
  tokens.refused();
  expect(await tokens.token()).toBe("token-2");
  await tokens.close();
});

it.each([
  [
    400,
    JSON.stringify({ errorCode: "BXNIM0415E", errorMessage: "Provided API key could not be found." }),
    "person",
    "not-authenticated",
    "BXNIM0415E",
  ],
  [401, "", "person", "not-authenticated", "answered 401"],
  [403, "<html>", "person", "not-authenticated", "answered 403"],
  [404, "", "person", "not-authenticated", "auth.tokenUrl"],
  [302, "", "person", "not-authenticated", "answered 302"],
  [200, "<html>", "not-understood", "bad-answer", "answered 200, without a token"],
  [200, '{"access_token":""}', "not-understood", "bad-answer", "without a token"],
  [207, '{"access_token":"x","expires_in":3600}', "not-understood", "bad-answer", "answered 207"],
  [429, "", "passing", "service-unavailable", "answered 429"],
  [500, "oops", "passing", "service-unavailable", "answered 500"],
])("%d %s is in the drawer %s, as %s", async (status, body, drawer, code, text) => {
  answer = { status, body };
  const tokens = tokensOf({ now: 0 });
  const error: unknown = await tokens.token().catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ drawer, code });
  expect(describeError(error)).toContain(text);
  await tokens.close();
});

it("tells of each token, so that it is in no text", async () => {
  const secrets = new Scrubber();
  const clock = { now: 0 };
  const options = ibmIamOptions.parse({ type: "ibm-iam", apiKey: API_KEY, tokenUrl });
  const tokens = ibmIamTokens(options, { env: {}, secrets }, () => clock.now);
  for (const token of ["eyJ0eXAi.0ne", "eyJ0eXAi.tw0"]) {
    issue(token);
    expect(await tokens.token()).toBe(token);
    clock.now += 3_600_000;
  }
  expect(secrets.scrub("Bearer eyJ0eXAi.0ne, Bearer eyJ0eXAi.tw0")).toBe("Bearer ***, Bearer ***");
  await tokens.close();
});

it("signs the requests of a store with the token", async () => {
  const server = await s3Server("flows");
  server.put("a b", Buffer.from("x"));
  const options = s3.options.parse({
    bucket: "flows",
    endpoint: server.endpoint,
    auth: { type: "ibm-iam", apiKey: API_KEY, tokenUrl },
  });
  const store = await s3.create(options, { env: {}, onEvent: () => {} });
  const signal = new AbortController().signal;
  const pages = await Array.fromAsync(store.list({ prefix: "" }, signal));
  const object = pages[0]?.objects[0];
  expect(object?.key).toBe("a b");
  if (object !== undefined) await Array.fromAsync(await store.open(object, signal));
  expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(["Bearer token-1", "Bearer token-1"]);
  expect(exchanges).toHaveLength(1);
  answer = { status: 400, body: JSON.stringify({ errorCode: "BXNIM0415E" }) };
  const refused = await s3.create(options, { env: {}, onEvent: () => {} });
  await expect(Array.fromAsync(refused.list({ prefix: "" }, signal))).rejects.toMatchObject({ code: "not-authenticated" });
  await Promise.all([store.close(), refused.close(), server.close()]);
});
