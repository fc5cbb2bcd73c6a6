import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { generate } from "../../src/generator/generate.ts";
import { lookupFiles } from "../../src/generator/lookup-files.ts";
import type { GenerateOptions } from "../../src/generator/options.ts";
import type { Truth } from "../../src/generator/truth.ts";
import { writeBucket } from "../../src/generator/write.ts";

const GENERATOR = fileURLToPath(new URL("../../src/generator", import.meta.url));

export interface BenchBucket {
  /** What it was made from. */
  readonly made: GenerateOptions;
  readonly bucket: string;
  readonly lookups: string;
  readonly truth: Truth;
}

/** An OCI bucket of so many flows, made on first use and kept in the system's temporary folder until the generator changes. */
export async function benchBucket(
  flows: number,
  seed: string,
  say: (line: string) => void,
  more: Pick<GenerateOptions, "vnics" | "kept"> = {},
): Promise<BenchBucket> {
  const made: GenerateOptions = { format: "oci", flows, seed, ...more };
  const name = ["oci", flows, seed, ...Object.entries(more).map((each) => each.join("")), generatorHash()].join("-");
  const folder = join(tmpdir(), "flowferry-bench", name);
  const [bucket, lookups, truthFile] = [join(folder, "bucket"), join(folder, "lookups"), join(folder, "truth.json")];
  if (!existsSync(truthFile)) {
    say(`making a bucket of ${flows} flows in ${folder}`);
    const making = `${folder}.${process.pid}`;
    const generation = generate(made);
    try {
      await writeBucket(generation, join(making, "bucket"), () => {}, new AbortController().signal);
      mkdirSync(join(making, "lookups"));
      for (const [name, text] of Object.entries(lookupFiles(generation))) writeFileSync(join(making, "lookups", name), text);
      writeFileSync(join(making, "truth.json"), JSON.stringify(generation.truth()));
      rmSync(folder, { recursive: true, force: true });
      renameSync(making, folder);
    } finally {
      rmSync(making, { recursive: true, force: true });
    }
  }
  return { made, bucket, lookups, truth: JSON.parse(readFileSync(truthFile, "utf8")) as Truth };
}

/** What the bytes of a bucket depend on beside seed and size. */
function generatorHash(): string {
  const hash = createHash("sha256").update(process.versions.zlib);
  const files = readdirSync(GENERATOR, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".ts"));
  for (const file of files.sort()) hash.update(file).update(readFileSync(join(GENERATOR, file)));
  return hash.digest("hex").slice(0, 12);
}
