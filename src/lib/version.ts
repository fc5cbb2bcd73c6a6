import { readFileSync } from "node:fs";
import { asset } from "./assets.ts";

/** The program's version, from its package. */
export const version: string = JSON.parse(readFileSync(asset("package.json"), "utf8")).version;
