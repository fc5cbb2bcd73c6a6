import { oneLine } from "../text.ts";

/** A text as a setting of a .conf file: a line that ends in a backslash would go on in the next one. */
export function settingOf(text: string): string {
  return oneLine(text).replace(/\\$/, "\\.");
}

/** A text as part of a stanza's name. */
export function stanzaOf(text: string): string {
  return oneLine(text).replaceAll("[", "(").replaceAll("]", ")");
}
