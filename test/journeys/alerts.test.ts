import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { slack as notifier } from "../../src/alerts/slack.ts";
import { generate } from "../../src/generator/generate.ts";
import { lookupFiles } from "../../src/generator/lookup-files.ts";
import type { GenerateOptions } from "../../src/generator/options.ts";
import type { IncidentTruth } from "../../src/generator/truth.ts";
import { writeBucket } from "../../src/generator/write.ts";
import { asset } from "../../src/lib/assets.ts";
import { startHttp } from "../unit/alerts/receiver.ts";
import { type Ended, flowferry, summaryOf } from "./program.ts";
import { expectRefusal, setting, toFile, until } from "./setting.ts";

const HOUR_MS = 3_600_000;
/** The secret part of the webhook's URL. */
const SECRET = "/services/T00000000/B00000000/xxYYzzSECRETxxYYzz";
/** The rules from level high on that the incidents of the generator fire, by what its descriptions say of them. */
const HIGH_RULES = ["brute_force_succeeded", "exfiltration_volume", "rdp_accepted_from_outside", "ssh_accepted_from_outside"];

/** What is told of a whole day, up to level medium. */
const DIGESTS = ["exposed_services", "knocks_of_the_day"];

type Http = Awaited<ReturnType<typeof startHttp>>;
type Answer = Parameters<typeof startHttp>[0];

const ok: Answer = (response) => response.end("ok");
const says =
  (status: number, text: string, headers: Record<string, string> = {}): Answer =>
  (response) => {
    response.writeHead(status, headers).end(text);
  };

const { path, write, configFor, begin, beginHere } = setting();
let servers: Http[];

const { create } = notifier;
beforeEach(() => {
  servers = [];
  // One test speaks of the pause between messages.
  vi.spyOn(notifier, "create").mockImplementation(async (...how) => ({ ...(await create(...how)), paceMs: 0 }));
});
afterEach(() => {
  for (const server of servers) server.close();
});

async function slack(answer: Answer = ok): Promise<Http> {
  const server = await startHttp(answer);
  servers.push(server);
  return server;
}

/** A bucket of the last six hours with its lookup tables, unless `options` say otherwise. */
async function traffic(options: Partial<GenerateOptions> = {}) {
  const spanMs = 6 * HOUR_MS;
  const generation = generate({ format: "oci", flows: 1_500, vnics: 16, start: Date.now() - spanMs, spanMs, ...options });
  await writeBucket(generation, path("bucket"), () => {}, new AbortController().signal);
  for (const [name, content] of Object.entries(lookupFiles(generation))) write(name, content);
  const { incidents, records } = generation.truth();
  const nameOf = (address: string) => generation.world.hosts.find((host) => host.address === address)?.name;
  return { records, incidents, nameOf, ssh: incidents.find(({ id }) => id === "ssh-from-outside") as IncidentTruth };
}

/** Tells the Slack of the environment of everything from level high on. */
const telling = (alerts: object = {}, run: object = {}) =>
  configFor([toFile()], {
    enrich: { servers: "servers.csv", networks: "networks.csv", subnets: "subnets.csv" },
    alerts: { lateness: "12h", minLevel: "high", slack: { webhookUrl: "${SLACK_WEBHOOK_URL}" }, ...alerts },
    run: { pollMs: 200, shutdownMs: 20_000, retry: { initialMs: 20, maxMs: 100 }, ...run },
  });

const secretOf = ({ url }: Pick<Http, "url">) => ({ SLACK_WEBHOOK_URL: `${url}${SECRET}` });

/** Runs to the end of the bucket; nothing that was written holds the secret. Ends with 3 when somebody was not told. */
async function catchUp(config: string, server: Pick<Http, "url">, code = 0): Promise<Ended> {
  const ended = await flowferry(["run", "-c", config, "--until-caught-up", "--json"], secretOf(server));
  expectNoSecret(ended);
  expect(ended.code, ended.stderr).toBe(code);
  return ended;
}

const status = async (config: string, server: Pick<Http, "url">) =>
  (await flowferry(["status", "-c", config], secretOf(server))).stdout;
/** `alerts list` or `alerts replay`. */
const alertsCommand = (command: string, config: string, server: Pick<Http, "url">, ...options: string[]) =>
  flowferry(["alerts", command, "-c", config, ...options], secretOf(server));

function expectNoSecret({ stdout, stderr }: Pick<Ended, "stdout" | "stderr">): void {
  expect(stdout + stderr).not.toMatch(/SECRET|T00000000/);
}

const ruleOf = ({ body }: Http["received"][number]) => /`([a-z_]+)`/.exec(body.blocks.at(-1).elements[0].text)?.[1];
const rulesTold = ({ received }: Http) => received.map(ruleOf).sort();

describe("accepted SSH", () => {
  test("reaches Slack once, with server name and port, a message a second; a second run repeats nothing", async () => {
    vi.mocked(notifier.create).mockRestore();
    const { ssh, nameOf, records } = await traffic();
    const server = await slack();
    const config = telling();
    const { stdout } = await catchUp(config, server);
    expect(JSON.parse(stdout.trimEnd())).toMatchObject({
      records,
      alerts: { told: HIGH_RULES.length, waiting: 0, refused: 0, withheld: 0 },
    });

    expect(rulesTold(server)).toEqual(HIGH_RULES);
    const times = server.received.map(({ at }) => at);
    for (const [index, at] of times.slice(1).entries()) expect(at - (times[index] ?? 0)).toBeGreaterThanOrEqual(990);
    expect(new Set(server.received.map((request) => request.path))).toEqual(new Set([SECRET]));
    const message = server.received.find((one) => ruleOf(one) === "ssh_accepted_from_outside");
    const end = `${nameOf(ssh.destination)} (${ssh.destination})`;
    expect(nameOf(ssh.destination)).toBeDefined();
    expect(message?.body.text).toContain(`from ${ssh.source} to ${end} port 22 (`);
    const fields = message?.body.blocks.flatMap((block: { fields?: { text: string }[] }) => block.fields ?? []);
    const facts = new Map(fields.map(({ text }: { text: string }) => text.split("\n")));
    expect(facts.get("*From*")).toBe(ssh.source);
    expect(facts.get("*To*")).toBe(end);
    expect(facts.get("*Action*")).toBe("accept");
    expect(ssh.records.map(({ key, record }) => `${key} record ${record}`)).toContain(facts.get("*Record*"));

    const again = await catchUp(config, server);
    expect(summaryOf(again)).toMatchObject({ records: 0, alerts: { told: 0, waiting: 0 } });
    expect(server.received).toHaveLength(HIGH_RULES.length);
  });

  test("is marked again by a replay, which pages nobody unless asked to", async () => {
    await traffic();
    const server = await slack();
    const config = telling();
    await catchUp(config, server);
    const replay = ["replay", "-c", config, "--since", "12h"];
    const quiet = await flowferry(replay, secretOf(server));
    expect(quiet.code, quiet.stderr).toBe(0);
    expect(server.received).toHaveLength(HIGH_RULES.length);
    const asked = await flowferry([...replay, "--alerts"], secretOf(server));
    expect(asked.code, asked.stderr).toBe(0);
    expect(rulesTold(server)).toEqual([...HIGH_RULES, ...HIGH_RULES].sort());
  });

  test("reaches Slack while the only sink is down", async () => {
    await traffic();
    const server = await slack();
    const config = configFor([{ type: "otlp", endpoint: "http://127.0.0.1:9" }], {
      enrich: { servers: "servers.csv", networks: "networks.csv", subnets: "subnets.csv" },
      alerts: { lateness: "12h", minLevel: "high", slack: { webhookUrl: "${SLACK_WEBHOOK_URL}" } },
      run: { pollMs: 200, shutdownMs: 100, retry: { initialMs: 20, maxMs: 100 } },
    });
    const running = beginHere(["run", "-c", config], secretOf(server));
    await until("all are told", running, () => server.received.length === HIGH_RULES.length);
    expect(rulesTold(server)).toEqual(HIGH_RULES);
    running.interrupt("SIGTERM");
    expect((await running.ended).code).toBe(0);
  });

  test("a ledger that is begun anew over an old bucket pages nobody", async () => {
    const { records } = await traffic({ start: Date.now() - 30 * 24 * HOUR_MS });
    const server = await slack();
    const ended = await catchUp(telling(), server);
    const { alerts } = summaryOf(ended);
    expect(summaryOf(ended)).toMatchObject({ records, alerts: { told: 0, waiting: 0, refused: 0 } });
    expect(alerts.withheld).toBeGreaterThanOrEqual(HIGH_RULES.length);
    const lines = ended.stderr.split("\n").filter((line) => line.includes("withheld"));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(`${alerts.withheld} alerts withheld: their flows are older than alerts.lateness (12h)`);
    expect(await status(telling(), server)).toContain(`0 told, 0 refused, ${alerts.withheld} withheld as too old`);
    expect(server.received).toEqual([]);
  });

  test("normal traffic raises nothing above low", async () => {
    await traffic({ flows: 5_000, incidents: [], seed: "8" });
    const server = await slack();
    const { alerts } = summaryOf(await catchUp(telling({ minLevel: "medium" }), server));
    // A day may end in those six hours, and its digests are told.
    const told = rulesTold(server).filter((rule) => rule === undefined || !DIGESTS.includes(rule));
    expect([told, alerts]).toEqual([[], { told: server.received.length, waiting: 0, refused: 0, withheld: 0 }]);
  });
});

describe("Slack that does not take it", () => {
  test.each([
    { name: "answers 500", answer: says(500, "rollup_error"), said: "answered 500: rollup_error" },
    {
      name: "answers 429 with a long Retry-After",
      answer: says(429, "rate_limited", { "retry-after": "3600" }),
      said: "answered 429: rate_limited",
    },
    { name: "cannot be reached", answer: undefined, said: "takes no connections" },
  ])("$name: every alert comes after a restart, once", async ({ answer, said }) => {
    await traffic();
    const down = await slack(answer);
    if (answer === undefined) down.close();
    const config = telling({}, { shutdownMs: 1_000 });
    const first = await catchUp(config, down, 3);
    const waiting = HIGH_RULES.length;
    expect(summaryOf(first)).toMatchObject({ alerts: { told: 0, waiting, refused: 0, withheld: 0 } });
    const lines = first.stderr.split("\n").filter((line) => line.includes(said));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain("nobody is told, alerts wait");
    expect(await status(config, down)).toContain(`alerts to slack: ${waiting} alerts wait; 0 told, 0 refused, `);

    const up = await slack();
    expect(summaryOf(await catchUp(telling(), up))).toMatchObject({ records: 0, alerts: { told: waiting, waiting: 0 } });
    expect(rulesTold(up)).toEqual(HIGH_RULES);
    expect(await status(config, down)).toContain(`alerts to slack: no alert waits; ${waiting} told, 0 refused, `);
  });

  test("and the process is killed: every alert comes after a restart, once", async () => {
    const { records } = await traffic();
    const down = await slack(says(500, "rollup_error"));
    const process = begin(["run", "-c", telling()], secretOf(down));
    const delivered = () =>
      existsSync(path("out.ndjson")) ? readFileSync(path("out.ndjson"), "utf8").split("\n").length - 1 : 0;
    await until(
      "all is delivered, but Slack is asked in vain",
      process,
      () => down.received.length > 0 && delivered() === records,
    );
    process.child.kill("SIGKILL");
    expectNoSecret(await process.ended);

    const up = await slack();
    await catchUp(telling(), up);
    expect(rulesTold(up)).toEqual(HIGH_RULES);
  });

  test("answers 429 once: the message comes again, no sooner than Retry-After says", async () => {
    await traffic({ incidents: ["ssh-from-outside"] });
    const server = await slack((response, call) => (call === 1 ? says(429, "", { "retry-after": "2" }) : ok)(response, call));
    await catchUp(telling(), server);
    const [refused, taken, ...more] = server.received;
    expect(taken?.body).toEqual(refused?.body);
    expect((taken?.at ?? 0) - (refused?.at ?? 0)).toBeGreaterThanOrEqual(1_990);
    expect(more).toEqual([]);
  });

  test.each([
    [404, "no_service"],
    [403, "invalid_token"],
    [401, "token expired"],
    [400, "invalid_blocks"],
  ])(
    "answers %i %s to everything: one error in the log without the URL; repaired, it is told without a restart",
    async (code, text) => {
      await traffic({ incidents: ["ssh-from-outside"] });
      let repaired = false;
      const server = await slack((response, call) => (repaired ? ok : says(code, text))(response, call));
      const running = beginHere(["run", "-c", telling()], secretOf(server));
      await until("it is refused some times", running, () => server.received.length >= 6);
      repaired = true;
      await until("it is told", running, () => running.stderr().includes("alerts are taken again"));
      running.interrupt("SIGTERM");
      const ended = await running.ended;
      expectNoSecret(ended);
      const lines = ended.stderr.split("\n").filter((line) => line.includes(text));
      expect(lines).toHaveLength(1);
      expect(lines[0]).toContain(`Slack at ${new URL(server.url).host} answered ${code}: ${text}`);
      expect(lines[0]).toContain('"level":"error"');
      expect(await status(telling(), server)).toContain("alerts to slack: no alert waits; 1 told, 0 refused, ");
    },
  );

  test("answers with a page and 200: that is no success", async () => {
    await traffic({ incidents: ["ssh-from-outside"] });
    const server = await slack(says(200, "<html><title>Sign in</title></html>", { "content-type": "text/html" }));
    const ended = await catchUp(telling({}, { shutdownMs: 500 }), server, 3);
    expect(summaryOf(ended)).toMatchObject({ alerts: { told: 0, waiting: 1, refused: 0 } });
    expect(ended.stderr).toContain("it is a page with the title Sign in");
  });

  test("refuses one alert of all: that one is kept, listed, and told when it is replayed", async () => {
    await traffic();
    const [bad, config] = ["ssh_accepted_from_outside", telling()];
    const server = await slack();
    server.respond = (response, call) => {
      const refused = ruleOf(server.received[call - 1] as Http["received"][number]) === bad;
      (refused ? says(400, "invalid_blocks") : ok)(response, call);
    };
    const ended = await catchUp(config, server, 3);
    const told = HIGH_RULES.length - 1;
    expect(summaryOf(ended)).toMatchObject({ alerts: { told, waiting: 0, refused: 1 } });
    expect(ended.stderr).toContain("alert refused, kept for `flowferry alerts replay`: Slack at");
    expect(await status(config, server)).toContain(`alerts to slack: no alert waits; ${told} told, 1 refused, `);
    expect(summaryOf(await catchUp(config, server))).toMatchObject({ alerts: { told: 0, waiting: 0, refused: 0 } });

    const listed = await alertsCommand("list", config, server);
    expectNoSecret(listed);
    expect(listed.code, listed.stderr).toBe(0);
    const [book, line, ...more] = listed.stdout.trimEnd().split("\n");
    expect(book).toContain(`alerts to slack: no alert waits; ${told} told, 1 refused, `);
    expect(line).toMatch(
      /^ {2}refused \S+Z {2}\S+Z {2}high {2}ssh_accepted_from_outside {2}TCP from .*: Slack at .* answered 400: invalid_blocks$/,
    );
    expect(more).toEqual([]);
    const { notifiers } = JSON.parse((await alertsCommand("list", config, server, "--json", "--notifier", "slack")).stdout);
    expect(notifiers).toMatchObject([
      {
        notifier: "slack",
        raised: expect.any(Number),
        told,
        waiting: 0,
        refused: 1,
        refusedAlerts: [{ code: "alert-http-400", alert: { rule: bad } }],
        waitingAlerts: [],
      },
    ]);

    const again = await alertsCommand("replay", config, server);
    expect(again).toMatchObject({ code: 3, stdout: "1 alert queued again; 0 told, 1 refused, 0 wait\n" });
    expectNoSecret(again);
    server.respond = ok;
    const replayed = await alertsCommand("replay", config, server, "--json");
    expect(replayed.code, replayed.stderr).toBe(0);
    expect(JSON.parse(replayed.stdout)).toEqual({ queued: 1, told: 1, refused: 0, waiting: 0 });
    expect(ruleOf(server.received.at(-1) as Http["received"][number])).toBe(bad);
    expect(await status(config, server)).toContain(`alerts to slack: no alert waits; ${told + 1} told, 0 refused, `);
  });

  test("lists and replays only what there is", async () => {
    await traffic({ incidents: ["ssh-from-outside"] });
    const server = await slack(says(500, ""));
    const config = telling({}, { shutdownMs: 200 });
    await catchUp(config, server, 3);
    const { stdout } = await alertsCommand("list", config, server);
    expect(stdout).toMatch(
      /^alerts to slack: 1 alert waits; .*; never told\n {2}waits {2}\S+Z {2}high {2}ssh_accepted_from_outside {2}TCP from [^\n]*\n$/,
    );
    for (const command of ["list", "replay"]) {
      expectRefusal(
        await alertsCommand(command, config, server, "--notifier", "slak"),
        2,
        "there is no notifier slak: there are: slack",
      );
    }
    expect(await alertsCommand("replay", config, server)).toMatchObject({
      code: 3,
      stdout: "0 alerts queued again; 0 told, 0 refused, 1 wait\n",
    });
    const running = begin(["run", "-c", config], secretOf(server));
    await until("the worker is there", running, async () => (await status(config, server)).includes("worker: process"));
    expectRefusal(await alertsCommand("replay", config, server), 2, "is in use by process");
    expect((await alertsCommand("list", config, server)).stdout).toContain("1 alert waits");
    running.child.kill("SIGTERM");
    await running.ended;
  });

  test("takes long: a job tells all, and a stop lets the message in flight be taken, once", async () => {
    await traffic();
    const server = await slack((response) => void setTimeout(() => response.end("ok"), 700));
    const config = telling({ lateness: "12h" }, { shutdownMs: 2_000 });
    const running = begin(["run", "-c", config], secretOf(server));
    await until("the first message is on its way", running, () => server.received.length === 1);
    running.child.kill("SIGTERM");
    expect((await running.ended).code).toBe(0);
    expect(server.received).toHaveLength(1);
    expect(summaryOf(await catchUp(telling({}, { shutdownMs: 300 }), server))).toMatchObject({
      alerts: { told: HIGH_RULES.length - 1, waiting: 0 },
    });
    expect(rulesTold(server)).toEqual(HIGH_RULES);
  });

  test.each([
    ["http://slack.example/services/T00000000/SECRET", "the URL of Slack must begin with https://"],
    ["hooks.slack.example/T00000000/SECRET", "the URL of Slack is not a URL"],
  ])("a wrong URL is refused at the start, without it: %s", async (SLACK_WEBHOOK_URL, said) => {
    mkdirSync(path("bucket"));
    for (const name of ["servers.csv", "networks.csv", "subnets.csv"]) write(name, "address,name,cidr,zone,subnet\n");
    const config = configFor([toFile()], {
      alerts: { slack: { webhookUrl: "${SLACK_WEBHOOK_URL}" } },
    });
    const ended = await flowferry(["run", "-c", config, "--until-caught-up"], { SLACK_WEBHOOK_URL });
    expectRefusal(ended, 2, said);
    expectNoSecret(ended);
  });
});

const shipped = (name: string) => readFileSync(asset(`deploy/detections/${name}`), "utf8");

/** A folder `rules` with these files. */
function rules(files: Readonly<Record<string, string>>): string {
  rmSync(path("rules"), { recursive: true, force: true });
  mkdirSync(path("rules"));
  for (const [name, text] of Object.entries(files)) writeFileSync(path("rules", name), text);
  return path("rules");
}

const SSH_RULE = shipped("ssh_accepted_from_outside.yml");
const SSH_CASES = shipped("ssh_accepted_from_outside.test.yml");
/** Its mistake stands in line 22. */
const BROKEN = SSH_RULE.replace("name: ssh_accepted_from_outside", "name: broken")
  .replace("52a0d16e-4e2e-4f8d-9379-35261646ebee", "52a0d16e-4e2e-4f8d-9379-35261646ebef")
  .replace("destinationPort: 22", "destinationPrt: 22");
const BROKEN_LINE = BROKEN.split("\n").findIndex((line) => line.includes("destinationPrt")) + 1;

describe("rules of one's own", () => {
  test("a broken one is refused with file and line, the others run", async () => {
    await traffic();
    rules({ "ssh.yml": SSH_RULE, "broken.yml": BROKEN });
    const server = await slack();
    const { stderr } = await catchUp(telling({ rules: "rules" }), server);
    expect(stderr).toMatch(new RegExp(`rule refused: \\S*broken\\.yml:${BROKEN_LINE}: .*destinationPrt.*destinationPort`));
    expect(rulesTold(server)).toEqual(["ssh_accepted_from_outside"]);
  });

  test("none that is valid: refused at the start", async () => {
    await traffic({ incidents: [], flows: 100 });
    rules({ "broken.yml": BROKEN });
    const server = await slack();
    const ended = await flowferry(["run", "-c", telling({ rules: "rules" }), "--until-caught-up"], secretOf(server));
    expectRefusal(ended, 2, `broken.yml:${BROKEN_LINE}`, "no valid rule");
    expectNoSecret(ended);
  });

  test("`rules test` ends with 0 when all cases pass, 1 when one fails, 2 when a rule is wrong", async () => {
    const good = { "ssh_accepted_from_outside.yml": SSH_RULE, "ssh_accepted_from_outside.test.yml": SSH_CASES };
    const passed = await flowferry(["rules", "test", rules(good)]);
    expect(passed.code, passed.stderr).toBe(0);
    expect(passed.stdout).toContain("7 of 7 cases passed for 1 rules");

    const wrongCase = SSH_CASES.replace(/(told once a day[\s\S]*?fires:) 1/, "$1 2");
    const failed = await flowferry(["rules", "test", rules({ ...good, "ssh_accepted_from_outside.test.yml": wrongCase })]);
    expectRefusal(failed, 1, "1 of 7 cases failed");
    expect(failed.stdout).toContain("told once a day");

    expectRefusal(await flowferry(["rules", "test", rules({ ...good, "broken.yml": BROKEN })]), 2, "1 mistakes");
    expect((await flowferry(["rules", "test"])).code).toBe(0);
  });
});

describe("rules that are switched off", () => {
  test("neither mark nor tell; a correlation over one still does", async () => {
    await traffic();
    const server = await slack();
    await catchUp(telling({ disabled: ["ssh_accepted_from_outside"] }), server);
    expect(rulesTold(server)).toEqual(HIGH_RULES.filter((name) => name !== "ssh_accepted_from_outside"));
    const marks = readFileSync(path("out.ndjson"), "utf8");
    expect(marks).not.toContain("ssh_accepted_from_outside");
    expect(marks).toContain("rdp_accepted_from_outside");
  });

  test("a name that no rule has is a configuration error with the nearest name", async () => {
    await traffic({ incidents: [], flows: 100 });
    const config = telling({ disabled: ["ssh_acepted_from_outside"] });
    for (const command of [["run", "--until-caught-up"], ["check"]] as const) {
      const ended = await flowferry([...command, "-c", config], { SLACK_WEBHOOK_URL: "https://slack.example/" });
      const said = 'alerts.disabled: there is no rule "ssh_acepted_from_outside": did you mean ssh_accepted_from_outside?';
      expectRefusal(ended, command[0] === "run" ? 2 : 1);
      expect(ended.stdout + ended.stderr).toContain(said);
    }
  });

  test("a template of runbooks needs its placeholder", async () => {
    mkdirSync(path("bucket"));
    const config = configFor([toFile()], { alerts: { runbookUrl: "https://wiki.example/runbooks" } });
    expectRefusal(await flowferry(["run", "-c", config]), 2, "alerts.runbookUrl: expected a URL with the placeholder {runbook}");
  });
});

describe("alerts test", () => {
  const tryOut = (server: Pick<Http, "url">) => flowferry(["alerts", "test", "-c", telling()], secretOf(server));

  beforeEach(async () => {
    await traffic({ incidents: [], flows: 100 });
  });

  test("sends one alert that nobody takes for a real one", async () => {
    const server = await slack();
    const ended = await tryOut(server);
    expectNoSecret(ended);
    expect(ended).toMatchObject({ code: 0, stdout: "ok     slack\n", stderr: "" });
    expect(server.received).toHaveLength(1);
    expect(server.received[0]?.body.text).toContain("Test alert from flowferry: This is a test");
  });

  test("says what was answered, without the URL", async () => {
    const server = await slack(says(404, `no_service at ${SECRET}`));
    const refused = await tryOut(server);
    expectNoSecret(refused);
    expect(refused.code).toBe(1);
    expect(refused.stdout).toBe(`FAILED slack: Slack at ${new URL(server.url).host} answered 404: no_service at ***\n`);

    server.close();
    const unreachable = await tryOut(server);
    expectNoSecret(unreachable);
    expect(unreachable.code).toBe(1);
    expect(unreachable.stdout).toMatch(/^FAILED slack: Slack: http:\/\/127\.0\.0\.1:\d+ takes no connections/);
  });

  test("a configuration that tells nobody is refused", async () => {
    expectRefusal(await flowferry(["alerts", "test", "-c", configFor([toFile()])]), 2, "has no alerts block");
    expectRefusal(await flowferry(["alerts", "test", "-c", configFor([toFile()], { alerts: {} })]), 2, "names no notifier");
  });
});
