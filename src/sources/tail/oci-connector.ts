import { formatStamp, parseStamp } from "./stamps.ts";
import { reportPassedOver, type Strategy, type Tail } from "./strategy.ts";
import { isIdle, type TimedNames, tailWindow } from "./windows.ts";

/** A key prefix that ends inside or behind a connector's folder, and the folder. */
export const CONNECTOR_FOLDER = /^(.*ocid1\.serviceconnector\.[^/]*\/)/s;

/** `<time of the earliest record>_<time of the latest record>.<n>.log.gz`, as Connector Hub names its objects. */
const NAMES: TimedNames = {
  parse(rest) {
    const stamp = /^(\d{8}T\d{6}Z)_/.exec(rest)?.[1];
    const time = stamp === undefined ? undefined : parseStamp(stamp);
    return stamp === undefined || time === undefined ? undefined : { time, order: stamp };
  },
  stepMs: 1000,
  restAt: formatStamp,
};

/**
 * Connector Hub: a partition for each connector, `<prefix><connector OCID>/`. The first stamp of the names does not grow from object
 * to object (it was seen to go back by 27 minutes), so every pass looks back.
 */
export function ociConnectorTail(tail: Tail, prefix: string): Strategy {
  const { store, settings, now } = tail;
  const passOver = reportPassedOver(tail, "oci-connector");
  const inside = CONNECTOR_FOLDER.exec(prefix)?.[1];
  let swept = Number.NEGATIVE_INFINITY;

  return async function* (seen, signal) {
    if (inside !== undefined) {
      yield* tailWindow(tail, NAMES, inside, seen, signal);
      return;
    }
    const started = now();
    const sweeping = started - swept >= settings.sweepMs;
    for await (const { objects, prefixes } of store.list({ prefix, delimiter: "/" }, signal)) {
      passOver.objects(objects);
      for (const folder of prefixes) {
        if (!CONNECTOR_FOLDER.test(folder)) passOver.folder(folder);
        else if (sweeping || !isIdle(seen, folder, started)) yield* tailWindow(tail, NAMES, folder, seen, signal);
      }
    }
    if (sweeping) swept = started;
  };
}
