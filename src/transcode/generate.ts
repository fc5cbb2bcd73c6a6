import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const SOURCES = fileURLToPath(new URL("./kernel", import.meta.url));
const COMPILER = join(dirname(createRequire(import.meta.url).resolve("assemblyscript/package.json")), "bin/asc.js");
/** Of 64 KiB each: what the kernel's map of its memory needs. */
const PAGES = "156";
/** What the module holds itself stands from here on, below its tables. */
const FIRST_BYTE = "1024";
const WIDTH = 120;

/** Compiles the kernel. The compiler takes sources by names of TypeScript files only. */
function compile(): Buffer {
  const folder = mkdtempSync(join(tmpdir(), "flowferry-kernel-"));
  try {
    for (const file of readdirSync(SOURCES)) copyFileSync(join(SOURCES, file), join(folder, `${basename(file, ".as")}.ts`));
    const flags = ["-O3", "--noAssert", "--runtime", "stub", "--enable", "simd", "--memoryBase", FIRST_BYTE];
    const memory = ["--initialMemory", PAGES, "--maximumMemory", PAGES];
    execFileSync(process.execPath, [COMPILER, "kernel.ts", ...flags, ...memory, "-o", "kernel.wasm"], {
      cwd: folder,
      stdio: ["ignore", "ignore", "inherit"],
    });
    return readFileSync(join(folder, "kernel.wasm"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const lines = compile().toString("base64").match(new RegExp(`.{1,${WIDTH}}`, "g")) ?? [];
writeFileSync(
  new URL("kernel-module.ts", import.meta.url),
  `// Written by \`npm run generate:kernel\` from the folder kernel, which is the place to change it.

/** The module, in base64. */
export const KERNEL = [
${lines.map((line) => `  "${line}",`).join("\n")}
].join("");
`,
);
