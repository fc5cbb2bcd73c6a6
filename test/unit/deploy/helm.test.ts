import { globSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { z } from "zod";
import { parseConfig } from "../../../src/config/load.ts";
import { asset } from "../../../src/lib/assets.ts";

const read = (path: string): string => readFileSync(asset(`deploy/${path}`), "utf8");
const examples = globSync("*.yaml", { cwd: asset("deploy/helm/examples") }).map((file) => file.replace(/\.yaml$/, ""));
const defaults = parse(read("helm/flowferry/values.yaml"));
const values = z.fromJSONSchema(JSON.parse(read("helm/flowferry/values.schema.json")));

/** A map over another, key by key, as Helm puts the values of a user over those of the chart. */
function over(base: unknown, own: unknown): unknown {
  if (typeof base !== "object" || typeof own !== "object" || base === null || own === null || Array.isArray(own)) return own;
  const both = { ...base } as Record<string, unknown>;
  for (const [key, value] of Object.entries(own)) both[key] = key in both ? over(both[key], value) : value;
  return both;
}

interface Manifest {
  kind: string;
  metadata: { name: string; labels: Record<string, string> };
  data?: Record<string, string>;
  spec?: Record<string, unknown>;
}

describe.each(examples)("the example %s", (example) => {
  const given = parse(read(`helm/examples/${example}.yaml`));
  const documents = parseAllDocuments(read(`kubernetes/${example}.yaml`));
  const manifests = documents.map((document) => document.toJS() as Manifest);
  const specOf = (kind: string): object => manifests.find((manifest) => manifest.kind === kind)?.spec ?? {};

  test("fits the schema of the chart's values", () => {
    expect(values.safeParse(over(defaults, given))).toMatchObject({ success: true });
  });

  test("makes YAML without a fault, and no object of Helm's own", () => {
    expect(documents.flatMap(({ errors, warnings }) => [...errors, ...warnings])).toEqual([]);
    for (const { metadata } of manifests) expect(metadata.labels).not.toHaveProperty("helm.sh/chart");
  });

  test("runs with no more rights than it needs", () => {
    const { template } = specOf("StatefulSet") as { template: { spec: Record<string, unknown> } };
    const [container] = template.spec.containers as Record<string, unknown>[];
    expect(template.spec).toMatchObject({
      automountServiceAccountToken: given.workloadIdentity ?? false,
      securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: "RuntimeDefault" } },
    });
    expect(container?.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      privileged: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
  });

  test("names only volumes, ports and settings that are there", () => {
    const { template, volumeClaimTemplates, selector } = specOf("StatefulSet") as {
      template: { metadata: { labels: object }; spec: { containers: Record<string, never>[]; volumes: { name: string }[] } };
      volumeClaimTemplates: { metadata: { name: string } }[];
      selector: { matchLabels: object };
    };
    const [container] = template.spec.containers as unknown as [
      {
        volumeMounts: { name: string }[];
        ports: { name: string }[];
        readinessProbe: { httpGet: object };
        livenessProbe: { httpGet: object };
      },
    ];
    const volumes = [
      ...template.spec.volumes.map(({ name }) => name),
      ...volumeClaimTemplates.map(({ metadata }) => metadata.name),
    ];
    expect(container.volumeMounts.map(({ name }) => name).sort()).toEqual(volumes.sort());
    expect(container.ports.map(({ name }) => name)).toEqual(["metrics", ...(given.events?.enabled ? ["events"] : [])]);
    expect(container.readinessProbe.httpGet).toEqual({ path: "/readyz", port: "metrics" });
    expect(container.livenessProbe.httpGet).toEqual({ path: "/healthz", port: "metrics" });
    expect(template.metadata.labels).toMatchObject(selector.matchLabels);
    expect(specOf("Service")).toMatchObject({ selector: selector.matchLabels });
  });

  test("has a configuration that the program takes, with its ledger in the volume and its health on the port", () => {
    const text = manifests.flatMap(({ data }) => data?.["flowferry.yaml"] ?? [])[0];
    if (given.existingConfigMap !== undefined) return expect(text).toBeUndefined();
    const config = parseConfig("/etc/flowferry/flowferry.yaml", withoutFiles(text ?? ""), { OTLP_TOKEN: "token" });
    expect([config.ledgerPath, config.telemetry.listen]).toEqual(["/var/lib/flowferry/flowferry.db", "0.0.0.0:9464"]);
    const seconds = (specOf("StatefulSet") as { template: { spec: { terminationGracePeriodSeconds: number } } }).template.spec;
    expect(seconds.terminationGracePeriodSeconds * 1000).toBeGreaterThan(config.run.shutdownMs);
  });

  test("reads only secrets that it mounts, and reaches the ports of its sinks", () => {
    const text = JSON.stringify(given.config ?? {});
    const named = [...text.matchAll(/\$\{file:\/run\/secrets\/([^/]+)\//g)].map(([, name]) => name);
    expect([...new Set(named)]).toEqual(given.secrets ?? []);
    const rules = (specOf("NetworkPolicy") as { egress?: { ports: { port: number }[] }[] }).egress ?? [];
    const ports = rules.flatMap((rule) => rule.ports.map(({ port }) => port));
    for (const [, scheme, port] of text.matchAll(/(https?):\/\/[\w.-]+(?::(\d+))?/g))
      expect(ports).toContain(Number(port ?? (scheme === "https" ? 443 : 80)));
  });
});

const withoutFiles = (text: string): string => text.replaceAll(/\$\{file:[^}]+\}/g, "https://hooks.slack.com/services/T/B/x");

test("the schema has each value of the chart, and refuses what it does not know", () => {
  expect(values.safeParse(defaults)).toMatchObject({ success: true });
  const { properties } = JSON.parse(read("helm/flowferry/values.schema.json")) as { properties: Record<string, unknown> };
  expect(Object.keys(defaults).filter((key) => !(key in properties))).toEqual([]);
  expect(values.safeParse(over(defaults, { replicas: 2 }))).toMatchObject({ success: false });
  expect(values.safeParse(over(defaults, { persistence: { size: "much" } }))).toMatchObject({ success: false });
});
