/** Longest part of a key's path, in bytes: what file systems take, with room for an ending. */
const LONGEST = 180;

/**
 * What the enriched object of a source object is called: the source's key without its endings, with the version of it, so that no two
 * versions have one name: `logs/2026/a.log.gz` becomes `logs/2026/a-0123456789abcdef.json`. Parts that a file system does not take, or that
 * lead out of a folder, are escaped or cut; the version tells keys apart that become the same.
 */
export function objectNameOf(key: string, digest: string): string {
  const parts = key.replace(/(\.(json|log|ndjson|parquet|csv|txt))?(\.(gz|zst|bz2))?$/i, "").split("/");
  const safe = parts.filter((part) => part !== "").map(safePart);
  const last = safe.pop() ?? "object";
  return [...safe, `${last}-${digest.slice(0, 16)}.json`].join("/");
}

function safePart(part: string): string {
  const text = part.toWellFormed().replaceAll(/[^\w.=@+, -]/gu, (character) => encodeURIComponent(character));
  // Names that begin with a dot are hidden, and `..` leads out.
  const shown = text.replace(/^\.+/, (dots) => "%2E".repeat(dots.length));
  return shown.slice(0, LONGEST);
}
