import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

const SOURCES = fileURLToPath(new URL("./kernel", import.meta.url));
const COMPILER = "assemblyscript@0.28.20";
/** Of 64 KiB each: what the kernel's map of its memory needs. */
const PAGES = "768";
/** What the module holds itself stands below this, and its tables above. */
const FIRST_BYTE = "1024";

/** What is in use of the engine; TypeScript's library declares it with a browser's objects only. */
interface Engine {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: Readonly<Record<string, unknown>> };
}

const { Module, Instance } = (globalThis as unknown as { readonly WebAssembly: Engine }).WebAssembly;

/** Makes an instance with a memory of its own, which asks this host. */
export type Instantiate = (host: object) => Readonly<Record<string, unknown>>;

/** Compiles the kernel, with a compiler that npm gets on first use. It takes its sources by names of TypeScript files only. */
export function build(): Instantiate {
  const folder = mkdtempSync(join(tmpdir(), "flowferry-kernel-"));
  try {
    for (const file of readdirSync(SOURCES)) copyFileSync(join(SOURCES, file), join(folder, `${basename(file, ".as")}.ts`));
    const flags = ["-O3", "--noAssert", "--runtime", "stub", "--enable", "simd", "--memoryBase", FIRST_BYTE];
    const memory = ["--initialMemory", PAGES, "--maximumMemory", PAGES];
    const command = ["--yes", "-p", COMPILER, "asc", "kernel.ts", ...flags, ...memory, "-o", "kernel.wasm"];
    execFileSync("npx", command, { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
    const module = new Module(readFileSync(join(folder, "kernel.wasm")));
    return (host) => new Instance(module, { host }).exports;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
