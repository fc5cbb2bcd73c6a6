// src/lib/nearest.ts
/** The candidate that a mistyped word most likely means, or undefined when none is close. */
function nearest(word, candidates) {
	let best;
	let bestDistance = Math.max(1, Math.floor(word.length / 3)) + 1;
	for (const candidate of candidates) {
		const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
		if (distance < bestDistance) {
			best = candidate;
			bestDistance = distance;
		}
	}
	return best;
}
/** Optimal string alignment distance: letters inserted, left out, replaced, or swapped with their neighbour. */
function editDistance(a, b) {
	let beforeLast = [];
	let last = Array.from({ length: b.length + 1 }, (_, index) => index);
	for (let i = 1; i <= a.length; i += 1) {
		const row = [i];
		for (let j = 1; j <= b.length; j += 1) {
			const substituted = last[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
			const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? (beforeLast[j - 2] ?? i + j) + 1 : i + j;
			row.push(Math.min(last[j] + 1, row[j - 1] + 1, substituted, swapped));
		}
		[beforeLast, last] = [last, row];
	}
	return last[b.length];
}
export { nearest as t };
