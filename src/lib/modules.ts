import { existsSync } from "node:fs";
import { registerHooks } from "node:module";
import { isAbsolute, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { describeError, UsageError } from "./errors.ts";

/**
 * The exports of a module: a path that starts at `baseDir`, or a package, which is looked for beside the configuration first, then among
 * the program's own. Throws UsageError of that code, in one line, for a module that is not there or throws while it is loaded.
 */
export async function importFrom(module: string, baseDir: string, code: string): Promise<Record<string, unknown>> {
  const isPath = module.startsWith(".") || isAbsolute(module);
  const fault = (why: string, cause?: unknown) => new UsageError(code, `cannot load module ${module}: ${why}`, { cause });
  const target = isPath ? pathToFileURL(resolve(baseDir, module)).href : (beside(module, baseDir) ?? besideProgram(module));
  if (target === undefined) {
    throw fault(`it is installed neither beside the configuration (${baseDir}) nor beside the program`);
  }
  if (isPath && !existsSync(new URL(target))) throw fault(`there is no file ${fileURLToPath(target)}`);
  try {
    return (await import(target)) as Record<string, unknown>;
  } catch (error) {
    throw fault(describeError(error), error);
  }
}

/** Where an import of the package leads from that folder. */
function beside(module: string, folder: string): string | undefined {
  const parentURL = pathToFileURL(join(resolve(folder), "flowferry.yaml")).href;
  const hooks = registerHooks({ resolve: (specifier, context, next) => next(specifier, { ...context, parentURL }) });
  try {
    return besideProgram(module);
  } finally {
    hooks.deregister();
  }
}

function besideProgram(module: string): string | undefined {
  try {
    return import.meta.resolve(module);
  } catch {
    return undefined;
  }
}
