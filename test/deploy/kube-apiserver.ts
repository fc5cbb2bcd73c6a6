import { generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Agent, request } from "undici";
import { freePorts, type ServerProcess, startProcess, untilReady } from "../backends/servers/process.ts";
import { etcd } from "./etcd.ts";
import { kubeApiserver } from "./go.ts";

const START_TIMEOUT_MS = 120_000;
const REQUEST_TIMEOUT_MS = 30_000;

/** What the API server takes and gives: an object of some kind. */
export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string>; [key: string]: unknown };
  [key: string]: unknown;
}

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

interface Resource {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
}

/**
 * Kubernetes' API server with its store, on loopback. Nothing else of a cluster runs: no controllers, which would make pods and claims of a
 * StatefulSet, and no kubelet, which would run them.
 */
export class KubeApiserver {
  readonly folder = mkdtempSync(join(tmpdir(), "flowferry-apiserver-"));
  /** For Helm: where the server is, what it shows and what it asks for. */
  readonly kubeconfig = join(this.folder, "kubeconfig");
  readonly #started: ServerProcess[] = [];
  readonly #token = randomBytes(24).toString("hex");
  #url = "";
  #agent: Agent | undefined;

  /** Starts both. Throws `Unavailable` where one of them cannot be had. */
  static async start(): Promise<KubeApiserver> {
    const [store, program] = [await etcd(), await kubeApiserver()];
    const server = new KubeApiserver();
    try {
      await server.#start(store, program);
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  async #start(store: string, program: string): Promise<void> {
    const [client = 0, peer = 0, secure = 0] = await freePorts(3);
    const storeUrl = `http://127.0.0.1:${client}`;
    const own = [`--data-dir=${join(this.folder, "etcd")}`, `--listen-peer-urls=http://127.0.0.1:${peer}`];
    const etcd = await startProcess(store, [...own, `--listen-client-urls=${storeUrl}`, `--advertise-client-urls=${storeUrl}`]);
    this.#started.push(etcd);
    await untilReady("etcd", etcd, `${storeUrl}/health`, { timeoutMs: START_TIMEOUT_MS });

    const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const file = (name: string, text: string | Buffer): string => {
      writeFileSync(join(this.folder, name), text, { mode: 0o600 });
      return join(this.folder, name);
    };
    const accounts = [
      `--service-account-key-file=${file("accounts.pub", publicKey.export({ type: "spki", format: "pem" }))}`,
      `--service-account-signing-key-file=${file("accounts.key", privateKey.export({ type: "pkcs8", format: "pem" }))}`,
      "--service-account-issuer=https://kubernetes.default.svc",
    ];
    const api = await startProcess(program, [
      `--etcd-servers=${storeUrl}`,
      "--bind-address=127.0.0.1",
      "--advertise-address=127.0.0.1",
      `--secure-port=${secure}`,
      // Here it puts its authority and the certificate that it makes with it.
      `--cert-dir=${this.folder}`,
      `--token-auth-file=${file("tokens.csv", `${this.#token},tester,1,system:masters\n`)}`,
      "--authorization-mode=RBAC",
      "--endpoint-reconciler-type=none",
      "--service-cluster-ip-range=10.0.0.0/24",
      ...accounts,
    ]);
    this.#started.push(api);
    this.#url = `https://127.0.0.1:${secure}`;
    await this.#untilReady(api);
    const cluster = { server: this.#url, "certificate-authority": join(this.folder, "apiserver.crt") };
    const config = {
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: "test", cluster }],
      users: [{ name: "test", user: { token: this.#token } }],
      contexts: [{ name: "test", context: { cluster: "test", user: "test" } }],
      "current-context": "test",
    };
    file("kubeconfig", JSON.stringify(config));
  }

  async #untilReady(api: ServerProcess): Promise<void> {
    const deadline = Date.now() + START_TIMEOUT_MS;
    let last: unknown = "no answer";
    while (api.ended() === undefined && Date.now() < deadline) {
      try {
        this.#agent ??= new Agent({ connect: { ca: readFileSync(join(this.folder, "apiserver.crt")) } });
        const { status, body } = await this.ask("GET", "/readyz");
        if (status === 200) return;
        last = body.text;
      } catch (error) {
        last = error;
      }
      await sleep(50);
    }
    throw new Error(`kube-apiserver ${api.ended() ?? "is not ready"}: ${last}\n${api.output()}`);
  }

  /** Adds a kind of objects, and waits until the server serves it. */
  async define(definition: KubernetesObject): Promise<void> {
    const path = await this.pathOf(definition, "");
    const { status, body } = await this.ask("POST", path, definition);
    if (status !== 201) throw new Error(`${definition.metadata.name}: HTTP ${status} ${JSON.stringify(body)}`);
    const { group, versions } = definition.spec as { group: string; versions: { name: string }[] };
    const served = `/apis/${group}/${versions[0]?.name}`;
    const deadline = Date.now() + START_TIMEOUT_MS;
    for (;;) {
      const answer = await this.ask("GET", served);
      const resources = (answer.body.resources ?? []) as Resource[];
      if (resources.some(({ name }) => definition.metadata.name === `${name}.${group}`)) return;
      if (Date.now() > deadline) throw new Error(`${definition.metadata.name} is not served: ${JSON.stringify(answer.body)}`);
      await sleep(50);
    }
  }

  /** Asks the server; of what is no JSON the answer is `{ text }`. */
  async ask(
    method: "GET" | "POST" | "PATCH" | "DELETE",
    path: string,
    body?: unknown,
    contentType = "application/json",
  ): Promise<Answer> {
    const headers = { authorization: `Bearer ${this.#token}`, ...(body === undefined ? {} : { "content-type": contentType }) };
    const response = await request(`${this.#url}${path}`, {
      method,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      ...(this.#agent === undefined ? {} : { dispatcher: this.#agent }),
    });
    const text = await response.body.text();
    const isJson = String(response.headers["content-type"]).startsWith("application/json");
    return { status: response.statusCode, body: isJson ? JSON.parse(text) : { text } };
  }

  /** Path of an object, as the server names its kind; of all of its kind without a name. */
  async pathOf(
    { apiVersion, kind }: Pick<KubernetesObject, "apiVersion" | "kind">,
    namespace: string,
    name = "",
  ): Promise<string> {
    const group = groupPath(apiVersion);
    const resource = (await this.#resources(group)).find((one) => one.kind === kind && !one.name.includes("/"));
    if (resource === undefined) throw new Error(`the API server knows no ${kind} of ${apiVersion}`);
    return [group, ...(resource.namespaced ? ["namespaces", namespace] : []), resource.name, ...(name ? [name] : [])].join("/");
  }

  /** Each object in the namespace, of whatever kind, as `Kind name`. */
  async objectsIn(namespace: string): Promise<string[]> {
    const { groups } = (await this.ask("GET", "/apis")).body as { groups: { preferredVersion: { groupVersion: string } }[] };
    const paths = ["v1", ...groups.map(({ preferredVersion }) => preferredVersion.groupVersion)].map(groupPath);
    const found: string[] = [];
    for (const group of paths) {
      for (const { name, kind, namespaced, verbs } of await this.#resources(group)) {
        if (!namespaced || !verbs.includes("list")) continue;
        const { items } = (await this.ask("GET", `${group}/namespaces/${namespace}/${name}`)).body as {
          items: KubernetesObject[];
        };
        for (const { metadata } of items) found.push(`${kind} ${metadata.name}`);
      }
    }
    return found.sort();
  }

  async #resources(group: string): Promise<readonly Resource[]> {
    const { status, body } = await this.ask("GET", group);
    if (status !== 200) throw new Error(`${group}: HTTP ${status} ${JSON.stringify(body)}`);
    return body.resources as Resource[];
  }

  /** Ends both, and forgets what they kept. */
  async stop(): Promise<void> {
    await this.#agent?.close();
    for (const server of this.#started.reverse()) await server.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const groupPath = (apiVersion: string): string => (apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`);
