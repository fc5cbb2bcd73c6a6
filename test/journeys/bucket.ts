import { type GeneratedObject, generate } from "../../src/generator/generate.ts";
import type { GenerateOptions } from "../../src/generator/options.ts";
import type { Truth } from "../../src/generator/truth.ts";
import { writeBucket as write } from "../../src/generator/write.ts";

interface Made {
  readonly objects: readonly GeneratedObject[];
  readonly truth: Truth;
}

const made = new Map<string, Promise<Made>>();

/** A bucket that was made up, and what is known of it: once in a process, for all tests that ask for the same. */
function generated(options: GenerateOptions): Promise<Made> {
  const name = JSON.stringify(options);
  const found = made.get(name) ?? make(options);
  made.set(name, found);
  return found;
}

async function make(options: GenerateOptions): Promise<Made> {
  const generation = generate(options);
  const objects = await Array.fromAsync(generation);
  return { objects, truth: generation.truth() };
}

/** Writes a generated bucket into a folder and returns its known truth. */
export async function writeBucket(folder: string, options: GenerateOptions): Promise<Truth> {
  return (await written(folder, options)).truth;
}

/** As `writeBucket`; returns the objects. */
export async function writeObjects(folder: string, options: GenerateOptions): Promise<GeneratedObject[]> {
  return [...(await written(folder, options)).objects];
}

async function written(folder: string, options: GenerateOptions): Promise<Made> {
  const bucket = await generated(options);
  await write(bucket.objects, folder, () => {}, new AbortController().signal);
  return bucket;
}
