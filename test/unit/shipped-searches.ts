import { asset } from "../../src/lib/assets.ts";
import { isNative, loadSearches } from "../../src/searches/load.ts";
import type { Search } from "../../src/searches/search.ts";

const shipped = loadSearches(asset("deploy/searches"));

/** The searches that ship, but for those that one service alone understands; read once in a process. */
export const searches = shipped.searches.filter((search): search is Search => !isNative(search));
export const { errors } = shipped;
