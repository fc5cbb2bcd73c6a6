import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { generate } from "../../src/generator/generate.ts";
import { writeBucket } from "../../src/generator/write.ts";
import { CertificateAuthority, type Issued, selfSignedHost } from "../simulators/oci/certificates.ts";
import { startHttp } from "../unit/alerts/receiver.ts";
import { type Ended, flowferry, spawned, summaryOf } from "./program.ts";
import { setting, toFile } from "./setting.ts";

/** The secret part of the webhook's URL. */
const PATH = "/services/T00000000/B00000000/xxYYzzSECRETxxYYzz";
const DAY_MS = 86_400_000;

const authority = new CertificateAuthority("flowferry test authority");
const good = authority.issueHost("localhost");

const { path, write, configFor } = setting();
let servers: { close(): void }[];

// As NODE_EXTRA_CA_CERTS does for a process of its own.
const trusted = getCACertificates("default");
beforeAll(() => setDefaultCACertificates([...trusted, authority.certificate]));
afterAll(() => setDefaultCACertificates(trusted));
beforeEach(() => {
  servers = [];
  write("authority.pem", authority.certificate);
});
afterEach(() => {
  for (const server of servers) server.close();
});

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers?: Record<string, string>;
}

/** Slack on loopback, by TLS: answers as https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks says. */
async function slack({ certificate, key }: Issued, ...answers: Answer[]) {
  const received: { path: string; body: { text: string; blocks: unknown[] } }[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let text = "";
    for await (const chunk of request) text += chunk;
    received.push({ path: request.url ?? "", body: JSON.parse(text) });
    const { status, text: said, headers } = answers[Math.min(received.length, answers.length) - 1] as Answer;
    response.writeHead(status, headers).end(said);
  };
  const server: Server = createServer({ cert: certificate, key }, (request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  servers.push({
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  });
  return { host: `localhost:${(server.address() as AddressInfo).port}`, received };
}

const ok: Answer = { status: 200, text: "ok" };
const telling = () =>
  configFor([toFile()], {
    alerts: { lateness: "12h", minLevel: "high", slack: { webhookUrl: "${SLACK_WEBHOOK_URL}" } },
    run: { pollMs: 200, shutdownMs: 2_000, retry: { initialMs: 20, maxMs: 100 } },
    telemetry: { level: "trace" },
  });
const environment = (host: string) => ({
  SLACK_WEBHOOK_URL: `https://${host}${PATH}`,
  NODE_EXTRA_CA_CERTS: path("authority.pem"),
});

function expectNoSecret({ stdout, stderr }: Ended): void {
  expect(stdout + stderr).not.toMatch(/SECRET|T00000000|B00000000/);
  expect(stdout + stderr).not.toMatch(/^\s+at .*:\d+:\d+\)?$/m);
}

async function tryOut(host: string, program = flowferry): Promise<Ended> {
  const ended = await program(["alerts", "test", "-c", telling()], environment(host));
  expectNoSecret(ended);
  return ended;
}

describe("what Slack answers", () => {
  test("200 ok: the message was taken", async () => {
    const { host, received } = await slack(good, ok);
    expect(await tryOut(host, spawned)).toMatchObject({ code: 0, stdout: "ok     slack\n", stderr: "" });
    expect(received).toMatchObject([{ path: PATH, body: { text: expect.stringContaining("Test alert from flowferry") } }]);
  });

  test.each<[Answer, string]>([
    [{ status: 400, text: "invalid_blocks" }, "answered 400: invalid_blocks"],
    [{ status: 403, text: "action_prohibited" }, "answered 403: action_prohibited"],
    [{ status: 404, text: "no_service" }, "answered 404: no_service"],
    [{ status: 429, text: "rate_limited", headers: { "retry-after": "30" } }, "answered 429: rate_limited"],
    [{ status: 500, text: "rollup_error" }, "answered 500: rollup_error"],
    // A gateway that repeats what it was asked for.
    [{ status: 403, text: `denied: https://hooks.slack.com${PATH}` }, "answered 403: denied: https://hooks.slack.com***"],
    [{ status: 403, text: "denied: token xxYYzzSECRETxxYYzz of T00000000" }, "answered 403: denied: token *** of ***"],
  ])("%j is told in one line", async (answer, said) => {
    const { host, received } = await slack(good, answer);
    const { code, stdout } = await tryOut(host);
    expect([code, stdout]).toEqual([1, `FAILED slack: Slack at ${host} ${said}\n`]);
    expect(received).toHaveLength(1);
  });

  test("a redirect is refused: neither the message nor the URL goes to somebody else", async () => {
    const elsewhere = await startHttp((response) => response.end("ok"));
    servers.push(elsewhere);
    const headers = { location: `${elsewhere.url}${PATH}` };
    for (const status of [301, 302, 307, 308]) {
      const { host, received } = await slack(good, { status, text: "", headers });
      const { code, stdout } = await tryOut(host);
      expect(code).toBe(1);
      expect(stdout).toContain(`Slack at ${host} answered ${status}: redirects are not followed, configure the final URL`);
      expect(received).toHaveLength(1);
    }
    expect(elsewhere.received).toEqual([]);
  });
});

describe("certificates", () => {
  test.each<[string, () => Issued, string]>([
    [
      "an expired one",
      () =>
        authority.issueHost("localhost", {
          validFrom: new Date(Date.now() - 10 * DAY_MS),
          validUntil: new Date(Date.now() - DAY_MS),
        }),
      "has a certificate that has expired",
    ],
    [
      "one of tomorrow",
      () =>
        authority.issueHost("localhost", {
          validFrom: new Date(Date.now() + DAY_MS),
          validUntil: new Date(Date.now() + 10 * DAY_MS),
        }),
      "has a certificate that is not valid yet",
    ],
    ["a self-signed one", () => selfSignedHost("localhost"), "has a certificate of an unknown authority"],
    [
      "one of an unknown authority",
      () => new CertificateAuthority("somebody else").issueHost("localhost"),
      "has a certificate of an unknown authority",
    ],
    ["one of another host", () => authority.issueHost("hooks.slack.com"), "has a certificate for another host"],
  ])("%s is refused before anything is sent", async (_, issue, said) => {
    const { host, received } = await slack(issue(), ok);
    const { code, stdout } = await tryOut(host);
    expect(code).toBe(1);
    expect(stdout).toMatch(new RegExp(`^FAILED slack: Slack: ${host} ${said}[^\\n]*\\n$`));
    expect(received).toEqual([]);
  });
});

describe("a run", () => {
  async function traffic(): Promise<number> {
    const spanMs = 6 * 3_600_000;
    const incidents = ["ssh-from-outside"] as const;
    const options = {
      format: "oci",
      flows: 2_000,
      vnics: 8,
      start: Date.now() - spanMs,
      spanMs,
      incidents: [...incidents],
    } as const;
    const generation = generate({ ...options });
    await writeBucket(generation, path("bucket"), () => {}, new AbortController().signal);
    return generation.truth().records;
  }
  const run = async (host: string, code = 0): Promise<Ended> => {
    const ended = await spawned(["run", "-c", telling(), "--until-caught-up", "--json"], environment(host));
    expectNoSecret(ended);
    expect(ended.code, ended.stderr).toBe(code);
    return ended;
  };

  test("keeps the alert while the certificate has expired, and delivers it when there is a new one", async () => {
    const records = await traffic();
    const expired = { validFrom: new Date(Date.now() - 10 * DAY_MS), validUntil: new Date(Date.now() - DAY_MS) };
    const old = await slack(authority.issueHost("localhost", expired), ok);
    const first = await run(old.host, 3);
    expect(summaryOf(first).sinks.ndjson).toMatchObject({ delivered: records });
    expect(first.stderr).toContain("has a certificate that has expired");
    expect(old.received).toEqual([]);

    const renewed = await slack(good, { status: 429, text: "", headers: { "retry-after": "1" } }, ok);
    await run(renewed.host);
    expect(renewed.received).toHaveLength(2);
    expect(renewed.received[1]).toEqual(renewed.received[0]);
    expect(renewed.received[0]?.body.text).toContain("SSH accepted from outside");
  });
});
