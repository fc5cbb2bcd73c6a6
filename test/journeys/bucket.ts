import { generate } from "../../src/generator/generate.ts";
import type { GenerateOptions } from "../../src/generator/options.ts";
import type { Truth } from "../../src/generator/truth.ts";
import { writeBucket as write } from "../../src/generator/write.ts";

/** Writes a generated bucket into a folder and returns its known truth. */
export async function writeBucket(folder: string, options: GenerateOptions): Promise<Truth> {
  const generation = generate(options);
  await write(generation, folder, () => {}, new AbortController().signal);
  return generation.truth();
}
