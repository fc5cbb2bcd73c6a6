import type { FieldRef } from "../detect/fields.ts";
import { fieldOf } from "../flow/fields.ts";

/** What a label is made of: the names of columns in every dialect. */
export const LABEL = /^[A-Za-z][A-Za-z0-9]*( [A-Za-z0-9]+)*$/;
export const LONGEST_LABEL = 40;

/** The heading of a field that was given none: its label, else its name in words; may be no label for a column of the server table. */
export function defaultLabel({ field, column }: FieldRef): string {
  const { label } = fieldOf(field);
  if (label !== undefined) return label;
  const side = field.startsWith("source") ? "Source" : "Destination";
  return column === undefined ? inWords(field) : `${side} ${inWords(column)}`;
}

function inWords(name: string): string {
  const spaced = name.replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2").replaceAll(/[_.-]+/g, " ");
  return spaced.replaceAll(/\b[a-z]/g, (letter) => letter.toUpperCase());
}
