import { homedir } from "node:os";
import { join } from "node:path";

/** Where the engines are kept once they were fetched: they weigh more than a gigabyte. */
export const CACHE = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "flowferry-engines");
