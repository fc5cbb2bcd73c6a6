import { loadCases } from "../../src/detect/cases/run.ts";
import { asset } from "../../src/lib/assets.ts";

/** The cases of the rules that ship, read once in a process. */
export const { cases, errors } = await loadCases(asset("deploy/detections"));
