import type { Config } from "../config/load.ts";
import type { Inlet } from "../delivery/inlet.ts";
import { type Enrichment, tablesAlone } from "../enrich/enrichment.ts";
import type { EnrichOptions } from "../enrich/options.ts";
import { isUnbounded } from "../flow/window.ts";
import { decoderFor } from "../formats/formats.ts";
import { version } from "../lib/version.ts";
import { TranscodingHere } from "../transcode/here.ts";
import { isTranscoded, transcoderOf } from "../transcode/sink.ts";
import { windowOf } from "./threads.ts";

interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  readonly enrichments: ReadonlyMap<EnrichOptions, Enrichment>;
  /** Whether anything but the sinks needs flows. */
  readonly needsFlows: boolean;
}

/** Whether records can be encoded as they are read: where one sink needs them, all of them, in the form that is written then, and nobody else. */
export function transcodes({ sinks }: Config, { env, enrichments, needsFlows }: Surroundings): boolean {
  const [sink, ...others] = sinks;
  if (needsFlows || sink === undefined || others.length > 0) return false;
  return [...enrichments.values()].every(({ isPortable }) => isPortable) && isTranscoded(sink, env);
}

/** Reads the inlets of a configuration that is transcoded, in this thread. */
export function transcodingHere(
  { sinks, sources, registry, baseDir }: Config,
  enrichments: ReadonlyMap<EnrichOptions, Enrichment>,
  now: number,
): (inlet: Omit<Inlet, "read">, index: number) => Inlet {
  const [sink] = sinks;
  if (sink === undefined) throw new Error("there is no sink");
  const here = new TranscodingHere(sink.name, transcoderOf(sink.options, { baseDir, version }));
  const blocks = [...enrichments.keys()];
  return (inlet, index) => {
    const source = sources[index];
    if (source === undefined) throw new Error(`there is no source ${index}`);
    const { format, filter, enrich } = source;
    const isWhole = isUnbounded(windowOf(filter, now));
    const enrichment = enrichments.get(enrich);
    const tables = () => enrichment && tablesAlone(enrichment.tables(), enrichment.network(), enrichment.asks);
    const stages = { ...inlet, decode: decoderFor(registry.formats, format), enrichment: blocks.indexOf(enrich) };
    return { ...inlet, read: here.reader(stages, isWhole ? tables : () => undefined) };
  };
}
