import { fileURLToPath } from "node:url";

/** Absolute path of a file that ships with the program, given relative to the package root (`mappings/formats/oci-vcn.yaml`). */
export function asset(path: string): string {
  return fileURLToPath(new URL(`../../${path}`, import.meta.url));
}
