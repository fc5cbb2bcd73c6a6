import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { asset } from "../../src/lib/assets.ts";
import { available } from "../backends/servers/available.ts";
import { run } from "../backends/servers/process.ts";
import { goModule, goProgram, helmProgram, KUBERNETES, operatorDefinitions } from "./go.ts";
import { SCHEMA_NAME, writeSchemas } from "./kubernetes-schemas.ts";

const CHART = asset("deploy/helm/flowferry");
const EXAMPLES = asset("deploy/helm/examples");
const examples = globSync("*.yaml", { cwd: EXAMPLES }).map((file) => file.replace(/\.yaml$/, ""));

const tools = available("helm", async () => {
  const [helm, kubeconform] = [await helmProgram(), await goProgram("github.com/yannh/kubeconform/cmd/kubeconform@v0.8.0")];
  const [kubernetes, definitions] = [await goModule(`k8s.io/kubernetes@v${KUBERNETES}`), await operatorDefinitions()];
  const folder = mkdtempSync(join(tmpdir(), "flowferry-helm-"));
  writeSchemas(folder, join(kubernetes, "api/openapi-spec/swagger.json"), definitions);
  return {
    /** Runs helm; rejects, with what it printed, if it fails. */
    helm: (...args: readonly string[]) =>
      run(helm, args, { timeoutMs: 60_000, env: { HELM_CACHE_HOME: folder, HELM_CONFIG_HOME: folder } }),
    /** Resolves when each manifest of the text is as the API server describes it; rejects with what is wrong. */
    conform(manifests: string): Promise<string> {
      const file = join(folder, "manifests.yaml");
      writeFileSync(file, manifests);
      return run(kubeconform, ["-strict", "-summary", "-schema-location", join(folder, SCHEMA_NAME), file], {
        timeoutMs: 60_000,
      });
    },
    stop: async () => rmSync(folder, { recursive: true, force: true }),
  };
});

const valuesOf = (example: string): string => join(EXAMPLES, `${example}.yaml`);
const render = (example: string, ...args: readonly string[]) =>
  tools().helm("template", "flowferry", CHART, "--namespace", "flowferry", "-f", valuesOf(example), ...args);

/** Manifests for those who do not use Helm: without its labels and its comments on where they come from. */
const plain = (rendered: string): string =>
  rendered.replaceAll(/^(# Source: .*|\s+helm\.sh\/chart: .*|\s+app\.kubernetes\.io\/managed-by: Helm)\n/gm, "");

describe.each(examples)("the example %s", (example) => {
  test("is linted without a fault", async () => {
    expect(await tools().helm("lint", CHART, "--strict", "-f", valuesOf(example))).toContain("0 chart(s) failed");
  });

  test("renders what stands in deploy/kubernetes", async () => {
    await expect(plain(await render(example))).toMatchFileSnapshot(asset(`deploy/kubernetes/${example}.yaml`));
  });

  test("is as the API server wants it", async () => {
    expect(await tools().conform(await render(example))).toMatch(/Valid: [1-9]\d*, Invalid: 0, Errors: 0, Skipped: 0/);
  });
});

test("a key and a type that the API server does not know are seen", async () => {
  const manifests = await render("oke");
  await expect(tools().conform(manifests.replace("readOnlyRootFilesystem:", "readOnlyRootFileSystem:"))).rejects.toThrow(
    /readOnlyRootFileSystem/,
  );
  await expect(tools().conform(manifests.replace("replicas: 1", 'replicas: "1"'))).rejects.toThrow(/replicas/);
  await expect(tools().conform(manifests.replace("jobLabel:", "jobLabels:"))).rejects.toThrow(/jobLabels/);
});

test.each([
  ["a value that the chart does not know", ["--set", "replicas=2"], /additional properties 'replicas' not allowed/],
  ["a size that is none", ["--set", "persistence.size=much"], /at '\/persistence\/size'.*pattern/],
  ["a configuration twice", ["--set", "existingConfigMap=other"], /either config or existingConfigMap/],
  ["tables twice", ["--set", "tablesVolume.configMap.name=other"], /either tables or tablesVolume/],
  ["metrics that Prometheus could not read", ["--set", "serviceMonitor.tokenSecret.name="], /the Secret with the token/],
  ["several workers that share nothing", ["--set", "workers.replicas=2"], /share their work by config\.coordination/],
  ["a role for a worker that shares nothing", ["--set", "workers.role=ship"], /workers\.role is for workers/],
  ["KEDA for workers that share nothing", ["--set", "workers.keda.enabled=true"], /config\.coordination: add it/],
  ["a configuration without sinks", ["--set", "config.sinks=null"], /config needs source/],
])("helm refuses %s", async (_name, args, message) => {
  await expect(render("oke", ...args)).rejects.toThrow(message);
});

test("what the chart sets in the configuration cannot be set otherwise; a change is taken up by the pod, or makes a new one", async () => {
  const restarting = ["--set", "reload=false"];
  const [first, second, third] = [
    await render("oke", ...restarting),
    await render("oke", ...restarting, "--set", "config.ledger.path=elsewhere.db", "--set", "config.telemetry.level=debug"),
    await render("oke", ...restarting, "--set-string", "tables.servers\\.csv=address"),
  ];
  expect(second).not.toContain("elsewhere.db");
  expect(second).toContain("level: debug");
  const checksum = (manifests: string) => /checksum\/config: (\w+)/.exec(manifests)?.[1];
  expect(checksum(first)).toBeDefined();
  expect(checksum(second)).not.toBe(checksum(first));
  expect(checksum(third)).toBe(checksum(first));
  expect(first).not.toContain("--watch");
  const reloading = await render("oke");
  expect(reloading).toContain("--watch");
  expect(checksum(reloading)).toBeUndefined();
});

test("a long release name still makes names that a pod's label can hold", async () => {
  const name = "a".repeat(53);
  const rendered = await tools().helm("template", name, CHART, "-f", valuesOf("oke"));
  for (const [, named = ""] of rendered.matchAll(/^ {2}name: (\S+)$/gm)) expect(named.length).toBeLessThanOrEqual(63);
});

test("the chart is of this version", () => {
  const { version } = JSON.parse(readFileSync(asset("package.json"), "utf8")) as { version: string };
  const chart = readFileSync(join(CHART, "Chart.yaml"), "utf8");
  expect([/^version: (.*)$/m.exec(chart)?.[1], /^appVersion: (.*)$/m.exec(chart)?.[1]]).toEqual([version, version]);
});
