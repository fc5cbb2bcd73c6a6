import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { alertmanager } from "../../src/alerts/alertmanager.ts";
import { slack } from "../../src/alerts/slack.ts";
import { webhook } from "../../src/alerts/webhook.ts";
import { ociNotifications } from "../../src/clouds/oci/notifications.ts";
import type { Notifier } from "../../src/contracts/alert.ts";
import { describeError, Failure } from "../../src/lib/errors.ts";
import { type Issued, selfSignedHost } from "../simulators/oci/certificates.ts";
import { type Oci, startOci } from "../simulators/oci/index.ts";
import { alertOf } from "../unit/alerts/receiver.ts";

/** An answer of the receiver. */
interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A notifier under test, and what its receiver answers with when it has taken an alert. */
interface Subject {
  open(base: string, timeoutMs: number): Notifier | Promise<Notifier>;
  readonly taken: readonly Answer[];
  /** Answers with a status of success that are none of the receiver's. */
  readonly foreign: readonly Answer[];
  /** How a message calls the receiver at this address. */
  readonly called: (host: string) => string;
}

const PAGE = "<!doctype html><html><head><title>Sign in</title></head></html>";
const page: Answer = { status: 200, headers: { "content-type": "text/html" }, body: PAGE };
const json = (status: number, value: unknown): Answer => ({
  status,
  headers: { "content-type": "application/json" },
  body: JSON.stringify(value),
});
const TOKEN = "Bearer hunter2hunter2";
const PATH = "/services/T00000000/B00000000/xxYYzzSECRET";
const TOPIC = "ocid1.onstopic.oc1.phx.alerts";

let oci: Oci;
let selfSigned: Issued;

beforeAll(async () => {
  oci = await startOci();
  selfSigned = selfSignedHost("localhost");
});
afterAll(() => oci.stop());

const SUBJECTS: Readonly<Record<string, Subject>> = {
  slack: {
    open: (base, timeoutMs) => slack.create(slack.options.parse({ webhookUrl: `${base}${PATH}`, timeoutMs }), {}),
    taken: [{ status: 200, body: "ok" }],
    foreign: [page, { status: 200, body: "" }, { status: 204 }, json(200, { ok: false, error: "no_team" })],
    called: (host) => `Slack at ${host}`,
  },
  alertmanager: {
    open: (url, timeoutMs) =>
      alertmanager.create(alertmanager.options.parse({ url, headers: { authorization: TOKEN }, timeoutMs }), {}),
    taken: [{ status: 200 }, json(200, { status: "success" })],
    foreign: [page, { status: 200, body: "ok" }, json(200, { status: "error", error: "bad_data" })],
    called: (host) => `Alertmanager at ${host}`,
  },
  webhook: {
    open: (base, timeoutMs) =>
      webhook.create(
        webhook.options.parse({ url: `${base}/hook/topsecret?key=hidden7`, headers: { authorization: TOKEN }, timeoutMs }),
        {},
      ),
    taken: [{ status: 204 }, { status: 200 }, { status: 202, body: "queued" }, json(201, { id: 7 })],
    foreign: [page, json(200, { error: "no such hook" }), { status: 200, body: "x".repeat(5_000) }],
    called: (host) => `the webhook at ${host}`,
  },
  "oci-notifications": {
    open: (endpoint, timeoutMs) => {
      const auth = { type: "config-file", file: oci.config };
      const parsed = ociNotifications.options.parse({ topicId: TOPIC, endpoint, auth, timeoutMs });
      return ociNotifications.create(parsed, { baseDir: "/", env: {} });
    },
    taken: [json(202, { messageId: "m", timeStamp: "2026-01-05T02:06:00.000Z" })],
    foreign: [page, json(200, { error: "no" }), { status: 202 }],
    called: () => `PublishMessage of topic ${TOPIC}`,
  },
};

const servers: { close(): unknown; closeAllConnections(): void }[] = [];
const notifiers: Notifier[] = [];

afterEach(async () => {
  for (const notifier of notifiers.splice(0)) await notifier.close?.();
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

interface Request {
  readonly headers: IncomingHttpHeaders;
  readonly url: string;
  readonly body: string;
}

/** A receiver, and the notifier that tells it. `respond` is called when a request has come whole. */
async function tell(
  { open }: Subject,
  respond: (response: ServerResponse, request: Request) => void,
  { tls, timeoutMs = 10_000 }: { tls?: Issued; timeoutMs?: number } = {},
) {
  const received: Request[] = [];
  const listener = async (request: IncomingMessage, response: ServerResponse) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const whole = { headers: request.headers, url: request.url ?? "", body };
    received.push(whole);
    respond(response, whole);
  };
  const onRequest: RequestListener = (request, response) => void listener(request, response);
  const server =
    tls === undefined ? createServer(onRequest) : createTlsServer({ cert: tls.certificate, key: tls.key }, onRequest);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  servers.push(server);
  const { port } = server.address() as AddressInfo;
  const host = tls === undefined ? `127.0.0.1:${port}` : `localhost:${port}`;
  const notifier = await open(`${tls === undefined ? "http" : "https"}://${host}`, timeoutMs);
  notifiers.push(notifier);
  return {
    host,
    received,
    server,
    notify: (signal = new AbortController().signal) => notifier.notify(alertOf(), [], signal),
  };
}

const answers =
  ({ status, headers, body }: Answer) =>
  (response: ServerResponse): void =>
    void response.writeHead(status, headers).end(body);

async function failureOf(notified: Promise<void>): Promise<Failure> {
  const error = await notified.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(Failure);
  return error as Failure;
}

describe.each(Object.entries(SUBJECTS))("%s", (_, subject) => {
  test("states its pace", async () => {
    const notifier = await subject.open("http://127.0.0.1:9", 1_000);
    notifiers.push(notifier);
    expect(notifier.paceMs).toBeGreaterThanOrEqual(0);
  });

  test("resolves when the receiver has taken the alert: one request, with what the alert says", async () => {
    for (const answer of subject.taken) {
      const { notify, received } = await tell(subject, answers(answer));
      await notify();
      expect(received).toHaveLength(1);
      expect(received[0]?.body).toContain("TCP from 203.0.113.45");
    }
  });

  test("does not take the answer of somebody else for success", async () => {
    for (const answer of subject.foreign) {
      const { notify, received, host } = await tell(subject, answers(answer));
      const failure = await failureOf(notify());
      expect(failure, JSON.stringify(answer)).toMatchObject({ drawer: "not-understood" });
      expect(describeError(failure)).toContain(subject.called(host));
      expect(received).toHaveLength(1);
    }
  });

  test.each([203, 205, 206, 207, 208, 226, 299])("%d acknowledges nothing, whatever its body", async (status) => {
    const { notify, host } = await tell(subject, answers({ ...(subject.taken[0] as Answer), status }));
    const failure = await failureOf(notify());
    expect(failure).toMatchObject({ drawer: "not-understood" });
    expect(describeError(failure)).toContain(subject.called(host));
  });

  test("does not take an answer for success that breaks off", async () => {
    const { notify } = await tell(subject, (response) => {
      const { status, headers, body = "ok" } = subject.taken[0] as Answer;
      response.writeHead(status === 204 ? 200 : status, { ...headers, "content-length": String(body.length + 10) });
      response.write(body, () => response.destroy());
    });
    expect(await failureOf(notify())).toMatchObject({ drawer: "not-understood" });
  });

  test.each([408, 425, 429, 500, 502, 503, 504])("%d passes, and says when to come again", async (status) => {
    const { notify } = await tell(subject, answers({ status, headers: { "retry-after": "7" }, body: "busy" }));
    expect(await failureOf(notify())).toMatchObject({ drawer: "passing", retryAfterMs: 7_000 });
  });

  test.each([401, 403, 404, 405, 410])("%d needs a person", async (status) => {
    const { notify, host } = await tell(subject, answers(json(status, { code: "No", message: "no such thing" })));
    const failure = await failureOf(notify());
    expect(failure).toMatchObject({ drawer: "person" });
    expect(describeError(failure)).toContain(subject.called(host));
    expect(describeError(failure)).toContain("no such thing");
  });

  test.each([301, 302, 307, 308])("%d needs a person, and is not followed", async (status) => {
    const elsewhere = await tell(subject, answers(subject.taken[0] as Answer));
    const headers = { location: `http://${elsewhere.host}/` };
    const { notify } = await tell(subject, answers({ status, headers }));
    expect(await failureOf(notify())).toMatchObject({ drawer: "person" });
    expect(elsewhere.received).toEqual([]);
  });

  test.each([400, 413, 422])("%d refuses this alert, in the receiver's words", async (status) => {
    const { notify } = await tell(subject, answers(json(status, { code: "InvalidParameter", message: "no such block" })));
    const failure = await failureOf(notify());
    expect(failure).toMatchObject({ drawer: "batch", certain: false, tooLarge: status === 413 });
    expect(describeError(failure)).toContain("no such block");
  });

  test("a connection that is cut, or refused, passes", async () => {
    const cut = await tell(subject, (response) => void response.destroy());
    expect(await failureOf(cut.notify())).toMatchObject({ drawer: "passing" });
    const gone = await tell(subject, () => {});
    gone.server.close();
    expect(await failureOf(gone.notify())).toMatchObject({ drawer: "passing" });
  });

  test("a receiver that does not answer in time passes", async () => {
    const { notify, received } = await tell(subject, () => {}, { timeoutMs: 200 });
    expect(await failureOf(notify())).toMatchObject({ drawer: "passing" });
    expect(received).toHaveLength(1);
  });

  test("a certificate that nobody vouches for needs a person, and nothing is sent", async () => {
    const { notify, received } = await tell(subject, answers(subject.taken[0] as Answer), { tls: selfSigned });
    const failure = await failureOf(notify());
    expect(failure).toMatchObject({ drawer: "person" });
    expect(describeError(failure)).toContain("certificate");
    expect(received).toEqual([]);
  });

  test("gives up at once when the signal aborts, with its reason", async () => {
    const [stop, reason] = [new AbortController(), new Error("stopped")];
    const dropped = Promise.withResolvers<void>();
    const { notify } = await tell(subject, (response) => {
      response.on("close", dropped.resolve);
      stop.abort(reason);
    });
    await expect(notify(stop.signal)).rejects.toBe(reason);
    await dropped.promise;
    await expect(notify(AbortSignal.abort("before"))).rejects.toBe("before");
  });

  test("tells what the receiver says in one line, also when it repeats what it was asked", async () => {
    for (const status of [400, 403, 503, 200]) {
      const { notify } = await tell(subject, (response, { url, headers }) => {
        const message = `no\n\u001b[31m${url} for ${headers.authorization}\u001b[0m`;
        const answer = status === 200 ? { status, body: `<p>${message}</p>` } : json(status, { code: "No", message });
        answers(answer)(response);
      });
      const line = describeError(await failureOf(notify()));
      expect(line).not.toBe("");
      expect(line).not.toContain("\n");
    }
  });
});
