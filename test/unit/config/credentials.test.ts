import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { type Config, parseConfig } from "../../../src/config/load.ts";
import { UsageError } from "../../../src/lib/errors.ts";
import { Scrubber } from "../../../src/lib/secrets/scrubber.ts";
import { openNotifiers } from "../../../src/run/alerts.ts";
import { openSink, openSource } from "../../../src/run/prepare.ts";

const directory = { type: "directory", path: import.meta.dirname };
const ndjson = { type: "ndjson", path: "out.ndjson" };
const iam = { type: "ibm-iam", apiKey: "hush-0f-1t" };
const s3 = { type: "s3", bucket: "flows", region: "us-south", endpoint: "https://s3.example" };
const keys = { accessKeyId: "AKIA", secretAccessKey: "hush-0f-1t" };

interface Blocks {
  source?: object;
  sink?: object;
  alerts?: object;
  telemetry?: object;
}

function load({ source = directory, sink = ndjson, ...rest }: Blocks, env: NodeJS.ProcessEnv = {}): Config {
  return parseConfig("f.yaml", stringify({ source, sinks: [sink], ...rest }), env, new Scrubber());
}

/** Reads a configuration and makes its parts, as a run does. */
async function open(blocks: Blocks): Promise<void> {
  const config = load(blocks);
  for (const named of config.sources) await (await openSource(config, named, {}, () => {})).close();
  for (const named of config.sinks) await (await openSink(config, named, {})).close();
  if (config.alerts !== undefined) await openNotifiers(config.alerts, { baseDir: ".", env: {} });
}

const USER = "me:hush-0f-1t@";

describe("a user in a URL that has options of its own is refused with their name", () => {
  test.each<[Blocks, string, string]>([
    [{ source: { ...s3, endpoint: `https://${USER}s3.example` } }, "source.endpoint", "set accessKeyId and secretAccessKey"],
    [{ sink: { type: "otlp", endpoint: `https://${USER}h` } }, "sinks[0].endpoint", "set headers.authorization"],
    [{ sink: { type: "otlp", url: `http://${USER}127.0.0.1/v1/logs` } }, "sinks[0].url", "set headers.authorization"],
    [{ sink: { type: "otlp", url: "https://hush-0f-1t@h" } }, "sinks[0].url", "set headers.authorization"],
    [{ sink: { type: "ibm-cloud-logs", endpoint: `https://${USER}h`, auth: iam } }, "sinks[0].endpoint", "set auth.apiKey"],
    [{ source: { ...s3, auth: { ...iam, tokenUrl: `https://${USER}h/t` } } }, "source.auth.tokenUrl", "the key is apiKey"],
    [
      { source: { type: "oci-object-storage", namespace: "n", bucket: "b", endpoint: `https://${USER}h` } },
      "source.endpoint",
      "auth says who asks",
    ],
    [{ alerts: { webhook: { url: `https://${USER}h/x` } } }, "alerts.webhook.url", "set headers.authorization"],
    [{ alerts: { alertmanager: { url: `https://${USER}h/x` } } }, "alerts.alertmanager.url", "set headers.authorization"],
    [{ alerts: { slack: { webhookUrl: `https://${USER}h/x` } } }, "alerts.slack.webhookUrl", "Slack's have none"],
  ])("%j", (blocks, option, instead) => {
    expect(() => load(blocks)).toThrow(UsageError);
    expect(() => load(blocks)).toThrow(/^f\.yaml:\d+:\d+: /);
    expect(() => load(blocks)).toThrow(`${option}: a user and a password have no place in this URL: ${instead}`);
    expect(() => load(blocks)).not.toThrow("hush");
  });
});

describe("credentials are not sent over plain http to another machine", () => {
  test.each<[Blocks, string]>([
    [{ source: { ...s3, endpoint: "http://s3.example", ...keys, sessionToken: "hush-0f-1t" } }, "the session token"],
    [{ source: { ...s3, endpoint: "http://s3.example", auth: iam } }, "the token"],
    [{ source: { ...s3, auth: { ...iam, tokenUrl: "http://iam.example/t" } } }, "the key"],
    [{ sink: { type: "ibm-cloud-logs", endpoint: "http://h", auth: iam } }, "the token"],
    [
      { sink: { type: "otlp", endpoint: "http://h", headers: { authorization: "Bearer hush-0f-1t" } } },
      'the header "authorization"',
    ],
    [{ telemetry: { otlpEndpoint: `http://${USER}h` } }, "user and password"],
    [{ alerts: { webhook: { url: "http://h/hush-0f-1t" } } }, "https://"],
    [{ alerts: { alertmanager: { url: "http://h/" } } }, "https://"],
  ])("%j", (blocks, what) => {
    expect(() => load(blocks)).toThrow(UsageError);
    expect(() => load(blocks)).toThrow(/^f\.yaml:\d+:\d+: /);
    expect(() => load(blocks)).toThrow(what);
    expect(() => load(blocks)).toThrow("allowInsecure: true");
    expect(() => load(blocks)).not.toThrow("hush");
  });

  test.each<Blocks>([
    { source: { ...s3, endpoint: "http://s3.example", ...keys } },
    { source: { ...s3, endpoint: "http://127.0.0.1:9000", ...keys, sessionToken: "t" } },
    { source: { ...s3, endpoint: "http://s3.example", ...keys, sessionToken: "t", allowInsecure: true } },
    {
      source: {
        ...s3,
        endpoint: "http://s3.example",
        auth: { ...iam, tokenUrl: "http://h/t", allowInsecure: true },
        allowInsecure: true,
      },
    },
    { sink: { type: "ibm-cloud-logs", endpoint: "http://h", auth: iam, allowInsecure: true } },
    { sink: { type: "otlp", endpoint: "http://h", headers: { authorization: "Bearer t" }, allowInsecure: true } },
    { sink: { type: "otlp", endpoint: "http://h" } },
    { telemetry: { otlpEndpoint: "http://me:t@h", allowInsecure: true } },
    { telemetry: { otlpEndpoint: "http://me:t@localhost:4318" } },
    { alerts: { webhook: { url: "http://h/x", allowInsecure: true }, alertmanager: { url: "http://h/", allowInsecure: true } } },
    { alerts: { webhook: { url: "http://[::1]:1/x" } } },
  ])("but to this machine, signed, or where it is allowed they are: %j", async (blocks) => {
    await expect(open(blocks)).resolves.toBeUndefined();
  });

  test("headers of OpenTelemetry's variables go with the program's own log", () => {
    const telemetry = { otlpEndpoint: "http://h" };
    const env = { OTEL_EXPORTER_OTLP_HEADERS: "x-a=1, authorization=Bearer%20hush" };
    expect(() => load({ telemetry }, env)).toThrow(
      /^f\.yaml:8:17: telemetry\.otlpEndpoint: http:\/\/h would send the header "authorization" unencrypted/,
    );
    expect(load({ telemetry: { otlpEndpoint: "https://h" } }, env).telemetry.otlpEndpoint).toBe("https://h");
  });
});

describe("what a configuration keeps secret", () => {
  test("is known once it is read", () => {
    const { secrets } = load({
      source: { ...s3, ...keys, secretAccessKey: "s3-secret-0f", sessionToken: "s3-session-0f" },
      sink: {
        type: "otlp",
        url: "https://h/in/0tlp-p4th/v1/logs?token=0tlp-qu3ry",
        headers: { authorization: "Bearer 0tlp-b34rer", "x-key": "0tlp-h34der" },
      },
      alerts: {
        slack: { webhookUrl: "https://h/services/T0000/B0000/sl4ck-0f" },
        alertmanager: { url: "https://h/4m-p4th/", headers: { authorization: "Basic bWU6NG0tcGFzcw==" } },
        webhook: { url: "https://h/hook/w3bhook-0f", headers: { "x-api-key": "w3bhook-k3y" } },
        links: [{ title: "Grafana", url: "https://h/d/x?auth_token=l1nk-t0ken&var={source}" }],
        ociNotifications: {
          topicId: "ocid1.onstopic.oc1.phx.x",
          auth: { type: "config-file", passPhrase: "p4ss-phrase" },
        },
      },
      telemetry: { otlpEndpoint: "https://me:t3lemetry-pw@h" },
    });
    const all =
      "s3-secret-0f s3-session-0f 0tlp-p4th 0tlp-qu3ry 0tlp-b34rer 0tlp-h34der sl4ck-0f 4m-p4th me:4m-pass 4m-pass w3bhook-0f w3bhook-k3y l1nk-t0ken p4ss-phrase t3lemetry-pw";
    expect(secrets.scrub(all)).toBe(all.replaceAll(/\S+/g, "***"));
    expect(secrets.scrub("flows AKIA us-south Grafana {source} ocid1.onstopic.oc1.phx.x s3.example")).toBe(
      "flows AKIA us-south Grafana {source} ocid1.onstopic.oc1.phx.x s3.example",
    );
  });

  test.each<[string, Blocks]>([
    ["a number where a secret belongs", { source: { ...s3, ...keys, secretAccessKey: 123456789012 } }],
    ["a list", { sink: { type: "otlp", headers: { authorization: ["hush-0f-1t"] } } }],
    ["text for a block", { sink: { type: "otlp", headers: "hush-0f-1t" } }],
    ["a URL that is none", { sink: { type: "otlp", url: `htp:/${USER}h` } }],
    ["a URL with another scheme", { sink: { type: "otlp", url: `ftp://${USER}h?token=hush-0f-1t` } }],
    ["a URL in an option that is no URL", { sink: { type: "ndjson", path: 1, url: `https://${USER}h` } }],
    ["another kind of authentication", { source: { ...s3, auth: { type: "ibm-iamm", apiKey: "hush-0f-1t" } } }],
    ["an unknown option", { source: { ...directory, apiKey: "hush-0f-1t" } }],
    ["an unknown part", { source: { type: "s33", secretAccessKey: "hush-0f-1t" } }],
    ["an empty secret", { source: { ...s3, auth: { ...iam, apiKey: "" } } }],
    ["a webhook that is no URL", { alerts: { webhook: { url: "hush-0f-1t" } } }],
    ["headers that cannot be sent", { sink: { type: "otlp", headers: { "x-a": "hush\nhush-0f-1t" } } }],
  ])("is in no message about %s", async (_what, blocks) => {
    const failure = await open(blocks).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(UsageError);
    expect(String(failure)).not.toMatch(/hush|123456789012/);
  });
});
