import { request } from "node:http";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { setting, toFile, until } from "./setting.ts";

const { configFor, begin, bucket } = setting();

/** The status, the policy and the body that the page is answered with. */
async function ask(url: string, headers: Record<string, string> = {}) {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number | undefined; policy: string; body: string }>();
  const sent = request(url, { headers }, async (response) => {
    const policy = String(response.headers["content-security-policy"] ?? "");
    resolve({ status: response.statusCode, policy, body: await text(response) });
  });
  sent.on("error", reject).end();
  return promise;
}

async function worker(telemetry: object) {
  await bucket({ flows: 300, objects: 1, incidents: ["ssh-from-outside"] });
  const running = begin(["run", "-c", configFor([toFile({ name: "lines" })], { telemetry, alerts: {} })]);
  const address = await until("it listens", running, () => /"address":"([^"]+)"/.exec(running.stderr())?.[1]);
  return { running, address: address.replace("0.0.0.0", "127.0.0.1") };
}

test("a worker shows what flows on a page of its own, to this machine", async () => {
  const { running, address } = await worker({ listen: "127.0.0.1:0" });
  const page = await until("all is delivered", running, async () => {
    const answer = await ask(`${address}/`);
    return answer.body.includes('data-label="delivered">3') ? answer : undefined;
  });
  expect(page.status).toBe(200);
  expect(page.policy).toMatch(/^default-src 'none'/);
  for (const said of ["directory-bucket", "lines", "Everything does its work", "ports.csv", "ssh_accepted_from_outside"])
    expect(page.body).toContain(said);
  // A site whose name leads here does not get it.
  expect((await ask(`${address}/`, { host: "rebound.example.com" })).status).toBe(403);
});

test("to other machines it goes with a token alone; health needs none", async () => {
  const open = await worker({ listen: "0.0.0.0:0" });
  expect(await ask(`${open.address}/`)).toMatchObject({ status: 403, body: expect.stringContaining("telemetry.token") });
  expect((await ask(`${open.address}/healthz`)).status).toBe(200);
  open.running.child.kill("SIGKILL");
  await open.running.ended;
  const token = "a0B1c2D3e4F5g6H7";
  const { address } = await worker({ listen: "0.0.0.0:0", token });
  const basic = (password: string) => `Basic ${Buffer.from(`me:${password}`).toString("base64")}`;
  expect((await ask(`${address}/`)).status).toBe(401);
  expect((await ask(`${address}/`, { authorization: basic(`${token}x`) })).status).toBe(401);
  expect((await ask(`${address}/`, { authorization: basic(token) })).status).toBe(200);
  expect((await ask(`${address}/`, { authorization: `Bearer ${token}` })).status).toBe(200);
});
