import dns from "node:dns";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test, vi } from "vitest";
import { checkLinks } from "../../../src/alerts/link-check.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const RULES = [
  { name: "beacon", runbook: "beacon" },
  { name: "scan", runbook: "scan" },
  { name: "own", runbook: undefined },
];
const signal = new AbortController().signal;

test("every link is asked for once by HEAD, as an alert would have it; those that lead nowhere are named with the reason", async () => {
  const asked: string[] = [];
  const base = await serve(({ method, url }, response) => {
    asked.push(`${method} ${url}`);
    response.writeHead(url?.startsWith("/search") ? 302 : url === "/runbooks/scan" ? 404 : 200).end();
  });
  const links = [{ title: "Search", url: `${base}/search?q={source}&rule={rule}` }];
  const found = await checkLinks({ links, runbookUrl: `${base}/runbooks/{runbook}` }, RULES, {}, signal);
  expect(asked.sort()).toEqual(["HEAD /runbooks/beacon", "HEAD /runbooks/scan", "HEAD /search?q=192.0.2.1&rule=beacon"]);
  expect(found).toEqual({ asked: 3, dead: [{ title: "Runbook", url: `${base}/runbooks/scan`, reason: "answers 404" }] });
});

test.each([401, 403, 405])("a page that answers %i is there", async (status) => {
  const base = await serve((_, response) => response.writeHead(status).end());
  expect(await checkLinks({ links: [{ title: "Search", url: base }] }, RULES, {}, signal)).toEqual({ asked: 1, dead: [] });
});

test("nobody listens", async () => {
  const base = await serve(() => {});
  const [server] = servers.splice(0) as [Server];
  await new Promise((resolve) => server.close(resolve));
  const { dead } = await checkLinks({ links: [{ title: "Search", url: base }] }, RULES, {}, signal);
  expect(dead).toMatchObject([{ url: base, reason: expect.stringContaining("ECONNREFUSED") }]);
});

test("a name that is not found is looked up once, whatever its pages are", async () => {
  const base = await serve((_, response) => response.writeHead(404).end());
  const unknown = Object.assign(new Error("getaddrinfo ENOTFOUND wiki.example"), { code: "ENOTFOUND" });
  const fail = (_name: string, _options: object, done: (error: Error) => void) => process.nextTick(done, unknown);
  const lookup = vi.spyOn(dns, "lookup").mockImplementation(fail as typeof dns.lookup);
  const links = [{ title: "Search", url: `${base}/search` }];
  const found = await checkLinks({ links, runbookUrl: "https://wiki.example/{runbook}" }, RULES, {}, signal);
  expect(lookup).toHaveBeenCalledTimes(1);
  expect(found.asked).toBe(3);
  expect(found.dead.map(({ url, reason }) => [url, reason])).toEqual([
    [`${base}/search`, "answers 404"],
    ["https://wiki.example/beacon", unknown.message],
    ["https://wiki.example/scan", unknown.message],
  ]);
});

test("without links nobody is asked", async () => {
  expect(await checkLinks({ links: [] }, RULES, {}, signal)).toEqual({ asked: 0, dead: [] });
});
