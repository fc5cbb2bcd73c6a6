import { ibmVpc } from "../clouds/ibm/formats/vpc.ts";
import { ociVcn } from "../clouds/oci/formats/vcn.ts";
import { vcnText } from "../clouds/oci/formats/vcn-text.ts";
import type { Decoder } from "../contracts/decoder.ts";
import { autoFormat } from "./auto.ts";
import { inUtf8 } from "./encoding.ts";
import type { Format } from "./format.ts";
import { gunzip } from "./gunzip.ts";

/** Every log format: a file here and a mapping of the same name in `mappings/formats`. */
const MAKERS = { "oci-vcn": ociVcn, "ibm-vpc": ibmVpc, "vcn-text": vcnText } as const satisfies Record<string, () => Format>;

/** `auto` finds the format of each object from its first lines. */
export type FormatName = "auto" | keyof typeof MAKERS;

export const FORMAT_NAMES: readonly FormatName[] = ["auto", ...(Object.keys(MAKERS) as (keyof typeof MAKERS)[])];

/** A decoder for objects of a format, gzipped or not; it may decode any number of objects side by side. */
export function decoderFor(name: FormatName): Decoder {
  const format = name === "auto" ? autoFormat(Object.values(MAKERS).map((make) => make())) : MAKERS[name]();
  return (bytes, origin, options) => format.decode(inUtf8(gunzip(bytes, options.maxBytes)), origin, options);
}
