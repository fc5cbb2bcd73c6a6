import type { FieldRef } from "../detections/fields.ts";
import type { FieldName } from "../flow.ts";

/** Headings of fields as operators know them. Others are their name in words. */
const LABELS: Partial<Record<FieldName, string>> = {
  sourceAddress: "Source IP",
  destinationAddress: "Destination IP",
  transport: "Protocol",
  sourceService: "Traffic From",
  destinationService: "Traffic To",
  ruleText: "Rule",
  ruleListName: "Rule List",
  subnetName: "Subnet",
  subnet: "Subnet OCID",
  vnic: "VNIC",
  vcn: "VCN",
  publicIp: "Public IP",
};

/** What a label is made of: the names of columns in every dialect. */
export const LABEL = /^[A-Za-z][A-Za-z0-9]*( [A-Za-z0-9]+)*$/;
export const LONGEST_LABEL = 40;

/** The heading of a field that was given none; may be no label for a column of the server table. */
export function defaultLabel({ field, column }: FieldRef): string {
  const own = LABELS[field];
  if (own !== undefined) return own;
  const side = field.startsWith("source") ? "Source" : "Destination";
  return column === undefined ? inWords(field) : `${side} ${inWords(column)}`;
}

function inWords(name: string): string {
  const spaced = name.replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2").replaceAll(/[_.-]+/g, " ");
  return spaced.replaceAll(/\b[a-z]/g, (letter) => letter.toUpperCase());
}
