/** Run by `npm run build`: of the declaration files in `dist`, only those stay that the library's own reaches. */
import { globSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { asset } from "../lib/assets.ts";

const folder = asset("dist");
const reached = new Set<string>();

function reach(file: string): void {
  if (reached.has(file)) return;
  reached.add(file);
  const text = readFileSync(join(folder, file), "utf8");
  for (const [, path = ""] of text.matchAll(/\b(?:from|import)\s*\(?\s*"(\.[^"]+)\.[jt]s"/g))
    reach(join(dirname(file), `${path}.d.ts`));
}

reach("index.d.ts");
for (const file of globSync("**/*.d.ts", { cwd: folder })) if (!reached.has(file)) rmSync(join(folder, file));
