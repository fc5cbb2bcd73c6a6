import { findPackageJSON } from "node:module";
import { dirname, join } from "node:path";
// src/lib/assets.ts
const ROOT = dirname(findPackageJSON(import.meta.url) ?? "");
/** Absolute path of a file that ships with the program, given relative to the package root (`mappings/formats/oci-vcn.yaml`). */
function asset(path) {
	return join(ROOT, path);
}
export { asset as t };
