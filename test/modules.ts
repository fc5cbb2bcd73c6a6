/**
 * How modules are found in tests: the package by its name, as the examples use it, is its source, built or not. A file of tests is loaded
 * once in a process, so it keeps its name, by which Node keeps what it has compiled. Vitest is told of each file once, for it shows their
 * lines where a test fails; whoever watches has it told who imports what, so that it knows what to run again.
 */
import { isBuiltin, registerHooks } from "node:module";

const INDEX = new URL("../src/index.ts", import.meta.url).href;
/** What Vitest puts behind a file's name. */
const STAMP = /\?vitest=\d+$/;
const RELATIVE = /^\.\.?\/.*\.ts$/;
const isWatched = process.env.VITEST_MODE === "WATCH";
const told = new Set<string>();

registerHooks({
  resolve(specifier, context, nextResolve) {
    if (specifier === "flowferry") return { url: INDEX, shortCircuit: true };
    if (isBuiltin(specifier)) {
      return { url: specifier.startsWith("node:") ? specifier : `node:${specifier}`, format: "builtin", shortCircuit: true };
    }
    if (isWatched) return nextResolve(specifier, context);
    if (!RELATIVE.test(specifier)) {
      const found = nextResolve(specifier, context);
      return { ...found, url: found.url.replace(STAMP, "") };
    }
    const url = new URL(specifier, context.parentURL).href;
    if (told.has(url)) return { url, shortCircuit: true };
    told.add(url);
    return nextResolve(specifier, context);
  },
});
