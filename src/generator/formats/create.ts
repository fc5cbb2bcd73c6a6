import type { Settings } from "../options.ts";
import type { Pace } from "../pace.ts";
import type { World } from "../world.ts";
import { AwsDialect, AwsNames } from "./aws.ts";
import type { Format } from "./format.ts";
import { IbmFormat } from "./ibm.ts";
import { IbmNames } from "./ibm-records.ts";
import { LineFormat } from "./lines.ts";
import { OciDialect } from "./oci.ts";
import { OciNames } from "./oci-records.ts";
import { TextDialect } from "./text.ts";

/** The format that the settings name. */
export function createFormat(settings: Settings, world: World, pace: Pace): Format {
  const { format, seed, prefix, gzipLevel, quality, wrapped, encodedKeys } = settings;
  const { hosts } = world;
  if (format === "ibm") {
    const { flowsPerObject, extraObjects } = pace;
    const names = new IbmNames(seed, world);
    return new IbmFormat(names, { hosts, gzipLevel, prefix, encodedKeys, quality, flowsPerObject, extraObjects });
  }
  const lines = { hosts, gzipLevel, quality, windows: pace.windows };
  if (format === "aws") return new LineFormat(new AwsDialect(new AwsNames(seed, world), { prefix }), lines);
  const names = new OciNames(seed, world);
  const dialect = format === "oci" ? new OciDialect(names, { prefix, wrapped }) : new TextDialect(names, { prefix });
  return new LineFormat(dialect, lines);
}
