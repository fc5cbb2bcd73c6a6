/** A `name=` part of a key; values before it may hold slashes. */
const MARKER = /(?:^|\/)([a-z]+(?:-[a-z]+)*)=/g;

/**
 * The `name=value` parts of an object's key. Parts are told apart by their names, not by slashes, which CRNs in a key have too; values
 * may be URL-encoded. What follows the last slash is the object's own name.
 */
export function keyParts(key: string): Record<string, string> {
  const parts: Record<string, string> = Object.create(null);
  const directory = key.slice(0, key.lastIndexOf("/") + 1);
  const markers = [...directory.matchAll(MARKER)];
  for (const [index, marker] of markers.entries()) {
    const start = marker.index + marker[0].length;
    const end = markers[index + 1]?.index ?? directory.length - 1;
    parts[marker[1] as string] = decoded(directory.slice(start, end));
  }
  return parts;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return text;
    throw error;
  }
}
