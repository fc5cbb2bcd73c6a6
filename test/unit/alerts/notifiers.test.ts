import { afterEach, describe, expect, test } from "vitest";
import { alertmanager } from "../../../src/alerts/alertmanager.ts";
import { linksOf } from "../../../src/alerts/links.ts";
import { slack, slackMessage } from "../../../src/alerts/slack.ts";
import { webhook, webhookBody } from "../../../src/alerts/webhook.ts";
import type { Notifier } from "../../../src/contracts/alert.ts";
import { UsageError } from "../../../src/lib/errors.ts";
import { alertOf, startHttp } from "./receiver.ts";

const open: { close(): void }[] = [];
const never = new AbortController().signal;

afterEach(() => {
  for (const server of open.splice(0)) server.close();
});

async function slackThatAnswers(status: number, body: string, headers: Record<string, string> = {}) {
  const server = await startHttp((response) => response.writeHead(status, headers).end(body));
  open.push(server);
  const webhookUrl = `${server.url}/services/T000/B000/verysecretpath`;
  const notifier = (await slack.create(slack.options.parse({ webhookUrl }), {})) as Notifier;
  return { server, notifier };
}

/** The answers that https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks documents. */
describe("slack", () => {
  test("200 ok: the message has a text beside its blocks", async () => {
    const { server, notifier } = await slackThatAnswers(200, "ok");
    await notifier.notify(alertOf(), [{ title: "Search", url: "https://logs.example.com/?q=a&b" }], never);
    const [{ body, headers }] = server.received as never as [
      { body: { text: string; blocks: unknown[] }; headers: Record<string, string> },
    ];
    expect(headers["content-type"]).toBe("application/json");
    expect(body.text).toContain("SSH accepted from outside: TCP from 203.0.113.45");
    expect(JSON.stringify(body.blocks)).toContain("web-07 &lt;10.20.0.9&gt; &amp; co");
    expect(JSON.stringify(body.blocks)).toContain("<https://logs.example.com/?q=a&amp;b|Search>");
  });

  test.each([
    [400, "invalid_blocks", "batch"],
    [403, "action_prohibited", "person"],
    [404, "no_service", "person"],
    [410, "channel_is_archived", "person"],
    [429, "rate_limited", "passing"],
    [500, "rollup_error", "passing"],
  ])("%d %s is in the drawer %s, and the URL is not in the message", async (status, said, drawer) => {
    const { notifier } = await slackThatAnswers(status, said);
    const refused = notifier.notify(alertOf(), [], never);
    await expect(refused).rejects.toMatchObject({ drawer, code: `alert-http-${status}` });
    await expect(refused).rejects.toThrow(new RegExp(`^Slack at 127\\.0\\.0\\.1:\\d+ answered ${status}: ${said}$`));
  });

  test("a redirect says what to do", async () => {
    const { notifier } = await slackThatAnswers(302, "", { location: "https://elsewhere.example.com/" });
    await expect(notifier.notify(alertOf(), [], never)).rejects.toThrow(
      /^Slack at 127\.0\.0\.1:\d+ answered 302: redirects are not followed, configure the final URL$/,
    );
  });

  test("stays within Slack's limits", () => {
    const facts = Array.from({ length: 60 }, (_, index) => ({ label: `l${index}`, value: "v".repeat(5_000) }));
    const message = slackMessage(alertOf({ title: "t".repeat(500), summary: "s".repeat(5_000), facts }), []);
    const blocks = message.blocks as { text?: { text: string }; fields?: { text: string }[] }[];
    expect(blocks.length).toBeLessThanOrEqual(50);
    expect(blocks[0]?.text?.text.length).toBeLessThanOrEqual(150);
    for (const { text, fields } of blocks.slice(1)) {
      expect(text?.text.length ?? 0).toBeLessThanOrEqual(3_000);
      expect(fields?.length ?? 0).toBeLessThanOrEqual(10);
      for (const field of fields ?? []) expect(field.text.length).toBeLessThanOrEqual(2_000);
    }
  });

  test("a URL that is none, or would go unencrypted over the network, is refused without being shown", () => {
    for (const webhookUrl of ["hooks.slack.com/services/secret", "http://hooks.slack.com/services/secret", "ftp://x/secret"]) {
      const create = () => slack.create(slack.options.parse({ webhookUrl }), {});
      expect(create).toThrow(UsageError);
      expect(create).not.toThrow(/secret/);
    }
  });
});

test("alertmanager gets what its API takes, with an end", async () => {
  const server = await startHttp((response) => response.writeHead(200).end());
  open.push(server);
  const notifier = await alertmanager.create(
    alertmanager.options.parse({ url: `${server.url}/prefix/`, headers: { authorization: "Bearer x" } }),
    {},
  );
  const began = Date.now();
  await notifier.notify(alertOf(), [{ title: "Search here", url: "https://logs.example.com/" }], never);
  const ended = Date.now();
  const [{ path, body, headers }] = server.received as never as [
    { path: string; body: Record<string, never>[]; headers: Record<string, string> },
  ];
  expect(path).toBe("/prefix/api/v2/alerts");
  expect(headers.authorization).toBe("Bearer x");
  expect(body).toHaveLength(1);
  const [posted] = body as unknown as {
    labels: Record<string, string>;
    annotations: Record<string, string>;
    startsAt: string;
    endsAt: string;
  }[];
  expect(posted?.labels).toEqual({ alertname: "ssh_accepted_from_outside", severity: "high", source: "203.0.113.45" });
  expect(posted?.annotations).toMatchObject({
    title: "SSH accepted from outside",
    link_search_here: "https://logs.example.com/",
    first_seen: "2026-01-05T02:06:00.000Z",
    last_seen: "2026-01-05T02:06:59.000Z",
  });
  expect(Date.parse(posted?.startsAt ?? "")).toBeGreaterThanOrEqual(began);
  expect(Date.parse(posted?.startsAt ?? "")).toBeLessThanOrEqual(ended);
  expect(Date.parse(posted?.endsAt ?? "")).toBeGreaterThan(ended);
});

async function webhookTo(path = "", headers: Record<string, string> = {}, answer = 204) {
  const server = await startHttp((response) => response.writeHead(answer).end());
  open.push(server);
  const url = `${server.url}${path}`;
  return { server, notifier: await webhook.create(webhook.options.parse({ url, headers }), {}) };
}

test("webhook posts the alert as it is, with its links", async () => {
  const { server, notifier } = await webhookTo();
  const links = [{ title: "Search", url: "https://logs.example.com/" }];
  await notifier.notify(alertOf(), links, never);
  expect(server.received[0]?.body).toEqual({ ...alertOf(), links });
});

test("each attempt at an alert has the same key, by which a receiver knows it, and no other alert has it", async () => {
  const { server, notifier } = await webhookTo("", {}, 500);
  const again = await webhookTo();
  for (let attempt = 0; attempt < 2; attempt += 1) {
    await expect(notifier.notify(alertOf({ lastSeen: attempt }), [], never)).rejects.toThrow("answered 500");
  }
  await again.notifier.notify(alertOf(), [], never);
  await again.notifier.notify(alertOf({ key: "ssh/2\n\u2028" }), [], never);
  const keys = [...server.received, ...again.server.received].map(({ headers }) => headers["idempotency-key"]);
  // printf 'webhook\nssh/1' | sha256sum
  const first = "32de8a79de92bd834cf7061628e8c75fdf12714622350139f6de9ba9a7ce3c4b";
  expect(keys.slice(0, 3)).toEqual([first, first, first]);
  expect(keys[3]).toMatch(/^[0-9a-f]{64}$/);
  expect(keys[3]).not.toBe(first);
});

describe("a receiver's settings that cannot be right are refused at the start, without what is secret", () => {
  test.each([
    [
      "https://hooks.example.com/",
      { authorization: "Bearer hunter2\nx" },
      'the header "authorization" of the webhook has a value',
    ],
    ["https://hooks.example.com/", { "x-token": "hunter2\u20ac" }, 'the header "x-token" of the webhook has a value'],
    ["https://hooks.example.com/", { "x token": "hunter2" }, 'the header "x token" of the webhook has a name'],
    ["https://hooks.example.com/", { "Content-Length": "1" }, 'the header "Content-Length" of the webhook is set by HTTP itself'],
  ])("%s %j", (url, headers, said) => {
    const create = () => webhook.create(webhook.options.parse({ url, headers }), {});
    expect(create).toThrow(UsageError);
    expect(create).toThrow(said);
    expect(create).not.toThrow(/hunter2/);
  });

  test("for Alertmanager too", () => {
    const create = () =>
      alertmanager.create(alertmanager.options.parse({ url: "http://localhost:9093", headers: { a: "\r" } }), {});
    expect(create).toThrow('the header "a" of Alertmanager has a value');
  });
});

test("links: placeholders are encoded, and a link that lacks one is left out", () => {
  const templates = [
    { title: "Search", url: "https://l.example.com/?q={source}%20{rule}&from={fromMs}&to={to}" },
    { title: "VNIC", url: "https://l.example.com/{vnic}" },
  ];
  const alert = alertOf({ subject: { source: "2001:db8::1" }, runbook: "https://r.example.com/ssh" });
  expect(linksOf({ links: templates }, alert)).toEqual([
    {
      title: "Search",
      url: `https://l.example.com/?q=2001%3Adb8%3A%3A1%20ssh_accepted_from_outside&from=${1_767_578_760_000 - 900_000}&to=2026-01-05T02%3A21%3A59.000Z`,
    },
    { title: "Runbook", url: "https://r.example.com/ssh" },
  ]);
});

describe("runbooks", () => {
  const page = alertOf({ runbook: "beacon" });
  const own = alertOf({ runbook: "https://r.example.com/ssh" });
  const runbookUrl = "https://wiki.example/runbooks/{runbook}?from=alert";
  const search = { title: "Search", url: "https://logs.example.com/" };

  test("a page is a link by the template; a rule's own URL stays as it is", () => {
    expect(linksOf({ links: [], runbookUrl }, page)).toEqual([
      { title: "Runbook", url: "https://wiki.example/runbooks/beacon?from=alert" },
    ]);
    expect(linksOf({ links: [], runbookUrl }, own)).toEqual([{ title: "Runbook", url: "https://r.example.com/ssh" }]);
    expect(linksOf({ links: [], runbookUrl }, alertOf())).toEqual([]);
    expect(linksOf({ links: [] }, page)).toEqual([]);
  });

  test("without a template, messages name the file", () => {
    expect(JSON.stringify(slackMessage(page, [search]).blocks.at(-1))).toContain("Runbook: `deploy/runbooks/beacon.md`");
    expect(JSON.parse(webhookBody(page, []))).toMatchObject({ runbook: "beacon", runbookPath: "deploy/runbooks/beacon.md" });
  });

  test("with a link, they do not", () => {
    const links = linksOf({ links: [search], runbookUrl }, page);
    expect(JSON.stringify(slackMessage(page, links))).not.toContain("deploy/runbooks");
    expect(JSON.stringify(slackMessage(page, links).blocks.at(-1))).toContain("|Runbook>");
    expect(JSON.parse(webhookBody(page, links))).not.toHaveProperty("runbookPath");
    expect(JSON.parse(webhookBody(own, linksOf({ links: [] }, own)))).not.toHaveProperty("runbookPath");
  });

  test("Alertmanager gets a URL as runbook_url, a file as runbook", async () => {
    const server = await startHttp((response) => response.writeHead(200).end());
    open.push(server);
    const notifier = await alertmanager.create(alertmanager.options.parse({ url: server.url }), {});
    await notifier.notify(page, linksOf({ links: [search], runbookUrl }, page), never);
    await notifier.notify(page, linksOf({ links: [] }, page), never);
    const [linked, named] = server.received.map(({ body }) => body[0]);
    expect(linked.annotations).toMatchObject({ runbook_url: "https://wiki.example/runbooks/beacon?from=alert" });
    expect(linked.annotations).not.toHaveProperty("runbook");
    expect(linked.generatorURL).toBe(search.url);
    expect(named.annotations).toMatchObject({ runbook: "deploy/runbooks/beacon.md" });
    expect(named.annotations).not.toHaveProperty("runbook_url");
    expect(named).not.toHaveProperty("generatorURL");
  });
});
