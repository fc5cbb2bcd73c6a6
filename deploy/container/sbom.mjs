// `sbom.mjs FILE LOCKFILE NODE VERSION` prints the CycloneDX file of the package in this folder under the package's name, each component with
// the hash that the lockfile has of it, and the package of Node that the image brings as one more.
import { readFileSync } from "node:fs";

const read = (file) => JSON.parse(readFileSync(file, "utf8"));
const [file, lockfile, node, version] = process.argv.slice(2);
const sbom = read(file);
sbom.metadata.component.name = read("package.json").name;

const hashes = new Map();
for (const [path, locked] of Object.entries(read(lockfile).packages)) {
  const [algorithm, digest] = locked.integrity?.split(/-(.*)/s) ?? [];
  const content = digest && Buffer.from(digest, "base64").toString("hex");
  if (algorithm === "sha512")
    hashes.set(`${path.replace(/^.*node_modules\//, "")}@${locked.version}`, { alg: "SHA-512", content });
}
for (const component of sbom.components) {
  const hash = hashes.get(`${component.name}@${component.version}`);
  if (hash !== undefined) component.hashes = [hash];
}
sbom.components.push({
  type: "platform",
  "bom-ref": `${node}@${version}`,
  name: node,
  version,
  description: "Node.js, the runtime",
  licenses: [{ license: { id: "MIT" } }],
  purl: `pkg:npm/${node}@${version}`,
});
process.stdout.write(`${JSON.stringify(sbom, null, 2)}\n`);
