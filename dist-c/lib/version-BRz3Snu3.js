import { t as asset } from "./assets-DQb4Ncv_.js";
import { readFileSync } from "node:fs";
// src/lib/version.ts
/** The program's version, from its package. */
const version = JSON.parse(readFileSync(asset("package.json"), "utf8")).version;
export { version as t };
