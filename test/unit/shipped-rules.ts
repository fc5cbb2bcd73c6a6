import { loadRules } from "../../src/detect/load.ts";
import { asset } from "../../src/lib/assets.ts";

/** The rules that ship, read once in a process. */
export const { rules, errors } = await loadRules(asset("deploy/detections"));
