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

interface Policy {
  readonly id: string;
  readonly permission: string;
  readonly compartment: string;
  readonly where?: readonly string[];
}

describe("the policies of OCI", () => {
  const policies = JSON.parse(read("deploy/terraform/oci/settings/policies.json")) as Policy[];
  const readme = read("README.md");
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
  for (const role of Object.values(roles).flat()) expect(read("README.md")).toContain(`*${role}*`);
});
