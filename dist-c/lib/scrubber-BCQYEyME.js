import { a as isWordy, i as folded, o as standsOut, r as isSecretName, t as addCredentials } from "./of-url-LZfHtLOe.js";
// src/lib/secrets/of-headers.ts
/** Adds the value of a request header: as it stands, the token after the scheme, and what Basic is made of. */
function addHeader(secrets, name, value) {
	if (PUBLIC_HEADER.test(name)) return;
	const [, scheme = "", token] = /^\s*([A-Za-z][\w-]*)\s+(\S.*?)\s*$/.exec(value) ?? [];
	if (token === void 0 && !isSecretName(name) && isWordy(value)) {
		secrets.addWords(value, name);
		return;
	}
	secrets.add(value, name);
	if (token === void 0) return;
	secrets.add(token, name);
	if (/^basic$/i.test(scheme)) addCredentials(secrets, Buffer.from(token, "base64").toString());
}
/** Headers whose values are the vocabulary of HTTP. */
const PUBLIC_HEADER = /^(?:accept(?:-.*)?|content-.*|cache-control|user-agent|connection|host)$/i;
// src/lib/secrets/reading.ts
/** Escapes lie within escapes: a URL in a JSON text in a JSON text. */
const DEEPEST = 6;
/**
* The text as it stands, with its escapes undone, with the escapes of that undone and so on, and each of these without blanks: what
* was percent-encoded, escaped for JSON or HTML, or broken into lines reads as what it was made of.
*/
function* readingsOf(text) {
	let reading = asItStands(text);
	for (let depth = 0;; depth += 1) {
		yield reading;
		if (BLANK.test(reading.text)) yield read(reading, BLANKS, () => "");
		const deeper = read(reading, ESCAPE, meaningOf);
		if (deeper.text === reading.text || depth === DEEPEST) return;
		reading = deeper;
	}
}
/** The text with all its escapes undone, however deep. */
function plain(text) {
	let reading = asItStands(text);
	for (let depth = 0; depth < DEEPEST; depth += 1) reading = read(reading, ESCAPE, meaningOf);
	return reading.text;
}
/** Spaces, line breaks, control characters and what cannot be seen. */
const BLANK = /[\p{Z}\p{Cc}\p{Cf}]/u;
const BLANKS = new RegExp(BLANK, "gu");
/** The text without blanks. */
function squeezed(text) {
	return text.replaceAll(BLANKS, "");
}
/** An octet percent-encoded, alone or with those that make one character with it; the escapes of JSON and of HTML. */
const ESCAPE = /%[0-7][0-9A-Fa-f]|%[CDcd][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Ee][0-9A-Fa-f](?:%[89ABab][0-9A-Fa-f]){2}|%[Ff][0-7](?:%[89ABab][0-9A-Fa-f]){3}|%[89A-Fa-f][0-9A-Fa-f]|\\(?:u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}|["'`\\/bfnrt])|&(?:#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|amp|lt|gt|quot|apos|nbsp);/g;
const LETTERS = {
	b: "\b",
	f: "\f",
	n: "\n",
	r: "\r",
	t: "	"
};
const ENTITIES = {
	amp: "&",
	lt: "<",
	gt: ">",
	quot: "\"",
	apos: "'",
	nbsp: " "
};
function meaningOf(written) {
	if (written.startsWith("%")) return octets(written);
	if (written.startsWith("\\")) {
		const rest = written.slice(1);
		return rest.length > 1 ? String.fromCharCode(Number.parseInt(rest.slice(1), 16)) : LETTERS[rest] ?? rest;
	}
	const name = written.slice(1, -1);
	if (!name.startsWith("#")) return ENTITIES[name] ?? written;
	const code = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
	return code <= 1114111 ? String.fromCodePoint(code) : written;
}
/** UTF-8, or where it is none, Latin-1. */
function octets(written) {
	try {
		return decodeURIComponent(written);
	} catch {
		return Buffer.from(written.replaceAll("%", ""), "hex").toString("latin1");
	}
}
function asItStands(text) {
	const starts = Array.from({ length: text.length }, (_, index) => index);
	return {
		text,
		starts,
		ends: starts.map((start) => start + 1)
	};
}
/** The reading with each match replaced; what stands for a match has the place of the whole match. */
function read(reading, pattern, meaning) {
	const starts = [];
	const ends = [];
	let copied = 0;
	const copyTo = (end) => {
		for (; copied < end; copied += 1) {
			starts.push(reading.starts[copied]);
			ends.push(reading.ends[copied]);
		}
	};
	const text = reading.text.replaceAll(pattern, (match, at) => {
		const meant = meaning(match);
		copyTo(at);
		copied = at + match.length;
		for (let unit = 0; unit < meant.length; unit += 1) {
			starts.push(reading.starts[at]);
			ends.push(reading.ends[copied - 1]);
		}
		return meant;
	});
	copyTo(reading.text.length);
	return {
		text,
		starts,
		ends
	};
}
// src/lib/secrets/needles.ts
/** All spellings of a secret that stands out. */
function needlesOf(value) {
	return [.../* @__PURE__ */ new Set([...spellings(value), ...base64s(value)])].map((text) => {
		const inAnyCase = folded(text);
		return standsOut(inAnyCase) ? {
			text: inAnyCase,
			inAnyCase: true
		} : {
			text,
			inAnyCase: false
		};
	});
}
/** The value as it stands and without escapes of its own; spaces as forms have them; without blanks. */
function spellings(value) {
	const all = [value, plain(value)].flatMap((text) => [text, text.replaceAll(" ", "+")]);
	return [...all, ...all.map(squeezed)].filter(({ length }) => length >= 6);
}
/**
* The value in base64 and base64url, wherever it begins in what was encoded: only the characters that are the value's alone, since the
* first and the last may be its neighbours' too.
*/
function base64s(value) {
	const forms = [
		value,
		encodeURIComponent(value.toWellFormed()),
		JSON.stringify(value).slice(1, -1)
	];
	return [...new Set(forms)].flatMap((form) => [
		0,
		1,
		2
	].flatMap((before) => {
		const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(form)]);
		const own = (text) => text.slice(before === 0 ? 0 : before + 1, Math.floor(bytes.length * 8 / 6));
		return [own(bytes.toString("base64")), own(bytes.toString("base64url"))];
	}));
}
// src/lib/secrets/scrubber.ts
/** What stands where a secret was. */
const MARK = "***";
/** How many of the secrets that pass are known, the latest. */
const MOST_PASSING = 64;
/**
* Knows every secret of one process, and takes them out of every text that leaves it. A secret is found as it is, percent-encoded,
* escaped for JSON or HTML, in base64, in capitals, broken into lines, and cut off after some characters.
*
* A secret that could be a word (shorter than 6 characters, or a plain word or number of less than 12) is only taken out where it
* stands beside its name, as in `token=example`: "example" and "true" keep their meaning everywhere else.
*/
var Scrubber = class {
	#secrets = /* @__PURE__ */ new Map();
	#passing = [];
	/** Undefined when there are secrets that it does not know. */
	#finder;
	add(value, ...names) {
		this.#keep({
			value,
			names,
			standsOut: standsOut(value)
		});
	}
	addWords(value, name) {
		this.#keep({
			value,
			names: [name],
			standsOut: false
		});
	}
	addPassing(value) {
		const key = this.#keep({
			value,
			names: [],
			standsOut: standsOut(value)
		});
		if (key !== void 0 && this.#passing.push(key) > MOST_PASSING) this.#secrets.delete(this.#passing.shift());
	}
	/** The key of a secret that is new. */
	#keep(secret) {
		const key = JSON.stringify(secret);
		if (secret.value === "" || this.#secrets.has(key)) return void 0;
		this.#secrets.set(key, secret);
		this.#finder = void 0;
		return key;
	}
	/** The text without secrets. */
	scrub = (text) => {
		this.#finder ??= finderOf([...this.#secrets.values()]);
		const spans = [];
		for (const { text: read, starts, ends } of readingsOf(text)) for (const [from, to] of this.#finder(read)) spans.push([starts[from], ends[to - 1]]);
		return withoutSpans(text, spans);
	};
};
function finderOf(secrets) {
	const needles = secrets.filter((secret) => secret.standsOut).flatMap(({ value }) => needlesOf(value));
	const exact = searchFor(needles.filter(({ inAnyCase }) => !inAnyCase));
	const inAnyCase = searchFor(needles.filter((needle) => needle.inAnyCase));
	const besideNames = secrets.filter((secret) => !secret.standsOut).map(besideItsName);
	return (text) => [
		...exact(text),
		...inAnyCase(folded(text)),
		...besideNames.flatMap((find) => find(text))
	];
}
/** Least of a secret that is recognized where it was cut, in characters. */
const LEAST_BEGINNING = 8;
/**
* Finds needles, whole or their beginning: a text may have been cut, by whoever wrote it or by this program. Goes through the text once,
* however many needles there are.
*/
function searchFor(needles) {
	const byBeginning = Map.groupBy(needles.map(({ text }) => text), (needle) => needle.slice(0, 6));
	if (needles.length === 0) return () => [];
	return (text) => {
		const spans = [];
		for (let at = 0; at + 6 <= text.length; at += 1) for (const needle of byBeginning.get(text.slice(at, at + 6)) ?? []) {
			let end = at + 6;
			while (end - at < needle.length && text[end] === needle[end - at]) end += 1;
			if (end - at >= LEAST_BEGINNING && standsOut(text.slice(at, end)) || end - at === needle.length) spans.push([at, end]);
		}
		return spans;
	};
}
/** What any secret may be called. Only a value of some length is looked for beside them. */
const COMMON_NAMES = [
	"password",
	"passwd",
	"pass",
	"pwd",
	"secret",
	"token",
	"key",
	"credentials"
];
function besideItsName({ value, names }) {
	const all = value.length < 4 ? names : [...names, ...COMMON_NAMES];
	if (all.length === 0) return () => [];
	const name = all.map((one) => RegExp.escape(one)).join("|");
	const pattern = new RegExp(`(?<![A-Za-z0-9])(?:${name})["'\`\\])]*(?:\\s*[:=>([]\\s*|\\s+)["'\`([]*(?:[A-Za-z]+\\s+)?["'\`]?(${RegExp.escape(value)})(?![A-Za-z0-9])`, "gid");
	return (text) => [...text.matchAll(pattern)].map(({ indices }) => indices?.[1]);
}
function withoutSpans(text, spans) {
	let [clean, end] = ["", 0];
	let isMarked = false;
	for (const [from, to] of spans.sort(([a], [b]) => a - b)) {
		if (from > end || !isMarked) clean += text.slice(end, from) + MARK;
		isMarked = true;
		end = Math.max(end, to);
	}
	return clean + text.slice(end);
}
export { addHeader as n, Scrubber as t };
