import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { ObjectStore } from "../../../src/contracts/store.ts";
import { describeError, UsageError } from "../../../src/lib/errors.ts";
import { Scrubber } from "../../../src/lib/secrets/scrubber.ts";
import type { Secrets } from "../../../src/lib/secrets/secrets.ts";
import { type Oci, startOci } from "../../simulators/oci/index.ts";
import { failureOf, listAll, never, readAll, refOf, storeOn } from "./oci-store.ts";

let oci: Oci;
let stores: ObjectStore[] = [];
let directory: string;
beforeAll(async () => {
  oci = await startOci();
  directory = mkdtempSync(join(tmpdir(), "oci-auth-"));
});
afterAll(async () => {
  rmSync(directory, { recursive: true });
  await oci.stop();
});
beforeEach(() => {
  oci.createBucket("flows");
  oci.put("flows", "k", "v");
  oci.requests.clear();
});
afterEach(async () => {
  vi.useRealTimers();
  for (const store of stores) await store.close();
  stores = [];
  oci.tokenLifetimeSeconds = 3600;
  oci.renewSession();
  oci.faults.clear();
});

async function store(auth: Record<string, unknown>, env: NodeJS.ProcessEnv = {}, secrets?: Secrets): Promise<ObjectStore> {
  const opened = await storeOn(oci, { auth }, env, "/", secrets);
  stores.push(opened);
  return opened;
}

/** Sets the clock of the program and of the simulator forward. */
function passSeconds(seconds: number): void {
  const now = Date.now();
  vi.useFakeTimers({ toFake: ["Date"], now: now + seconds * 1000 });
}

/** Lists and reads with a store; returns who signed, in the simulator's eyes. */
async function signers(opened: ObjectStore): Promise<(string | undefined)[]> {
  const before = oci.requests.all.length;
  expect(await listAll(opened)).toHaveLength(1);
  expect((await readAll(opened, refOf(oci, "k"))).toString()).toBe("v");
  const asked = oci.requests.all.slice(before).filter(({ kind }) => kind === "list" || kind === "get");
  return asked.filter(({ status }) => status === 200).map(({ principal }) => principal?.kind);
}

/** Sets variables of the process, which the SDK reads by itself. */
async function withEnvironment<T>(environment: Readonly<Record<string, string>>, run: () => Promise<T>): Promise<T> {
  Object.assign(process.env, environment);
  try {
    return await run();
  } finally {
    for (const name of Object.keys(environment)) delete process.env[name];
  }
}

const file = (): string => oci.config;

describe("configuration file", () => {
  it.each(["DEFAULT", "ENCRYPTED", "ENCRYPTED_PKCS1"])("signs with the API key of profile %s", async (profile) => {
    expect(await signers(await store({ type: "config-file", file: file(), profile }))).toEqual(["user", "user"]);
  });

  it("takes the pass phrase from the options", async () => {
    const path = join(directory, "without-pass-phrase");
    writeFileSync(path, readFileSync(file(), "utf8").replaceAll(/^pass_phrase=.*$/gm, ""));
    const auth = { type: "config-file", file: path, profile: "ENCRYPTED" };
    const missing = await failureOf(store(auth));
    expect([missing.constructor, missing.message]).toEqual([UsageError, expect.stringContaining("give its pass phrase")]);
    const wrong = await failureOf(store({ ...auth, passPhrase: "wrong horse" }));
    expect(wrong).toBeInstanceOf(UsageError);
    expect(describeError(wrong)).toMatch(/profile ENCRYPTED: key_file does not open with the pass phrase given/);
    expect(describeError(wrong)).not.toContain("wrong horse");
    expect(await signers(await store({ ...auth, passPhrase: oci.passPhrase }))).toEqual(["user", "user"]);
  });

  it("finds the file by OCI_CONFIG_FILE, and by a path relative to the configuration", async () => {
    expect(await signers(await store({ type: "config-file" }, { OCI_CONFIG_FILE: file() }))).toEqual(["user", "user"]);
    const relative = await storeOn(oci, { auth: { type: "config-file", file: basename(file()) } }, {}, dirname(file()));
    stores.push(relative);
    expect(await signers(relative)).toEqual(["user", "user"]);
  });

  it("takes a file without a default profile", async () => {
    const path = join(directory, "no-default");
    writeFileSync(path, readFileSync(file(), "utf8").replace("[DEFAULT]", "[ONLY]"));
    expect(await signers(await store({ type: "config-file", file: path, profile: "ONLY" }))).toEqual(["user", "user"]);
  });

  it("says what is wrong with it, in one line", async () => {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    writeFileSync(join(directory, "ec.pem"), privateKey.export({ type: "pkcs8", format: "pem" }));
    writeFileSync(join(directory, "text.pem"), "no key");
    const config = join(directory, "wrong");
    const lines = (key: string): string => `tenancy=t\nuser=u\nfingerprint=f\nregion=r\nkey_file=${join(directory, key)}\n`;
    writeFileSync(
      config,
      `[EC]\n${lines("ec.pem")}[TEXT]\n${lines("text.pem")}[GONE]\n${lines("gone.pem")}[HALF]\ntenancy=t\nregion=r\nkey_file=${join(directory, "ec.pem")}\n[CLOUDSHELL]\ntenancy=t\nregion=r\nauthentication_type=instance_principal\n`,
    );
    for (const [auth, message] of [
      [{ file: join(directory, "none") }, "cannot read the OCI configuration file"],
      [{ file: config, profile: "OTHER" }, "there is no such profile"],
      [{ file: config, profile: "EC" }, "key of type ec"],
      [{ file: config, profile: "TEXT" }, "no private key in PEM form"],
      [{ file: config, profile: "GONE" }, "key_file cannot be read"],
      [{ file: config, profile: "HALF" }, "user is missing"],
      [{ file: config, profile: "CLOUDSHELL" }, "give auth.type instance-principal"],
      [{ file: file(), profile: "DEFAULT", type: "session-token" }, "security_token_file is missing"],
    ] as const) {
      const failure = await failureOf(store({ type: "config-file", ...auth }));
      expect([failure.constructor, failure.code]).toEqual([UsageError, "oci-config"]);
      expect(describeError(failure)).toContain(message);
      expect(describeError(failure)).not.toContain("\n");
    }
  });

  it("asks for a region where none is known", async () => {
    const config = join(directory, "no-region");
    writeFileSync(config, readFileSync(file(), "utf8").replaceAll(/^region=.*$/gm, ""));
    const failure = await failureOf(storeOn(oci, { endpoint: undefined, auth: { type: "config-file", file: config } }));
    expect([failure.constructor, failure.code]).toEqual([UsageError, "oci-region"]);
    expect(await signers(await store({ type: "config-file", file: config }))).toEqual(["user", "user"]);
  });
});

describe("session token", () => {
  it.each(["session-token", "config-file"])("signs with the token of the profile (%s)", async (type) => {
    expect(await signers(await store({ type, file: file(), profile: "SESSION" }))).toEqual(["session", "session"]);
  });

  it("takes up the token that replaces an expired one, and says so if there is none", async () => {
    const opened = await store({ type: "session-token", file: file(), profile: "SESSION" });
    expect(await signers(opened)).toEqual(["session", "session"]);
    passSeconds(3601);
    const failure = await failureOf(listAll(opened));
    expect([failure.drawer, failure.code]).toEqual(["person", "not-authenticated"]);
    expect(failure.message).toContain("oci session refresh --profile SESSION");
    oci.renewSession();
    expect(await signers(opened)).toEqual(["session", "session"]);
  });

  it("takes up a new token when the old one is refused", async () => {
    const opened = await store({ type: "session-token", file: file(), profile: "SESSION" });
    expect(await signers(opened)).toEqual(["session", "session"]);
    oci.renewSession();
    oci.faults.add({ on: "list" }, { status: 401 });
    expect(await listAll(opened)).toHaveLength(1);
    expect(oci.requests.of("list").map(({ status }) => status)).toEqual([200, 401, 200]);
    oci.faults.add({ on: "list" }, { status: 401 });
    expect((await failureOf(listAll(opened))).code).toBe("not-authenticated");
  });
});

describe("instance principal", () => {
  const auth = (): Record<string, unknown> => ({ type: "instance-principal", ...oci.instancePrincipal });

  it("exchanges the instance's certificate once for all requests", async () => {
    const opened = await store(auth());
    expect(await signers(opened)).toEqual(["instance", "instance"]);
    await Promise.all(Array.from({ length: 10 }, () => listAll(opened)));
    expect(oci.requests.count("federation")).toBe(1);
  });

  it("renews the token before it expires, and once for all who wait for it", async () => {
    const opened = await store(auth());
    expect(await signers(opened)).toEqual(["instance", "instance"]);
    passSeconds(3500);
    await Promise.all(Array.from({ length: 10 }, () => listAll(opened)));
    expect(oci.requests.count("federation")).toBe(2);
    expect(oci.requests.of("list").every(({ status }) => status === 200)).toBe(true);
  });

  it("gets another token when one is refused", async () => {
    const opened = await store(auth());
    await listAll(opened);
    oci.faults.add({ on: "list", times: 3 }, { status: 401 });
    await Promise.all([listAll(opened), listAll(opened), listAll(opened)]);
    expect(oci.requests.count("federation")).toBe(2);
  });

  it("says where it does not exist", async () => {
    const silent = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const { port } = silent.address() as { port: number };
    const opened = await store({ type: "instance-principal", metadataUrl: `http://127.0.0.1:${port}/opc/v2` });
    const failure = await failureOf(listAll(opened));
    silent.close();
    expect([failure.drawer, failure.code]).toEqual(["passing", "not-authenticated"]);
    expect(failure.message).toMatch(/^the metadata service at http:\/\/127.* does not answer; .*OCI compute instances only/);
  });

  it("tells what the auth service refuses, and recovers", async () => {
    const opened = await store(auth());
    oci.faults.add({ on: "federation" }, { status: 503, headers: { "retry-after": "9" } });
    const failure = await failureOf(listAll(opened));
    expect([failure.drawer, failure.retryAfterMs]).toEqual(["passing", 9000]);
    expect(failure.message).toMatch(/^the auth service at .* answers 503 .*ServiceUnavailable/);
    for (const status of [400, 401, 403, 404, 302]) {
      oci.faults.add({ on: "federation" }, { status });
      expect([status, (await failureOf(listAll(opened))).drawer]).toEqual([status, "person"]);
    }
    for (const raw of [
      { status: 200, body: "<html><title>Sign in</title>" },
      { status: 200, body: "{}" },
      { status: 200, body: '{"token":"eyJ', cut: { afterBytes: 9, by: "end" } },
      { status: 207, body: '{"token":"x"}' },
    ] as const) {
      oci.faults.add({ on: "federation" }, { raw });
      expect([raw.body, (await failureOf(listAll(opened))).drawer]).toEqual([raw.body, "not-understood"]);
    }
    expect(await signers(opened)).toEqual(["instance", "instance"]);
  });
});

describe("resource principal", () => {
  it.each(["values", "files"] as const)("signs with the token that the environment has as %s", async (as) => {
    const { environment } = oci.resourcePrincipal(as);
    await withEnvironment(environment, async () => {
      expect(await signers(await store({ type: "resource-principal" }))).toEqual(["resource", "resource"]);
    });
  });

  it("takes up the token that replaces a refused one", async () => {
    const { environment, renew } = oci.resourcePrincipal("files");
    await withEnvironment(environment, async () => {
      const opened = await store({ type: "resource-principal" });
      expect(await signers(opened)).toEqual(["resource", "resource"]);
      renew();
      oci.faults.add({ on: "list" }, { status: 401 });
      expect(await listAll(opened)).toHaveLength(1);
    });
  });

  it("says where it does not exist", async () => {
    const failure = await failureOf(store({ type: "resource-principal" }));
    expect([failure.constructor, failure.code]).toEqual([UsageError, "oci-config"]);
  });
});

describe("OKE workload identity", () => {
  it("exchanges the service account's token, also after it was replaced", async () => {
    const { environment, certificatePath, tokenPath, requests, rotate } = await oci.okeWorkloadIdentity();
    const auth = { type: "oke-workload-identity", certificatePath, tokenPath };
    const opened = await store(auth, environment);
    expect(await signers(opened)).toEqual(["workload", "workload"]);
    expect(requests()).toBe(1);
    rotate();
    oci.faults.add({ on: "list" }, { status: 401 });
    expect(await signers(opened)).toEqual(["workload", "workload"]);
    expect(requests()).toBe(2);
  });

  it("does not send the token to a server of another authority", async () => {
    const { environment, tokenPath, requests } = await oci.okeWorkloadIdentity();
    const before = requests();
    const other = join(directory, "other-ca.crt");
    writeFileSync(other, "");
    const failure = await failureOf(
      listAll(await store({ type: "oke-workload-identity", certificatePath: other, tokenPath }, environment)),
    );
    expect([failure.drawer, failure.code]).toEqual(["person", "not-authenticated"]);
    expect(describeError(failure)).toMatch(
      /OKE token endpoint at https:\/\/localhost:\d+\/resourcePrincipalSessionTokens does not answer/,
    );
    expect(requests()).toBe(before);
  });

  it("tells a refused service account", async () => {
    const { environment, certificatePath } = await oci.okeWorkloadIdentity();
    const tokenPath = join(directory, "token");
    writeFileSync(tokenPath, "somebody else");
    const failure = await failureOf(
      listAll(await store({ type: "oke-workload-identity", certificatePath, tokenPath }, environment)),
    );
    expect(describeError(failure)).toContain("answers 401");
    expect(describeError(failure)).not.toContain("somebody else");
  });

  it("says where it does not exist", async () => {
    const failure = await failureOf(store({ type: "oke-workload-identity" }));
    expect([failure.constructor, failure.message]).toEqual([UsageError, expect.stringContaining("works in a pod only")]);
  });
});

it("asks the network for nothing before it is used", async () => {
  await store({ type: "instance-principal", ...oci.instancePrincipal });
  expect(oci.requests.all).toEqual([]);
  const opened = await store({ type: "config-file", file: file() });
  for await (const _ of opened.list({ prefix: "" }, never)) break;
  expect(oci.requests.all).toHaveLength(1);
});

describe("secrets that come up while it runs are told", () => {
  it("the pass phrase of the file, and the token of a session, also after it was replaced", async () => {
    const secrets = new Scrubber();
    await store({ type: "config-file", file: file(), profile: "ENCRYPTED" }, {}, secrets);
    expect(secrets.scrub(`pass_phrase=${oci.passPhrase}`)).toBe("pass_phrase=***");
    const opened = await store({ type: "session-token", file: file(), profile: "SESSION" }, {}, secrets);
    const token = () => readFileSync(join(dirname(file()), "session-token"), "utf8").trim();
    const tokens = [token()];
    await signers(opened);
    oci.renewSession();
    oci.faults.add({ on: "list" }, { status: 401 });
    await signers(opened);
    tokens.push(token());
    expect(new Set(tokens).size).toBe(2);
    for (const one of tokens) expect(secrets.scrub(`keyId="ST$${one}"`)).toBe('keyId="ST$***"');
  });

  it("the token of a service account, before it is exchanged", async () => {
    const secrets = new Scrubber();
    const { environment, certificatePath, tokenPath } = await oci.okeWorkloadIdentity();
    const opened = await store({ type: "oke-workload-identity", certificatePath, tokenPath }, environment, secrets);
    await signers(opened);
    expect(secrets.scrub(`Bearer ${readFileSync(tokenPath, "utf8")}`)).toMatch(/^Bearer \*{3}\s*$/);
  });
});
