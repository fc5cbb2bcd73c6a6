import { globSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { describe, expect, test } from "vitest";
import { policyStatement } from "../../../src/clouds/oci/errors.ts";
import type { OciIdentity } from "../../../src/clouds/oci/identity.ts";
import { asset } from "../../../src/lib/assets.ts";
import { type Block, readHcl } from "../../deploy/hcl.ts";

const read = (path: string): string => readFileSync(asset(path), "utf8");
const folder = (path: string) =>
  globSync("*.tf", { cwd: asset(`deploy/terraform/${path}`) }).map((file) => ({
    file: basename(file),
    text: read(`deploy/terraform/${path}/${file}`),
  }));

describe.each(["oci", "oci/settings", "oci/example", "ibm", "ibm/settings", "ibm/example"])("deploy/terraform/%s", (path) => {
  const files = folder(path);
  const blocks = files.flatMap(({ text }) => readHcl(text));
  const text = files.map((file) => file.text).join("\n");
  const of = (type: string): Block[] => blocks.filter((block) => block.type === type);
  const names = (type: string): string[] => of(type).map(({ labels }) => labels.join("."));

  test("declares what it uses, and uses what it declares", () => {
    const used = (pattern: RegExp) => [...new Set([...text.matchAll(pattern)].map(([, name = ""]) => name))].sort();
    expect(used(/\bvar\.(\w+)/g)).toEqual(names("variable").sort());
    const locals = of("locals").flatMap(({ values }) => [...values.keys()]);
    expect(used(/\blocal\.(\w+)/g)).toEqual(locals.sort());
    const resources = used(/(?<!data\.)\b((?:oci|ibm)_\w+\.\w+)/g);
    expect(resources.filter((name) => !names("resource").includes(name))).toEqual([]);
    const data = used(/\bdata\.((?:oci|ibm)_\w+\.\w+)/g);
    expect(data).toEqual(names("data").sort());
    expect(used(/\bmodule\.(\w+)/g)).toEqual(names("module").sort());
  });

  test("describes each variable and output that a person sees", () => {
    if (path.endsWith("example")) return;
    for (const { labels, values } of of("variable"))
      expect([labels, values.get("description")]).toEqual([labels, expect.any(String)]);
    if (path.endsWith("settings")) return;
    for (const { labels, values } of of("output"))
      expect([labels, values.get("description")]).toEqual([labels, expect.any(String)]);
  });
});

test.each(["oci", "ibm"])(
  "the module of %s gives its settings what they take, and its example gives the module what it takes",
  (cloud) => {
    for (const [outer, inner] of [
      [cloud, `${cloud}/settings`],
      [`${cloud}/example`, cloud],
    ] as const) {
      const call = folder(outer)
        .flatMap(({ text }) => readHcl(text))
        .find(({ type }) => type === "module");
      const variables = folder(inner)
        .flatMap(({ text }) => readHcl(text))
        .filter(({ type }) => type === "variable");
      const given = [...(call?.values.keys() ?? [])].filter((name) => name !== "source");
      const known = variables.map(({ labels: [name = ""] }) => name);
      const required = variables.filter(({ values }) => !values.has("default")).map(({ labels: [name = ""] }) => name);
      expect(given.filter((name) => !known.includes(name))).toEqual([]);
      expect(required.filter((name) => !given.includes(name))).toEqual([]);
    }
  },
);

/** Names that the documents of the provider `ibm` have of each resource, and of the blocks in it. */
const IBM: Readonly<Record<string, string>> = {
  ibm_is_flow_log: "name target storage_bucket active resource_group tags access_tags",
  ibm_resource_instance: "name service plan location resource_group_id parameters tags",
  ibm_cos_bucket:
    "bucket_name resource_instance_id region_location storage_class endpoint_type allowed_ip force_delete hard_quota expire_rule",
  "ibm_cos_bucket.expire_rule": "rule_id enable days prefix",
  ibm_iam_authorization_policy:
    "source_service_name source_resource_type source_resource_instance_id target_service_name target_resource_type target_resource_instance_id roles description",
  ibm_iam_service_id: "name description tags locked",
  ibm_iam_service_policy: "iam_service_id iam_id roles resources resource_attributes account_management tags",
  "ibm_iam_service_policy.resource_attributes": "name value operator",
  ibm_iam_service_api_key: "name description iam_service_id apikey locked store_value file",
  ibm_code_engine_project: "name resource_group_id",
  ibm_code_engine_config_map: "project_id name data",
  ibm_code_engine_secret: "project_id name format data",
  ibm_code_engine_app:
    "project_id name image_reference image_secret image_port managed_domain_mappings probe_liveness probe_readiness run_arguments run_as_user run_commands run_env_variables run_service_account run_volume_mounts scale_cpu_limit scale_memory_limit scale_min_instances scale_max_instances",
  "ibm_code_engine_app.run_env_variables": "type name value key prefix reference",
  "ibm_code_engine_app.run_volume_mounts": "type name mount_path reference",
  "ibm_code_engine_app.probe_liveness": "type path port interval timeout failure_threshold initial_delay",
};
const OF_TERRAFORM = ["count", "for_each", "depends_on"];

test("resources of IBM Cloud have only names that the provider's documents have", () => {
  const unknown = (block: Block, kind: string): string[] => {
    const known = [...(IBM[kind]?.split(" ") ?? []), ...OF_TERRAFORM];
    const given = [...block.values.keys(), ...block.blocks.map(({ type }) => type)];
    const inner = block.blocks.flatMap((own) => unknown(own, `${kind}.${own.type}`));
    return [...given.filter((name) => !known.includes(name)).map((name) => `${kind}: ${name}`), ...inner];
  };
  const resources = folder("ibm")
    .flatMap(({ text }) => readHcl(text))
    .filter(({ type }) => type === "resource");
  expect(resources.length).toBeGreaterThan(8);
  expect(resources.flatMap((block) => unknown(block, block.labels[0] ?? ""))).toEqual([]);
});

interface Policy {
  readonly id: string;
  readonly permission: string;
  readonly compartment: string;
  readonly where?: readonly string[];
}

describe("the policies of OCI", () => {
  const policies = JSON.parse(read("deploy/terraform/oci/settings/policies.json")) as Policy[];
  const readme = read("README.md") + read("lookups/README.md");
  const group = { policy: { subject: "dynamic-group flowferry", conditions: [] } } as unknown as OciIdentity;

  test.each(policies)("the README names $permission as Terraform gives it", ({ permission, compartment, where = [] }) => {
    const places: Record<string, string> = { bucket: "network", log_group: "<the log group's compartment>" };
    const conditions = where.map((condition) => condition.replace("{bucket}", "Flow-Logs"));
    const statement = policyStatement(group, `${permission} in compartment ${places[compartment]}`, conditions);
    expect(readme).toContain(compartment in places ? statement : `\`${permission}\``);
  });

  test("they are those that the program asks for where one is missing", () => {
    const source = globSync("src/clouds/oci/**/*.ts", { cwd: asset(".") })
      .map((file) => read(file))
      .join("\n");
    for (const { id, permission } of policies) if (id !== "bucket") expect(source).toContain(permission);
  });
});

test("the roles of IBM Cloud are those that the README names", () => {
  const roles = JSON.parse(read("deploy/terraform/ibm/settings/roles.json")) as Record<string, string[]>;
  for (const role of Object.values(roles).flat()) expect(read("README.md") + read("lookups/README.md")).toContain(`*${role}*`);
});
