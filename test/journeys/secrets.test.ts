import { readdirSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { type Ended, flowferry, spawned } from "./program.ts";
import { setting, toFile, until } from "./setting.ts";

const { path, write, configFor, begin, bucket } = setting();

/** What no text may hold: every secret of these tests contains it. */
const MARK = /hu5h|HU5H/;
const TOKEN = "hu5h-hu5h-T0k3n/with+all=of&it";

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

interface Said {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body: string;
}

/** A server that answers by what it was asked. */
async function serve(answer: (request: IncomingMessage, body: string) => Said): Promise<string> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { status, headers, body } = answer(request, Buffer.concat(chunks).toString("latin1"));
    response.writeHead(status, { "content-type": "text/plain", ...headers }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  servers.push(server);
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const requestLine = ({ method, url, headers }: IncomingMessage) =>
  `${method} ${url} ${["authorization", "x-api-key", "proxy-authorization"].flatMap((name) => headers[name] ?? []).join(" ")}`;

/** How the request stands in the answer. */
const REPEATING: Readonly<Record<string, (text: string) => Said>> = {
  plain: (body) => ({ status: 400, body }),
  capitals: (body) => ({ status: 400, body: body.toUpperCase() }),
  json: (body) => ({ status: 400, headers: { "content-type": "application/json" }, body: JSON.stringify({ message: body }) }),
  jsonInText: (body) => ({ status: 503, body: JSON.stringify({ error: JSON.stringify({ request: body }) }) }),
  percent: (body) => ({ status: 500, body: encodeURIComponent(body) }),
  form: (body) => ({ status: 403, body: new URLSearchParams({ request: body }).toString() }),
  html: (body) => ({ status: 404, body: `request: ${body.replaceAll("&", "&amp;").replaceAll("=", "&#61;")}` }),
  base64: (body) => ({ status: 401, body: Buffer.from(body).toString("base64") }),
  lines: (body) => ({ status: 400, body: (body.match(/.{1,9}/g) ?? []).join("\r\n") }),
  cut: (body) => ({ status: 400, body: body.slice(0, -9) }),
  location: (body) => ({ status: 302, headers: { location: `http://127.0.0.1/${encodeURI(body)}` }, body: "" }),
};

const repeating = () =>
  serve((request) => REPEATING[(request.url ?? "").split("/")[1] ?? ""]?.(requestLine(request)) ?? { status: 400, body: "" });

function expectClean(...ended: Ended[]): void {
  for (const { stdout, stderr } of ended) {
    const texts = [stdout + stderr, (stdout + stderr).replaceAll(/\s|\\[rn]/g, "")];
    for (const text of texts) {
      expect(text).not.toMatch(MARK);
      for (const run of text.match(/[\w+/-]{12,}/g) ?? []) {
        for (const skip of [0, 1, 2, 3]) expect(Buffer.from(run.slice(skip), "base64").toString("latin1")).not.toMatch(MARK);
      }
    }
  }
}

function expectCleanLedger(): void {
  const files = readdirSync(path()).filter((name) => name.startsWith("flowferry.db"));
  expect(files).not.toEqual([]);
  for (const name of files) expect(readFileSync(path(name), "latin1")).not.toMatch(MARK);
}

describe("a server that repeats what it was asked", () => {
  const sinksAt = (url: string) =>
    Object.keys(REPEATING).map((form) => ({
      type: "otlp",
      name: form,
      url: `${url}/${form}/in/hu5h-Pa7h-0123456789/v1/logs?token=${encodeURIComponent(TOKEN)}`,
      headers: { authorization: `Bearer ${TOKEN}`, "X-Api-Key": "hu5hK3y" },
      batch: { lingerMs: 1 },
    }));

  test("is quoted without the secrets by `check`, in whatever form", async () => {
    await bucket({ flows: 20, objects: 1, incidents: [] });
    const config = configFor(sinksAt(await repeating()));
    const [text, json] = await Promise.all([flowferry(["check", "-c", config]), flowferry(["check", "-c", config, "--json"])]);
    expectClean(text, json);
    for (const form of Object.keys(REPEATING)) expect(text.stdout).toContain(` sink ${form}: 127.0.0.1`);
    expect(text.stdout.match(/\*\*\*/g)?.length).toBeGreaterThanOrEqual(Object.keys(REPEATING).length - 1);
  });

  test("leaves none in the log, in the summary, in the ledger and in what shows it", async () => {
    await bucket({ flows: 20, objects: 1, incidents: [] });
    let logged = "";
    const logs = await serve((_request, body) => {
      logged += body;
      return { status: 200, body: "" };
    });
    const config = configFor([toFile(), ...sinksAt(await repeating())], {
      telemetry: { level: "trace", listen: "127.0.0.1:0", otlpEndpoint: logs.replace("//", "//me:hu5hTelemetry@") },
    });
    const running = begin(["run", "-c", config, "--json"]);
    await until("every sink had its answer", running, () =>
      Object.keys(REPEATING).every((form) => new RegExp(`"sink":"${form}"`).test(running.stderr())),
    );
    const served = /"address":"([^"]+)"/.exec(running.stderr())?.[1];
    for (const page of ["/metrics", "/readyz", "/healthz"]) {
      expect(await (await fetch(`${served}${page}`)).text()).not.toMatch(MARK);
    }
    running.child.kill("SIGTERM");
    const shown = [await running.ended];
    expect(logged).toContain("answered 400: POST ***");
    expect(logged).not.toMatch(MARK);
    for (const args of [[], ["--json"], ["--dead-letters"], ["--dead-letters", "--json"]]) {
      shown.push(await flowferry(["status", "-c", config, ...args]));
    }
    expectClean(...shown);
    expectCleanLedger();
  });

  test("of alerts: webhook, Alertmanager and Slack", async () => {
    const url = await repeating();
    const secretPath = "hu5hTeam/B0000/hu5hSecretOfThePath";
    for (const form of ["plain", "json", "form", "base64"]) {
      const alerts = {
        webhook: { url: `${url}/${form}/${secretPath}`, headers: { authorization: `Bearer ${TOKEN}` } },
        alertmanager: { url: `${url}/${form}/${secretPath}`, headers: { "x-api-key": "hu5hK3y" } },
        slack: { webhookUrl: `${url}/${form}/${secretPath}` },
      };
      const ended = await flowferry(["alerts", "test", "-c", configFor([toFile()], { alerts })]);
      expect(ended.stdout.match(/FAILED/g)).toHaveLength(3);
      expectClean(ended);
    }
  });
});

test("a key that a token service repeats, and the token that it gave", async () => {
  await bucket({ flows: 20, objects: 1, incidents: [] });
  const url = await serve((request, body) => {
    if (request.url === "/iam") return { status: 200, body: JSON.stringify({ access_token: TOKEN, expires_in: 3600 }) };
    if (request.url === "/refusing")
      return { status: 400, body: JSON.stringify({ errorCode: "BXNIM0415E", errorMessage: `bad ${body}` }) };
    return { status: 403, body: requestLine(request) };
  });
  const sinkWith = (name: string) => ({
    type: "ibm-cloud-logs",
    name,
    endpoint: url,
    auth: { type: "ibm-iam", apiKey: "hu5h Key+0f/IBM==", tokenUrl: `${url}/${name}` },
  });
  const ended = await flowferry(["check", "-c", configFor([sinkWith("iam"), sinkWith("refusing")])]);
  expect(ended.stdout).toMatch(/FAILED sink iam: .*403: POST \/logs\/v1\/singles Bearer \*\*\*/);
  expect(ended.stdout).toMatch(/FAILED sink refusing: .*BXNIM0415E bad grant_type=.*apikey=\*\*\*/);
  expectClean(ended);
});

test("a proxy that refuses its password and repeats it", async () => {
  const proxy = await serve((request) => ({ status: 407, body: `no entry with ${requestLine(request)}` }));
  const HTTP_PROXY = proxy.replace("//", "//me:hu5h-Pr0xy-pw@");
  const sink = { type: "otlp", endpoint: "http://otlp.invalid:4318" };
  const config = configFor([sink], {
    source: { type: "s3", bucket: "b", region: "r", endpoint: "http://s3.invalid", accessKeyId: "A", secretAccessKey: "hu5hK3y" },
  });
  const ended = await flowferry(["check", "-c", config], { HTTP_PROXY });
  expect(ended.code).toBe(1);
  expectClean(ended);
});

test("what nobody caught is one line, without the secrets", async () => {
  await bucket({ flows: 20, objects: 1, incidents: [] });
  const thrown = 'throw Object.assign(new Error("no entry for hu5h-Pr0xy-pw"), { cause: new Error("of hu5h-Pr0xy-pw") })';
  const NODE_OPTIONS = `--import data:text/javascript,${encodeURIComponent(`setTimeout(() => { ${thrown} }, 1000).unref()`)}`;
  const ended = await spawned(["run", "-c", configFor([toFile()])], {
    NODE_OPTIONS,
    HTTPS_PROXY: "http://me:hu5h-Pr0xy-pw@127.0.0.1:9",
  });
  expect(ended.code).toBe(1);
  expect(ended.stderr).toMatch(/^flowferry: no entry for \*\*\*: of \*\*\*\n$/m);
  expectClean(ended);
});

test("secrets in files: what is in them is used, and not shown", async () => {
  await bucket({ flows: 20, objects: 1, incidents: [] });
  let got = "";
  const url = await serve((request) => {
    got = String(request.headers.authorization);
    return { status: 401, body: requestLine(request) };
  });
  write("token", `${TOKEN}\n`);
  const config = configFor([{ type: "otlp", endpoint: url, headers: { authorization: "Bearer ${file:token}" } }]);
  const ended = await flowferry(["check", "-c", config]);
  expect(got).toBe(`Bearer ${TOKEN}`);
  expectClean(ended);
  const missing = await flowferry(["check", "-c", configFor([toFile({ name: "${file:hu5h/../nowhere}" })])]);
  expect(missing.code).toBe(2);
  expect(missing.stderr).toMatch(/^flowferry: \S+flowferry\.yaml:\d+:\d+: cannot read \S+nowhere: ENOENT[^\n]*\n$/);
});
