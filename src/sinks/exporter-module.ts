import type { LogRecordExporter } from "@opentelemetry/sdk-logs";
import { describeError, UsageError } from "../lib/errors.ts";
import { importFrom } from "../lib/modules.ts";

/** Makes the exporter of a module. Throws UsageError, without the options' values, for a module that has none. */
export async function loadExporter(
  module: string,
  exportName: string | undefined,
  options: Record<string, unknown> | undefined,
  baseDir: string,
): Promise<{ exporter: LogRecordExporter; name: string }> {
  const exports = await importFrom(module, baseDir, "exporter-module");
  const [name, made] = choose(module, exports, exportName);
  let exporter: unknown;
  try {
    exporter = await construct(made, options);
  } catch (error) {
    throw new UsageError("exporter-broken", `${module}: ${name} cannot be made: ${describeError(error)}`, { cause: error });
  }
  if (!isExporter(exporter)) {
    throw new UsageError("exporter-none", `${module}: ${name} gives no LogRecordExporter: it lacks export() or shutdown()`);
  }
  return { exporter, name };
}

function choose(module: string, exports: Record<string, unknown>, exportName: string | undefined): [string, unknown] {
  const known = Object.keys(exports).filter((name) => name !== "module.exports");
  if (exportName !== undefined) {
    if (exports[exportName] !== undefined) return [exportName, exports[exportName]];
    throw new UsageError("exporter-none", `${module} exports no ${exportName}; it exports ${known.join(", ") || "nothing"}`);
  }
  const candidates = known.filter((name) => isExporterClass(exports[name]) || isExporter(exports[name]));
  const [only] = candidates;
  if (candidates.length === 1 && only !== undefined) return [only, exports[only]];
  const { default: fallback } = exports;
  if (typeof fallback === "function" || isExporter(fallback)) return ["default", fallback];
  const what = candidates.length === 0 ? "no exporter is found" : `several exporters are found (${candidates.join(", ")})`;
  throw new UsageError(
    "exporter-none",
    `${module}: ${what}; name one of its exports as \`export\`: ${known.join(", ") || "it has none"}`,
  );
}

async function construct(made: unknown, options: Record<string, unknown> | undefined): Promise<unknown> {
  if (typeof made !== "function") return made;
  if (isClass(made)) return Reflect.construct(made, [options]);
  return made(options);
}

const isClass = (value: unknown): boolean =>
  typeof value === "function" && (isExporterClass(value) || /^class\b/.test(String(value)));

const isExporterClass = (value: unknown): boolean => typeof value === "function" && typeof value.prototype?.export === "function";

function isExporter(value: unknown): value is LogRecordExporter {
  if (typeof value !== "object" || value === null) return false;
  const { export: send, shutdown } = value as Partial<LogRecordExporter>;
  return typeof send === "function" && typeof shutdown === "function";
}
