import { every } from "../../intake/tail/every.ts";
import type { Layout } from "../../intake/tail/layout.ts";
import { formatStamp, parseStamp } from "../../intake/tail/stamps.ts";
import { reportPassedOver, type Strategy, type Tail } from "../../intake/tail/strategy.ts";
import { isIdle, type TimedNames } from "../../intake/tail/window.ts";
import { tailHinted, tailWindow } from "../../intake/tail/windows.ts";

/** How the folder of a connector is called. */
const ROOT = "ocid1.serviceconnector.";
/** A key prefix that ends inside or behind a connector's folder, and the folder. */
const CONNECTOR_FOLDER = /^(.*ocid1\.serviceconnector\.[^/]*\/)/s;

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
function ociConnectorTail(tail: Tail, prefix: string): Strategy {
  const { store, settings, now } = tail;
  const passOver = reportPassedOver(tail, "oci-connector");
  const inside = CONNECTOR_FOLDER.exec(prefix)?.[1];
  const sweep = every(settings.sweepMs);
  const lateSweep = every(settings.lateSweepMs);

  return async function* (seen, signal, within = "") {
    const started = now();
    const hinted = CONNECTOR_FOLDER.exec(within)?.[1];
    if (hinted?.startsWith(prefix)) {
      yield* tailHinted(tail, NAMES, hinted, seen, signal);
      return;
    }
    const late = lateSweep.isDue(started);
    if (inside !== undefined) {
      yield* tailWindow(tail, NAMES, inside, { late }, seen, signal);
    } else {
      const everywhere = late || sweep.isDue(started);
      for await (const { objects, prefixes } of store.list({ prefix, delimiter: "/" }, signal)) {
        passOver.objects(objects);
        for (const folder of prefixes) {
          if (!CONNECTOR_FOLDER.test(folder)) passOver.folder(folder);
          else if (everywhere || !isIdle(seen, folder, started)) yield* tailWindow(tail, NAMES, folder, { late }, seen, signal);
        }
      }
      if (everywhere) sweep.done(started);
    }
    if (late) lateSweep.done(started);
  };
}

/** Objects as Connector Hub writes them. */
export const ociConnector: Layout = {
  name: "oci-connector",
  summary: "folders named by a connector's OCID directly under `prefix`, whose object names begin with a time",
  root: ROOT,
  holds: (prefix) => CONNECTOR_FOLDER.test(prefix),
  tail: ociConnectorTail,
};
