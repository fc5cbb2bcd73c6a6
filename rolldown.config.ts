import { readdirSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join } from "node:path";
import { defineConfig, type Plugin } from "rolldown";

/** Packages of many files that most starts load: what is used of them, and they use, is within the program's own. Others are loaded from where they are installed. */
const WITHIN = ["@opentelemetry/api", "commander", "csv-parse", "ipaddr.js", "pino", "yaml", "zod"];

const isWithin = (id: string, importer = "") =>
  importer.includes("/node_modules/") || WITHIN.some((name) => id === name || id.startsWith(`${name}/`));

/** Writes the licences of the packages that are within. */
const licences: Plugin = {
  name: "licences",
  generateBundle(_options, bundle) {
    const modules = Object.values(bundle).flatMap((file) => (file.type === "chunk" ? file.moduleIds : []));
    const folders = new Set(modules.flatMap((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(id)?.[0] ?? []));
    const texts = [...folders].sort().map((folder) => {
      const { name, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
      const file = readdirSync(folder).find((file) => /^licen[cs]e/i.test(file));
      if (file === undefined) throw new Error(`${name} says nothing of its licence`);
      return `${name} ${version}\n\n${readFileSync(join(folder, file), "utf8").trim()}\n`;
    });
    this.emitFile({ type: "asset", fileName: "licences.txt", source: texts.join(`\n${"-".repeat(80)}\n\n`) });
  },
};

/**
 * The published program: few files, for each that Node finds and opens costs a part of every start. What is loaded when used stays a
 * chunk of its own. What most commands load is one: a group is its module with what that imports, but for what the groups before it have.
 */
export default defineConfig({
  input: { main: "src/main.ts", index: "src/index.ts", thread: "src/threads/thread.ts" },
  platform: "node",
  logLevel: "warn",
  external: (id, importer) => isBuiltin(id) || (/^[^./]/.test(id) && !isWithin(id, importer)),
  plugins: [licences],
  output: {
    dir: "dist",
    chunkFileNames: "chunks/[name]-[hash].js",
    codeSplitting: {
      groups: [
        { name: "start", test: /\/src\/cli\/program\.ts$/, priority: 7 },
        { name: "yaml", test: /\/node_modules\/yaml\//, priority: 6 },
        { name: "zod", test: /\/node_modules\/zod\//, priority: 5 },
        { name: "parts", test: /\/src\/registry\.ts$/, priority: 4 },
        { name: "reading", test: /\/src\/threads\/work\.ts$/, priority: 3 },
        { name: "configuration", test: /\/src\/config\/load\.ts$/, priority: 2 },
        { name: "run", test: /\/src\/cli\/run\.ts$/, priority: 1 },
      ],
    },
    // Without blanks and comments, and with every name as it is.
    minify: { compress: false, mangle: false, codegen: true },
  },
});
