import { t as Failure } from "./errors-C4nvsd9u.js";
// src/intake/keys.ts
/** Compares two keys in the byte order of their UTF-8 forms, which is the order of every listing; negative when `a` comes first. */
function compareKeys(a, b) {
	const shorter = Math.min(a.length, b.length);
	for (let index = 0; index < shorter; index += 1) {
		const left = a.charCodeAt(index);
		const right = b.charCodeAt(index);
		if (left !== right) return rank(left) - rank(right);
	}
	return a.length - b.length;
}
/** UTF-16 puts surrogates (code points from U+10000) before U+E000 to U+FFFF, UTF-8 after them. */
function rank(unit) {
	if (unit < 55296) return unit;
	return unit < 57344 ? unit + 8192 : unit - 2048;
}
/** A key that comes after every key which begins with `prefix` and before whatever follows them. */
function endOf(prefix) {
	return `${prefix}\u{10ffff}`;
}
// src/intake/listing.ts
/** The failure of an answer that is no listing; `what` says why, after the name of the bucket. */
function notUnderstood(name, what, cause) {
	return new Failure("not-understood", "bad-answer", `the listing of ${name} ${what}; check endpoint, and what stands between`, { cause });
}
/**
* Checks the pages of one listing, each as it comes: they hold what was asked for, and get on. An answer that passes for a page and is none
* of this listing would hide objects, or never end. `emptyPages`: so many pages without a key may follow one another, where nothing else
* says that the listing gets on. Throws a Failure that is not understood.
*/
function pageGuard(name, prefix, emptyPages = Number.POSITIVE_INFINITY) {
	let reached;
	let empty = 0;
	return (page) => {
		const foreign = [...page.objects.map(({ key }) => key), ...page.prefixes].find((key) => !key.startsWith(prefix));
		if (foreign !== void 0) throw notUnderstood(name, `holds ${JSON.stringify(foreign)}, which does not begin with ${JSON.stringify(prefix)}`);
		const last = [page.objects.at(-1)?.key, page.prefixes.at(-1)].reduce(later);
		if (last !== void 0 && reached !== void 0 && compareKeys(last, reached) <= 0) throw notUnderstood(name, `does not get past ${JSON.stringify(reached)}`);
		empty = last === void 0 ? empty + 1 : 0;
		if (empty > emptyPages) throw notUnderstood(name, "goes on with one empty page after another");
		reached = last ?? reached;
		return page;
	};
}
function later(a, b) {
	if (a === void 0 || b === void 0) return a ?? b;
	return compareKeys(a, b) > 0 ? a : b;
}
export { endOf as i, pageGuard as n, compareKeys as r, notUnderstood as t };
