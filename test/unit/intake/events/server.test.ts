import { createHmac } from "node:crypto";
import { request } from "node:http";
import { afterEach, expect, test } from "vitest";
import type { Announced } from "../../../../src/contracts/object-event.ts";
import { type EventServerOptions, serveEvents } from "../../../../src/intake/events/server.ts";
import { EVENT_FORMS } from "../../../../src/registry.ts";

const TOKEN = "a-token-of-some-length";
const event = { bucket: "flows", key: "a.gz", operation: "Object:Write", notification: {} };
const body = JSON.stringify(event);

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function serve(options: Partial<EventServerOptions> = {}) {
  const announced: Announced[] = [];
  const urls: string[] = [];
  const refused: number[] = [];
  const all = { listen: "127.0.0.1:0", maxBodyBytes: 1024, ...options };
  const server = await serveEvents(EVENT_FORMS, all, {
    onAnnounced: (objects) => announced.push(...objects),
    onConfirmation: (url) => urls.push(url),
    onRefused: (status) => refused.push(status),
  });
  closers.push(server.close);
  const post = async (text: string, headers: Record<string, string> = {}, path = "/") => {
    const answer = await fetch(server.address + path, { method: "POST", body: text, headers });
    await answer.text();
    return answer.status;
  };
  return { ...server, announced, urls, refused, post };
}

const basic = (password: string) => ({ authorization: `Basic ${Buffer.from(`anybody:${password}`).toString("base64")}` });

test("an event is taken at any path, and what it names is told", async () => {
  const { post, announced } = await serve();
  expect(await post(body, {}, "/whatever?x=1")).toBe(204);
  expect(announced).toEqual([{ bucket: "flows", key: "a.gz" }]);
});

test("who does not present the token is refused, whatever is sent", async () => {
  const { post, announced, refused } = await serve({ token: TOKEN });
  const wrong = [{}, { authorization: `Bearer ${TOKEN}x` }, { authorization: TOKEN }, basic(""), basic(`${TOKEN} `)];
  for (const headers of wrong) expect(await post(body, headers)).toBe(401);
  for (const path of ["/", `/${TOKEN}/`, `/a${TOKEN}`, "/?token=", `/?token=${TOKEN}x`, `/?tokens=${TOKEN}`])
    expect(await post(body, {}, path)).toBe(401);
  expect(announced).toEqual([]);
  expect(refused).toHaveLength(11);
  expect(await post(body, { authorization: `Bearer ${TOKEN}` })).toBe(204);
  expect(await post(body, basic(TOKEN))).toBe(204);
  expect(await post(body, {}, `/events?token=${TOKEN}`)).toBe(204);
  expect(await post(body, {}, `/events/${TOKEN}`)).toBe(204);
  expect(announced).toHaveLength(4);
});

test("a service that can only do Basic is asked for it", async () => {
  const { address } = await serve({ token: TOKEN });
  const answer = await fetch(address, { method: "POST", body });
  expect(answer.headers.get("www-authenticate")).toMatch(/^Basic /);
});

test("a body has to be signed with the key, as it was sent", async () => {
  const key = "a-key-to-sign-bodies-with";
  const { post, announced } = await serve({ signatureKey: key });
  const signed = (text: string, by = key) => `sha256=${createHmac("sha256", by).update(text).digest("hex")}`;
  const wrong = [undefined, signed(body, "another"), signed(`${body} `), signed(body).slice(7), "sha256=", "sha1=00"];
  for (const header of wrong) expect(await post(body, header === undefined ? {} : { "x-hub-signature-256": header })).toBe(401);
  expect(announced).toEqual([]);
  expect(await post(body, { "x-hub-signature-256": signed(body) })).toBe(204);
  expect(await post(body, { "x-hub-signature": signed(body).toUpperCase().replace("SHA", "sha") })).toBe(204);
  // The example of GitHub's documentation of this header.
  const other = await serve({ signatureKey: "It's a Secret to Everybody" });
  const example = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
  expect(await other.post("Hello, World!", { "x-hub-signature-256": example })).toBe(400);
});

test("with a token and a key both are wanted", async () => {
  const key = "a-key-to-sign-bodies-with";
  const { post } = await serve({ token: TOKEN, signatureKey: key });
  const signature = { "x-hub-signature-256": `sha256=${createHmac("sha256", key).update(body).digest("hex")}` };
  const bearer = { authorization: `Bearer ${TOKEN}` };
  expect([await post(body, signature), await post(body, bearer), await post(body, { ...signature, ...bearer })]).toEqual([
    401, 401, 204,
  ]);
});

test("a body that is longer than it may be is not read, whether it says so or not", async () => {
  const { post, address, announced } = await serve({ maxBodyBytes: 1024 });
  const long = JSON.stringify({ ...event, padding: "x".repeat(1024) });
  expect(await post(long)).toBe(413);
  const chunked = await new Promise<number | undefined>((resolve, reject) => {
    const sending = request(address, { method: "POST" }, (answer) => {
      resolve(answer.statusCode);
      sending.destroy();
    });
    sending.on("error", reject);
    sending.write(long);
  });
  expect(chunked).toBe(413);
  expect(announced).toEqual([]);
  expect(await post(body.padEnd(1024))).toBe(204);
});

test.each([
  ["no JSON", 400],
  ["", 400],
  ['{"hello":1}', 422],
  ["[]", 204],
])("what is no event is refused: %j with %d", async (text, status) => {
  const { post, announced } = await serve();
  expect(await post(text)).toBe(status);
  expect(announced).toEqual([]);
});

test("nothing but POST is answered", async () => {
  const { address } = await serve();
  const answer = await fetch(address);
  expect([answer.status, answer.headers.get("allow")]).toEqual([405, "POST"]);
});

test("a subscription that waits to be confirmed is told of, and opened by nobody", async () => {
  const { post, urls, announced } = await serve();
  const url = "https://cell1.notification.us-phoenix-1.oraclecloud.com/20181201/subscriptions/a/confirmation?token=b";
  expect(await post(JSON.stringify({ ConfirmationURL: url }))).toBe(200);
  expect(await post(JSON.stringify({ Type: "SubscriptionConfirmation", SubscribeURL: "https://sns.example/?a" }))).toBe(200);
  expect(await post(JSON.stringify({ ConfirmationURL: "http://127.0.0.1/" }))).toBe(422);
  expect(urls).toEqual([url, "https://sns.example/?a"]);
  expect(announced).toEqual([]);
});

test("an address that is taken, and files that are not there, are told in one line", async () => {
  const { address } = await serve();
  const listen = address.slice("http://".length);
  await expect(serve({ listen })).rejects.toMatchObject({ code: "intake-listen", message: expect.stringContaining(listen) });
  const tls = { certificate: "/nowhere/c.pem", key: "/nowhere/k.pem" };
  await expect(serve({ tls })).rejects.toMatchObject({ code: "intake-tls", message: expect.stringContaining("/nowhere/c.pem") });
});
