import { describeError, UsageError } from "../../lib/errors.ts";
import { look } from "../../lib/look.ts";
import { readContent } from "../tables/content.ts";
import type { NetworkBlock, NetworkEvent } from "./cloud.ts";
import { Document, type Fault } from "./document.ts";
import type { NetworkData } from "./snapshot.ts";

/** What the files hold, as far as it could be understood. */
export interface NetworkReading {
  readonly data: readonly NetworkData[];
  /** One line each: file, place, reason. What they speak of is left out of the data. */
  readonly faults: readonly string[];
}

/** So many faults of one reading are told one by one. */
const MOST_FAULTS = 20;

/** Reads all files once. Throws UsageError, with one line for each file that is missing or is not JSON. */
export async function readNetworkFiles(blocks: readonly NetworkBlock[]): Promise<NetworkReading> {
  const refused: string[] = [];
  const faults: string[] = [];
  const data: NetworkData[] = [];
  const open = async (path: string): Promise<Document | undefined> => {
    const content = await readContent(path);
    if ("problem" in content) {
      refused.push(`${path}: ${content.problem.reason}`);
      return undefined;
    }
    try {
      return new Document(Buffer.from(content.bytes).toString("utf8"), (fault) => faults.push(line(path, fault)));
    } catch (error) {
      refused.push(`${path}: is not JSON: ${describeError(error)}: give what the cloud's command line prints with --output json`);
      return undefined;
    }
  };
  for (const { network, options } of blocks) {
    const read = await network.read(options, open, (fault) => faults.push(fault));
    if (read !== undefined) data.push(read);
  }
  if (refused.length > 0) throw new UsageError("bad-network", refused.join("\n"));
  return { data, faults };
}

function line(path: string, { place, reason }: Fault): string {
  return place === "" ? `${path}: ${reason}` : `${path}: ${place}: ${reason}`;
}

/** Tells the faults of a reading, the first of them one by one. */
function tellFaults(faults: readonly string[], onEvent: (event: NetworkEvent) => void): void {
  for (const message of faults.slice(0, MOST_FAULTS)) onEvent({ ok: false, message: `${message}; the rest is used` });
  if (faults.length > MOST_FAULTS) onEvent({ ok: false, message: `${faults.length - MOST_FAULTS} more such faults` });
}

/** What the files hold, kept up to date with them until it is closed. */
export interface FilesWatch {
  readonly data: readonly NetworkData[];
  close(): void;
}

/**
 * Reads the files (UsageError where one is missing or wrong), then looks at them every `refreshMs`. When one has changed and all
 * look the same at two looks, all are read again and taken over in one step; if one is refused, what was last good stays in use.
 */
export async function watchNetworkFiles(
  blocks: readonly NetworkBlock[],
  refreshMs: number,
  onEvent: (event: NetworkEvent) => void,
  onChange: () => void,
): Promise<FilesWatch> {
  const paths = blocks.flatMap(({ network, options }) => network.files(options));
  const stamps = async () => (await Promise.all(paths.map((path) => look(path)))).map(({ stamp }) => stamp).join();
  let read = await stamps();
  let reading = await readNetworkFiles(blocks);
  tellFaults(reading.faults, onEvent);
  let last = read;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;

  const refresh = async () => {
    const now = await stamps();
    const rests = now === last;
    last = now;
    if (now === read || !rests) return;
    read = now;
    const fresh = await readNetworkFiles(blocks);
    if (closed) return;
    reading = fresh;
    tellFaults(reading.faults, onEvent);
    onEvent({ ok: true, message: `network description reloaded: ${paths.join(", ")}` });
    onChange();
  };
  const tick = async () => {
    try {
      await refresh();
    } catch (error) {
      if (!closed) onEvent({ ok: false, message: `${describeError(error)}; the last good network description stays in use` });
    }
    if (!closed) schedule();
  };
  const schedule = () => {
    timer = setTimeout(() => void tick(), refreshMs).unref();
  };
  if (paths.length > 0) schedule();
  return {
    get data() {
      return reading.data;
    },
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}
