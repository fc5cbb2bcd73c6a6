/** What can be broken in a bucket, each once, in an object of its own. */
export const DAMAGE = {
  "truncated-gzip": "the object's bytes end in the middle",
  "half-line": "a record that ends in the middle (in the IBM form, JSON that does)",
  "long-line": "a record of 10 MiB",
  nul: "a NUL byte in an address",
  "invalid-utf8": "bytes in an address that are no UTF-8",
  "bad-address": "an address that is none",
  "bad-port": "port 70000",
  "null-field": "no source address",
  "wrong-type": "a record that is JSON but no object",
  "other-type": "an event of another log",
  "big-counter": "a byte counter of 2^64 - 1, which is right",
  "empty-object": "no bytes",
  "empty-gzip": "gzip of nothing",
  "empty-flow-logs": "an object whose list of flows is empty",
  "wrong-count": "a header that counts one flow too few",
  crlf: "lines that end with CR LF, which is right",
  bom: "a UTF-8 byte order mark, which is right",
  members: "two gzip members in a row, which is right",
  plain: "no compression, which is right",
  "no-last-newline": "no line end after the last line, which is right",
} as const;

export type DamageKind = keyof typeof DAMAGE;

const LINES_ONLY: readonly DamageKind[] = ["crlf", "no-last-newline"];
const OCI_ONLY: readonly DamageKind[] = ["other-type", "wrong-type"];
const IBM_ONLY: readonly DamageKind[] = ["empty-flow-logs", "wrong-count"];

/** The kinds that a format can have. */
export function damageKinds(format: string): DamageKind[] {
  const without = format === "oci" ? IBM_ONLY : format === "ibm" ? [...LINES_ONLY, ...OCI_ONLY] : [...OCI_ONLY, ...IBM_ONLY];
  return (Object.keys(DAMAGE) as DamageKind[]).filter((kind) => !without.includes(kind));
}
