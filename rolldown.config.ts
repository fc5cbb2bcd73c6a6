import { defineConfig } from "rolldown";

/** The published program: few files, for each that Node finds and opens costs a part of every start. What is loaded when used stays a chunk of its own. */
export default defineConfig({
  input: { main: "src/main.ts", index: "src/index.ts", thread: "src/threads/thread.ts" },
  platform: "node",
  logLevel: "warn",
  external: /^[^./]/,
  // Without blanks and comments, and with every name as it is.
  output: { dir: "dist", chunkFileNames: "chunks/[name]-[hash].js", minify: { compress: false, mangle: false, codegen: true } },
});
