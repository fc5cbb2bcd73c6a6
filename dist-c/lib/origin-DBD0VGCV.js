import { createHash } from "node:crypto";
// src/flow/origin.ts
/** Outside of a worker a source is called as its store is. */
function originOf(store, key, etag, source = store) {
	return {
		store,
		key,
		etag,
		source,
		digest: createHash("sha256").update(`${store}\0${key}\0${etag}`).digest("hex").slice(0, 24)
	};
}
export { originOf as t };
