import { readFileSync } from "node:fs";
import { request } from "node:http";
import { metrics } from "@opentelemetry/api";
import { afterEach, expect, test } from "vitest";
import type { Problem } from "../../../src/contracts/ledger.ts";
import { asset } from "../../../src/lib/assets.ts";
import { serveTelemetry } from "../../../src/telemetry/telemetry.ts";

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
  metrics.disable();
});

const TOKEN = "a-token-of-some-length";
const problem: Problem = { part: "sink out", drawer: "person", code: "denied", reason: "https://out.example says 403", since: 0 };

async function serve(listen: string, token?: string, problems: Problem[] = []) {
  const page = { token: () => token, policy: "default-src 'none'", html: () => "<p>the page</p>" };
  const server = await serveTelemetry(listen, { problems, starting: false }, page);
  closers.push(server.close);
  const port = new URL(server.address).port;
  /** By this machine's address, whatever the request calls it. */
  const get = (path: string, headers: Record<string, string> = {}) =>
    new Promise<{ status: number | undefined; body: string }>((resolve, reject) => {
      const asking = request({ host: "127.0.0.1", port, path, headers }, (answer) => {
        let body = "";
        answer.setEncoding("utf8").on("data", (text) => {
          body += text;
        });
        answer.on("end", () => resolve({ status: answer.statusCode, body }));
      });
      asking.on("error", reject).end();
    });
  return { ...server, get };
}

test("/metrics says which program, of which version, it is", async () => {
  const { meter, get } = await serve("127.0.0.1:0");
  meter.createCounter("flowferry.objects").add(1);
  const { version } = JSON.parse(readFileSync(asset("package.json"), "utf8")) as { version: string };
  expect((await get("/metrics")).body).toContain(`service_name="flowferry",service_version="${version}"`);
});

test("without a token other machines get the probes alone, and no reason", async () => {
  const { get } = await serve("0.0.0.0:0", undefined, [problem]);
  expect(await get("/healthz")).toMatchObject({ status: 200 });
  expect(await get("/readyz")).toEqual({ status: 503, body: '{"ready":false}\n' });
  for (const path of ["/", "/metrics"]) {
    expect(await get(path)).toMatchObject({ status: 403, body: expect.stringContaining("set telemetry.token") });
    expect(await get(path, { authorization: "Bearer " })).toMatchObject({ status: 403 });
  }
});

test("with a token everything but the probes wants it, on this machine too", async () => {
  for (const listen of ["0.0.0.0:0", "127.0.0.1:0"]) {
    const { get } = await serve(listen, TOKEN, [problem]);
    expect(await get("/healthz")).toMatchObject({ status: 200 });
    expect(await get("/readyz")).toEqual({ status: 503, body: '{"ready":false}\n' });
    const basic = `Basic ${Buffer.from(`me:${TOKEN}`).toString("base64")}`;
    for (const path of ["/", "/metrics"]) {
      for (const headers of [{}, { authorization: `Bearer ${TOKEN}x` }]) expect((await get(path, headers)).status).toBe(401);
      for (const authorization of [`Bearer ${TOKEN}`, basic]) expect((await get(path, { authorization })).status).toBe(200);
    }
    expect((await get("/readyz", { authorization: `Bearer ${TOKEN}` })).body).toContain("https://out.example says 403");
    await closers.pop()?.();
  }
});

test("on this machine everything is there, but not under another site's name", async () => {
  const { get } = await serve("127.0.0.1:0", undefined, [problem]);
  for (const path of ["/", "/metrics"]) {
    expect((await get(path)).status).toBe(200);
    expect((await get(path, { host: "rebound.example" })).status).toBe(403);
  }
  expect((await get("/readyz")).body).toContain("https://out.example says 403");
  expect((await get("/readyz", { host: "rebound.example" })).body).toBe('{"ready":false}\n');
  expect((await get("/elsewhere")).status).toBe(404);
});
