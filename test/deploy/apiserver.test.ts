import { cpSync, globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse, parseAllDocuments, stringify } from "yaml";
import { asset } from "../../src/lib/assets.ts";
import { available } from "../backends/servers/available.ts";
import { run } from "../backends/servers/process.ts";
import { helmProgram, KUBERNETES, operatorDefinitions } from "./go.ts";
import { KubeApiserver, type KubernetesObject } from "./kube-apiserver.ts";

const CHART = asset("deploy/helm/flowferry");
const EXAMPLES = asset("deploy/helm/examples");
const examples = globSync("*.yaml", { cwd: EXAMPLES }).map((file) => file.replace(/\.yaml$/, ""));
const HELM_TIMEOUT_MS = 60_000;
/** The least that the chart wants: the rest are its defaults. */
const LEAST = {
  config: {
    source: {
      type: "oci-object-storage",
      namespace: "mytenancy",
      bucket: "Flow-Logs",
      region: "us-phoenix-1",
      auth: { type: "instance-principal" },
    },
    sinks: [{ type: "otlp", endpoint: "https://collector.example.com" }],
  },
};
const CLAIM = "state-flowferry-0";

const cluster = available("kube-apiserver", async () => {
  const [helm, definitions] = [await helmProgram(), await operatorDefinitions()];
  const api = await KubeApiserver.start();
  const env = {
    KUBECONFIG: api.kubeconfig,
    ...Object.fromEntries(["CACHE", "CONFIG", "DATA"].map((kind) => [`HELM_${kind}_HOME`, join(api.folder, "helm", kind)])),
    KUBECACHEDIR: join(api.folder, "kube"),
  };
  const least = join(api.folder, "least.yaml");
  try {
    writeFileSync(least, stringify(LEAST));
    for (const name of ["servicemonitors", "prometheusrules"])
      await api.define(parse(readFileSync(join(definitions, `monitoring.coreos.com_${name}.yaml`), "utf8")));
  } catch (error) {
    await api.stop();
    throw error;
  }
  return {
    api,
    least,
    /** Runs helm; rejects, with what it printed, if it fails. */
    helm: (...args: readonly string[]) => run(helm, args, { env, timeoutMs: HELM_TIMEOUT_MS }),
    stop: () => api.stop(),
  };
});

const valuesOf = (example: string): string => join(EXAMPLES, `${example}.yaml`);

/** Objects of a text of manifests, as Helm and kubectl read it: YAML 1.1, in which 0440 is octal. */
const objectsOf = (manifests: string): KubernetesObject[] =>
  parseAllDocuments(manifests, { version: "1.1" }).flatMap((document) => (document.toJS() as KubernetesObject | null) ?? []);

const rendered = async (namespace: string, values: string, chart = CHART): Promise<KubernetesObject[]> =>
  objectsOf(await cluster().helm("template", "flowferry", chart, "--namespace", namespace, "-f", values));

async function stored({ apiVersion, kind, metadata }: KubernetesObject, namespace: string): Promise<KubernetesObject> {
  const { api } = cluster();
  return (await api.ask("GET", await api.pathOf({ apiVersion, kind }, namespace, metadata.name)))
    .body as unknown as KubernetesObject;
}

/** The server keeps each object with all that the chart says of it; what it adds are its defaults. */
async function expectStored(objects: readonly KubernetesObject[], namespace: string): Promise<void> {
  for (const object of objects) expect(await stored(object, namespace)).toMatchObject(object);
  const names = objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
  const kept = (await cluster().api.objectsIn(namespace)).filter((name) => !name.startsWith("Secret sh.helm.release."));
  expect(kept).toEqual(names.sort());
}

/** A namespace of its own, which takes none but restricted pods. */
async function makeNamespace(name: string): Promise<string> {
  const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
  const object = { apiVersion: "v1", kind: "Namespace", metadata: { name, labels } };
  expect(await cluster().api.ask("POST", "/api/v1/namespaces", object)).toMatchObject({ status: 201 });
  return name;
}

interface StatefulSet extends KubernetesObject {
  spec: {
    template: {
      metadata: object;
      spec: { serviceAccountName: string; containers: { securityContext: object }[]; volumes: object[] };
    };
    volumeClaimTemplates: { metadata: object; spec: { resources: { requests: { storage: string } } } }[];
  };
}

async function statefulSet(namespace: string): Promise<StatefulSet> {
  const object = { apiVersion: "apps/v1", kind: "StatefulSet", metadata: { name: "flowferry" } };
  return (await stored(object, namespace)) as StatefulSet;
}

/** Makes the claim that the controller of StatefulSets, which does not run here, makes for the pod. */
async function makeClaim(namespace: string): Promise<void> {
  const [template] = (await statefulSet(namespace)).spec.volumeClaimTemplates;
  const claim = { ...template, metadata: { ...template?.metadata, name: CLAIM } };
  expect(await cluster().api.ask("POST", `/api/v1/namespaces/${namespace}/persistentvolumeclaims`, claim)).toMatchObject({
    status: 201,
  });
}

/** What the server says to the pod that the controller makes of the StatefulSet, with its claim for a volume; it is not kept. */
const tryPod = (namespace: string, { template }: StatefulSet["spec"]) =>
  cluster().api.ask("POST", `/api/v1/namespaces/${namespace}/pods?dryRun=All&fieldValidation=Strict`, {
    metadata: { ...template.metadata, name: "flowferry-0" },
    spec: {
      ...template.spec,
      volumes: [...template.spec.volumes, { name: "state", persistentVolumeClaim: { claimName: CLAIM } }],
    },
  });

test(`the server is Kubernetes ${KUBERNETES}`, async () => {
  expect((await cluster().api.ask("GET", "/version")).body).toMatchObject({ gitVersion: `v${KUBERNETES}` });
});

describe.each([...examples, "the default values"])("%s", (example) => {
  const namespace = example.replaceAll(" ", "-");
  const values = () => (examples.includes(example) ? valuesOf(example) : cluster().least);

  test("is installed as it is rendered; removed, it leaves its volume's claim alone", async () => {
    const { api, helm } = cluster();
    const args = ["--namespace", namespace, "--create-namespace", "-f", values()];
    expect(await helm("install", "flowferry", CHART, ...args)).toContain("STATUS: deployed");
    await expectStored(await rendered(namespace, values()), namespace);
    await makeClaim(namespace);
    await helm("uninstall", "flowferry", "--namespace", namespace);
    expect(await api.objectsIn(namespace)).toEqual([`PersistentVolumeClaim ${CLAIM}`]);
  });

  test("makes a pod that a namespace takes which is for restricted ones", async () => {
    const { api, helm } = cluster();
    const restricted = await makeNamespace(`${namespace}-restricted`);
    await helm("install", "flowferry", CHART, "--namespace", restricted, "-f", values());
    const { spec } = await statefulSet(restricted);
    const account = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: spec.template.spec.serviceAccountName } };
    // The example of what is there already has it from elsewhere.
    const isOwn = (await rendered(restricted, values())).some(({ kind }) => kind === "ServiceAccount");
    if (!isOwn) await api.ask("POST", `/api/v1/namespaces/${restricted}/serviceaccounts`, account);
    const taken = await tryPod(restricted, spec);
    expect(taken, JSON.stringify(taken.body)).toMatchObject({ status: 201 });
    const [container] = spec.template.spec.containers;
    if (container !== undefined) container.securityContext = {};
    expect(await tryPod(restricted, spec)).toMatchObject({
      status: 403,
      body: { message: expect.stringContaining("allowPrivilegeEscalation") },
    });
  });
});

test.each(examples)("deploy/kubernetes/%s.yaml is taken without Helm", async (example) => {
  const { api } = cluster();
  const namespace = await makeNamespace(`plain-${example}`);
  for (const object of objectsOf(readFileSync(asset(`deploy/kubernetes/${example}.yaml`), "utf8"))) {
    const path = await api.pathOf(object, namespace, object.metadata.name);
    const apply = (what: object) =>
      api.ask("PATCH", `${path}?fieldManager=test&fieldValidation=Strict&dryRun=All`, what, "application/apply-patch+yaml");
    const taken = await apply(object);
    expect(taken, JSON.stringify(taken.body)).toMatchObject({ status: 201 });
    expect(await apply({ ...object, sepc: {} })).toMatchObject({ body: { message: expect.stringContaining("sepc") } });
  }
});

describe("an upgrade", () => {
  const install = async (namespace: string): Promise<string[]> => {
    const { helm, least } = cluster();
    await makeNamespace(namespace);
    await helm("install", "flowferry", CHART, "--namespace", namespace, "-f", least);
    return ["upgrade", "flowferry", CHART, "--namespace", namespace];
  };

  test("brings all that other values ask for, and takes it away again", async () => {
    const { helm, least } = cluster();
    const [namespace, more] = ["upgraded", valuesOf("oke")];
    const upgrade = await install(namespace);
    await helm(...upgrade, "-f", more);
    const objects = await rendered(namespace, more);
    expect(objects.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(["ServiceMonitor", "PrometheusRule", "NetworkPolicy"]),
    );
    await expectStored(objects, namespace);
    await helm(...upgrade, "-f", least);
    await expectStored(await rendered(namespace, least), namespace);
    // What is gone from within an object is compared as a whole: nothing of the server's defaults is named so.
    expect(
      JSON.stringify(
        await stored({ apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", metadata: { name: "flowferry" } }, namespace),
      ),
    ).not.toContain("events");
  });

  test("to a later chart keeps what a StatefulSet cannot change", async () => {
    const { api, helm, least } = cluster();
    const namespace = "later";
    const [verb = "", release = "", , ...rest] = await install(namespace);
    const chart = join(api.folder, "later");
    cpSync(CHART, chart, { recursive: true });
    const about = readFileSync(join(chart, "Chart.yaml"), "utf8");
    writeFileSync(join(chart, "Chart.yaml"), about.replaceAll(/^(version|appVersion): .*$/gm, "$1: 99.0.0"));
    await helm(verb, release, chart, ...rest, "-f", least);
    const objects = await rendered(namespace, least, chart);
    await expectStored(objects, namespace);
    expect(await statefulSet(namespace)).toMatchObject({ metadata: { labels: { "app.kubernetes.io/version": "99.0.0" } } });
  });

  test("to another size of the volume is refused, until the StatefulSet is made anew", async () => {
    const { api, helm, least } = cluster();
    const namespace = "resized";
    const upgrade = await install(namespace);
    await makeClaim(namespace);
    const larger = [...upgrade, "-f", least, "--set", "persistence.size=5Gi"];
    await expect(helm(...larger)).rejects.toThrow(/updates to statefulset spec.*forbidden/is);
    const size = async () => (await statefulSet(namespace)).spec.volumeClaimTemplates[0]?.spec.resources.requests.storage;
    expect(await size()).toBe("1Gi");
    // As `kubectl delete statefulset --cascade=orphan`, which needs a controller to end.
    const path = await api.pathOf({ apiVersion: "apps/v1", kind: "StatefulSet" }, namespace, "flowferry");
    await api.ask("DELETE", path, { apiVersion: "v1", kind: "DeleteOptions", propagationPolicy: "Background" });
    await helm(...larger);
    expect(await size()).toBe("5Gi");
    expect(await api.objectsIn(namespace)).toContain(`PersistentVolumeClaim ${CLAIM}`);
  });
});

test.each([
  ["by the chart's schema: a size that is none", ["--set", "persistence.size=much"], /at '\/persistence\/size'.*pattern/],
  [
    "by the chart's schema: a value that it does not know",
    ["--set", "replicas=2"],
    /additional properties 'replicas' not allowed/,
  ],
  ["by the server: a label that is none", ["--set", "podLabels.team=a b"], /StatefulSet.*Invalid value: "a b"/s],
])("refused %s", async (name, args, message) => {
  const { api, helm, least } = cluster();
  const namespace = await makeNamespace(`refused-${name.length}`);
  await expect(helm("install", "flowferry", CHART, "--namespace", namespace, "-f", least, ...args)).rejects.toThrow(message);
  const kept = await api.objectsIn(namespace);
  if (name.startsWith("by the chart")) expect(kept).toEqual([]);
  else expect(kept).not.toContain("StatefulSet flowferry");
});

test("a key that the server does not know is refused, not dropped", async () => {
  const { api, helm, least } = cluster();
  const namespace = await makeNamespace("mistyped");
  const chart = join(api.folder, "mistyped");
  cpSync(CHART, chart, { recursive: true });
  const file = join(chart, "templates/statefulset.yaml");
  writeFileSync(file, readFileSync(file, "utf8").replace("readOnlyRootFilesystem:", "readOnlyRootFileSystem:"));
  await expect(helm("install", "flowferry", chart, "--namespace", namespace, "-f", least)).rejects.toThrow(
    /readOnlyRootFileSystem/,
  );
});
