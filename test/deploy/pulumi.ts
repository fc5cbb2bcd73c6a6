import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeError } from "../../src/lib/errors.ts";
import { Unavailable } from "../backends/servers/unavailable.ts";

/** What a resource or a block of one may hold: its names as Terraform spells them, and the block that stands behind a name. */
export interface Shape {
  readonly names: ReadonlySet<string>;
  readonly required: ReadonlySet<string>;
  block(name: string): Shape | undefined;
}

/** The provider `oci`, as the typings of `@pulumi/oci` describe it, which are made from the provider's own schema. */
export interface Provider {
  /** `path` and `type` as in `core/captureFilter`, `CaptureFilterArgs`. */
  shape(path: string, type: string): Shape;
  stop(): Promise<void>;
}

/** Fetches the package, without what it depends on. Throws `Unavailable` without npm's registry. */
export async function publishedProvider(version: string): Promise<Provider> {
  const folder = mkdtempSync(join(tmpdir(), "flowferry-provider-"));
  const stop = async () => rmSync(folder, { recursive: true, force: true });
  try {
    const packed = execFileSync("npm", ["pack", "--silent", `@pulumi/oci@${version}`], { cwd: folder, encoding: "utf8" });
    execFileSync("tar", ["-xzf", packed.trim()], { cwd: folder });
  } catch (cause) {
    await stop();
    throw new Unavailable("@pulumi/oci", `it cannot be fetched: ${describeError(cause)}`, { cause });
  }
  const inputs = readFileSync(join(folder, "package/types/input.d.ts"), "utf8");
  const shapeOf = (body: string): Shape => {
    const members = new Map(
      [...body.matchAll(/^\s*(\w+)(\??): ([^;]*)/gm)].map(([, name = "", open, type = ""]) => [snake(name), { open, type }]),
    );
    return {
      names: new Set(members.keys()),
      required: new Set([...members].filter(([, { open }]) => open === "").map(([name]) => name)),
      block: (name) => {
        const [, space, type] = /inputs\.(\w+)\.(\w+)/.exec(members.get(name)?.type ?? "") ?? [];
        return space === undefined || type === undefined ? undefined : shapeOf(bodyOf(namespaceOf(inputs, space), type));
      },
    };
  };
  return { shape: (path, type) => shapeOf(bodyOf(readFileSync(join(folder, "package", `${path}.d.ts`), "utf8"), type)), stop };
}

const snake = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

function namespaceOf(text: string, name: string): string {
  const start = text.indexOf(`export declare namespace ${name} {`);
  if (start < 0) throw new Error(`the provider has no types ${name}`);
  return text.slice(start, text.indexOf("\n}", start));
}

/** The members of an interface, without their comments. */
function bodyOf(text: string, name: string): string {
  const [, indent = "", body] = new RegExp(`^( *)(?:export )?interface ${name} \\{\\n([\\s\\S]*?)^\\1\\}`, "m").exec(text) ?? [];
  if (body === undefined) throw new Error(`the provider has no ${name}${indent}`);
  return body.replaceAll(/\/\*\*[\s\S]*?\*\//g, "").replaceAll(/\{\n[\s\S]*?\}/g, "");
}
