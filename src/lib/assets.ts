import { findPackageJSON } from "node:module";
import { dirname, join } from "node:path";

const ROOT = dirname(findPackageJSON(import.meta.url) ?? "");

/** Absolute path of a file that ships with the program, given relative to the package root (`mappings/formats/oci-vcn.yaml`). */
export function asset(path: string): string {
  return join(ROOT, path);
}
