// src/lib/ip/ipv4.ts
const DOT$1 = 46;
const ZERO = 48;
/** The bits of the address that `readIpv4` read last, as a signed integer. One place serves all: reading is synchronous. */
const ipv4Bits = /* @__PURE__ */ new Int32Array(1);
/** Reads the text between the two places as an IPv4 address: four decimal numbers without leading zeros. False for anything else. */
function readIpv4(text, start, end) {
	let bits = 0;
	let octet = -1;
	let octets = 0;
	for (let i = start; i < end; i++) {
		const c = text.charCodeAt(i);
		if (c === DOT$1) {
			if (octet < 0 || ++octets > 3) return false;
			bits = bits << 8 | octet;
			octet = -1;
		} else if (c >= ZERO && c <= 57) {
			if (octet === 0) return false;
			octet = octet < 0 ? c - ZERO : octet * 10 + c - ZERO;
			if (octet > 255) return false;
		} else return false;
	}
	if (octets !== 3 || octet < 0) return false;
	ipv4Bits[0] = bits << 8 | octet;
	return true;
}
/** The address of these bits, in the only form that `readIpv4` reads. */
function formatIpv4(bits) {
	return `${bits >>> 24}.${bits >>> 16 & 255}.${bits >>> 8 & 255}.${bits & 255}`;
}
// src/lib/ip/address.ts
var IpAddress = class {
	family;
	w0;
	w1;
	w2;
	w3;
	constructor(family, w0, w1, w2, w3) {
		this.family = family;
		this.w0 = w0;
		this.w1 = w1;
		this.w2 = w2;
		this.w3 = w3;
	}
};
const DOT = 46;
const COLON = 58;
const PERCENT = 37;
const MAPPED = 65535;
/** The words of the address that `readAddress` read last. One buffer serves all: reading is synchronous. */
const words = /* @__PURE__ */ new Int32Array(4);
/**
* Reads an address: IPv4 as four decimal numbers without leading zeros, IPv6 in the forms of RFC 4291 2.2, with or without a
* zone (RFC 4007). Undefined for anything else.
*/
function parseAddress(text) {
	const family = readAddress(text);
	if (family === 0) return void 0;
	return new IpAddress(family, words[0], words[1], words[2], words[3]);
}
/** As `parseAddress`, into `words`: returns the family, or 0 for anything else. Runs twice for every flow, and allocates nothing. */
function readAddress(text) {
	const end = text.length;
	if (end < 2 || end > 100) return 0;
	for (let i = 0; i < 5 && i < end; i++) {
		const c = text.charCodeAt(i);
		if (c === COLON) return readIpv6(text);
		if (c === DOT) break;
	}
	if (!readIpv4(text, 0, end)) return 0;
	words[0] = ipv4Bits[0];
	words[1] = words[2] = words[3] = 0;
	return 4;
}
function hexValue(c) {
	if (c >= 48 && c <= 57) return c - 48;
	if (c >= 97 && c <= 102) return c - 87;
	if (c >= 65 && c <= 70) return c - 55;
	return -1;
}
const groups = /* @__PURE__ */ new Uint16Array(8);
function readIpv6(text) {
	const end = text.length;
	let count = 0;
	let gap = -1;
	let i = 0;
	if (text.charCodeAt(0) === COLON) {
		if (text.charCodeAt(1) !== COLON) return 0;
		gap = 0;
		i = 2;
	}
	while (i < end) {
		const start = i;
		let value = 0;
		let c = 0;
		for (; i < end; i++) {
			c = text.charCodeAt(i);
			const digit = hexValue(c);
			if (digit < 0) break;
			value = value << 4 | digit;
		}
		if (i < end && c === DOT) {
			const zone = text.indexOf("%", i);
			if (zone === end - 1 || count > 6 || !readIpv4(text, start, zone < 0 ? end : zone)) return 0;
			const tail = ipv4Bits[0];
			groups[count++] = tail >>> 16;
			groups[count++] = tail;
			break;
		}
		if (i < end && c === PERCENT) {
			if (i === end - 1) return 0;
			if (i === start && gap === count) break;
		}
		if (i === start || i - start > 4 || count === 8) return 0;
		groups[count++] = value;
		if (i === end || c === PERCENT) break;
		if (c !== COLON || ++i === end) return 0;
		if (text.charCodeAt(i) === COLON) {
			if (gap >= 0) return 0;
			gap = count;
			i++;
		}
	}
	if (gap < 0 ? count !== 8 : count === 8) return 0;
	if (gap >= 0) {
		const moved = 8 - (count - gap);
		for (let from = count - 1, to = 7; from >= gap; from--, to--) groups[to] = groups[from];
		for (let g = gap; g < moved; g++) groups[g] = 0;
	}
	for (let w = 0; w < 4; w++) words[w] = groups[2 * w] << 16 | groups[2 * w + 1];
	if (words[0] !== 0 || words[1] !== 0 || words[2] !== MAPPED) return 6;
	words[0] = words[3];
	words[1] = words[2] = words[3] = 0;
	return 4;
}
export { formatIpv4 as a, words as i, parseAddress as n, ipv4Bits as o, readAddress as r, readIpv4 as s, IpAddress as t };
