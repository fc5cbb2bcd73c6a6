import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";

/** What is in use of the compiler, whose own declarations change the globals of whoever takes them in. */
interface Compiler {
  main(
    args: readonly string[],
    host: {
      readFile(name: string): string | null;
      writeFile(name: string, content: Uint8Array): void;
      listFiles(folder: string): string[];
    },
  ): Promise<{ readonly error: Error | null; readonly stderr: { toString(): string } }>;
}

const COMPILER = "assemblyscript/asc";
const SOURCES = new URL("kernel/", import.meta.url);
/** Of 64 KiB each: what the kernel's map of its memory needs. */
const PAGES = "204";
/** What the module holds itself stands from here on, below its tables. */
const FIRST_BYTE = "1024";
const WIDTH = 120;

/** The compiler takes sources by names of TypeScript files only. */
function read(name: string): string | null {
  const source = new URL(`${basename(name, ".ts")}.as`, SOURCES);
  return name.endsWith(".ts") && existsSync(source) ? readFileSync(source, "utf8") : null;
}

async function compile(): Promise<Buffer> {
  const flags = ["-O3", "--noAssert", "--runtime", "stub", "--enable", "simd", "--memoryBase", FIRST_BYTE];
  const memory = ["--initialMemory", PAGES, "--maximumMemory", PAGES];
  const { default: compiler } = (await import(COMPILER)) as { readonly default: Compiler };
  let module: Buffer | undefined;
  const { error, stderr } = await compiler.main(["kernel.ts", ...flags, ...memory, "-o", "kernel.wasm"], {
    readFile: read,
    writeFile: (_name, bytes) => {
      module = Buffer.from(bytes);
    },
    listFiles: () => [],
  });
  if (error !== null || module === undefined) throw new Error(stderr.toString());
  return module;
}

const lines = (await compile()).toString("base64").match(new RegExp(`.{1,${WIDTH}}`, "g")) ?? [];
writeFileSync(
  new URL("kernel-module.ts", import.meta.url),
  `// Written by \`npm run generate:kernel\` from the folder kernel, which is the place to change it.

/** The module, in base64. */
export const KERNEL = [
${lines.map((line) => `  "${line}",`).join("\n")}
].join("");
`,
);
