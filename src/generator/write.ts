import { mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { GeneratedObject } from "./generate.ts";

/**
 * Writes every object as a file under `directory`, its key the path, its time of modification the object's own. Calls
 * `onObject` after each. Stops at the signal with its reason; what is written stays.
 */
export async function writeBucket(
  objects: AsyncIterable<GeneratedObject> | Iterable<GeneratedObject>,
  directory: string,
  onObject: (object: GeneratedObject) => void,
  signal: AbortSignal,
): Promise<void> {
  const made = new Set<string>();
  for await (const object of objects) {
    signal.throwIfAborted();
    const file = join(directory, object.key);
    const folder = dirname(file);
    if (!made.has(folder)) {
      mkdirSync(folder, { recursive: true });
      made.add(folder);
    }
    writeFileSync(file, object.bytes);
    const seconds = object.time / 1000;
    utimesSync(file, seconds, seconds);
    onObject(object);
  }
}
