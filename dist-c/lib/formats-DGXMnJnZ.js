import { a as Broken, i as peek, l as BYTE_ORDER_MARK, o as Piece } from "./document-CPa8tZmV.js";
import { crc32, createInflateRaw, inflateRawSync } from "node:zlib";
// src/formats/member-names.ts
/** A string, a punctuation mark, or any other run of characters. */
const TOKEN = /\s*(?:("[^"\\\n]*(?:\\.[^"\\\n]*)*")|([{}[\],:])|[^\s{}[\],:"]+)/y;
/** Names of the members of the JSON object that begins there, as far as the text goes and is JSON. */
function memberNames(text, start) {
	const names = /* @__PURE__ */ new Set();
	const token = new RegExp(TOKEN);
	token.lastIndex = start;
	let depth = 0;
	let atName = false;
	let name;
	for (let match = token.exec(text); match !== null; match = token.exec(text)) {
		const [, string, mark] = match;
		if (mark === ":" && name !== void 0) names.add(name);
		name = atName && string !== void 0 ? string.slice(1, -1) : void 0;
		atName = false;
		if (mark === "{" || mark === "[") {
			depth++;
			atName = depth === 1;
		} else if (mark === "}" || mark === "]") {
			if (--depth <= 0) break;
		} else if (mark === ",") atName = depth === 1;
	}
	return names;
}
// src/formats/auto.ts
/** How much of an object is looked at to find its format, from its first visible byte on. */
const SAMPLE_BYTES = 65536;
/** Lines that are looked at, and objects in lists. */
const MOST_SAMPLES = 32;
/** Where an object begins. */
const OBJECT = /\{\s*["}]/g;
/** An object in a list. */
const ELEMENT = /[[,]\s*(?=\{)/g;
/**
* The format that recognises one of an object's first lines, or of the JSON objects in its first lists. An object of no known format is
* one bad record, `unknown-format`; one without a visible character, or of empty lists, has no record.
*/
function autoFormat(kinds) {
	const known = kinds.map(({ name }) => name).join(", ");
	const formats = kinds.map((kind) => kind.create());
	return {
		recognises: (sample) => formats.some((format) => format.recognises(sample)),
		decode: (unpacked, origin, options) => decodeUnknown(formats, known, unpacked, origin, options)
	};
}
async function* decodeUnknown(formats, known, unpacked, origin, options) {
	const { head, whole, release } = await peek(unpacked, SAMPLE_BYTES);
	try {
		const text = head.toString("latin1", 0, SAMPLE_BYTES);
		const format = find(formats, text);
		if (format !== void 0) {
			yield* format.decode(whole, origin, options);
			return;
		}
		const piece = new Piece(options.skip);
		if (unpacked.fault !== void 0) piece.breakOff(unpacked.fault);
		else if (!isEmptyLists(text)) piece.breakOff({
			code: "unknown-format",
			reason: `the first lines are of no known format (${known})`
		});
		if (!piece.isEmpty) yield piece;
	} finally {
		await release();
	}
}
function find(formats, text) {
	for (const sample of samples(text)) {
		const format = formats.find((candidate) => candidate.recognises(sample));
		if (format !== void 0) return format;
	}
}
function* samples(text) {
	let start = 0;
	for (let count = 0; count < MOST_SAMPLES && start < text.length; count++) {
		const newline = text.indexOf("\n", start);
		const end = newline === -1 ? text.length : newline;
		const line = text.slice(start, end);
		OBJECT.lastIndex = start;
		const object = line.trimStart().startsWith("\"") ? end : OBJECT.exec(text)?.index ?? end;
		yield sampleAt(text, Math.min(object, end), line);
		start = end + 1;
	}
	let count = 0;
	for (const { index, 0: before } of text.matchAll(ELEMENT)) {
		yield sampleAt(text, index + before.length, "");
		if (++count === MOST_SAMPLES) return;
	}
}
function sampleAt(text, start, line) {
	return {
		line,
		names: text[start] === "{" ? memberNames(text, start) : void 0
	};
}
/** Whether there is nothing but lists without anything in them, which have no record. */
function isEmptyLists(text) {
	let depth = 0;
	for (const character of text.replaceAll(/[\s,]/g, "")) {
		depth += character === "[" ? 1 : -1;
		if (character !== "[" && character !== "]" || depth < 0) return false;
	}
	return depth === 0;
}
// src/formats/utf16.ts
const UNIT_BYTES = 2;
const HALF = /\p{Cs}/u;
/** What stands for half a character, as which UTF-8 has no form: no UTF-8 either, so that its record is set aside. */
const NO_UTF8 = Buffer.from([
	237,
	160,
	128
]);
/** UTF-16, which is what the shell of Windows writes into files, to UTF-8, in any pieces. */
var Utf16 = class {
	#order;
	#rest = Buffer.alloc(0);
	constructor(order) {
		this.#order = order;
	}
	feed(chunk) {
		const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
		let end = bytes.length - bytes.length % UNIT_BYTES;
		if (end > 0 && this.#isHigh(bytes, end - UNIT_BYTES)) end -= UNIT_BYTES;
		this.#rest = Buffer.from(bytes.subarray(end));
		const units = Buffer.from(bytes.subarray(0, end));
		return utf8Of((this.#order === "big" ? units.swap16() : units).toString("utf16le"));
	}
	/** What is left of a character. */
	end() {
		return this.#rest.length === 0 ? this.#rest : NO_UTF8;
	}
	/** Whether the unit is the first half of a character. */
	#isHigh(bytes, at) {
		return (bytes[this.#order === "big" ? at : at + 1] & 252) === 216;
	}
};
function utf8Of(text) {
	if (text.isWellFormed()) return Buffer.from(text);
	return Buffer.concat(text.split(HALF).flatMap((part, index) => index === 0 ? [Buffer.from(part)] : [NO_UTF8, Buffer.from(part)]));
}
// src/formats/encoding.ts
/** The marks that text begins with, and what it is written in then. */
const MARKS = [
	{
		mark: BYTE_ORDER_MARK,
		begin: void 0
	},
	{
		mark: Buffer.from([255, 254]),
		begin: () => new Utf16("little")
	},
	{
		mark: Buffer.from([254, 255]),
		begin: () => new Utf16("big")
	}
];
/** Text in UTF-8 and without a byte order mark, also where a mark says that it is UTF-16. Bytes without a mark are handed on as they are. */
function inUtf8(unpacked) {
	async function* chunks() {
		let head = Buffer.alloc(0);
		let text;
		for await (const chunk of unpacked.chunks) {
			let rest = chunk;
			if (head !== void 0) {
				const begun = head.length === 0 ? chunk : Buffer.concat([head, chunk]);
				head = begun;
				if (MARKS.some(({ mark }) => begun.length < mark.length && mark.subarray(0, begun.length).equals(begun))) continue;
				const found = MARKS.find(({ mark }) => mark.equals(begun.subarray(0, mark.length)));
				text = found?.begin?.();
				rest = begun.subarray(found?.mark.length ?? 0);
				head = void 0;
			}
			const bytes = text === void 0 ? rest : text.feed(rest);
			if (bytes.length > 0) yield bytes;
		}
		const last = text === void 0 ? head : text.end();
		if (last !== void 0 && last.length > 0) yield last;
	}
	return {
		chunks: chunks(),
		get fault() {
			return unpacked.fault;
		}
	};
}
// src/formats/inflate.ts
/** Most compressed bytes that one call decompresses. */
const PIECE_BYTES = 65536;
/** Size of the chunks handed out, and what one call produces at most. */
const OUTPUT_BYTES = 262144;
/** Decompression pauses when this much waits to be taken. */
const QUEUE_BYTES = 1048576;
/** Of the piece that fails, how many bytes are tried at once. */
const COARSE_BYTES = 256;
/** Compressed bytes kept of one deflate stream, to read up to the very place of a break; past it, what the failing call had made is lost. */
const TAPE_BYTES = 1048576;
/**
* Decompresses one raw deflate stream (RFC 1951) from where the input stands, and leaves the input right behind it. Throws Broken
* with `truncated-gzip` or `corrupt-gzip` after everything before the break was handed out. Memory does not depend on the ratio of
* compression, nor on the length of the stream. `brief`: the stream is likely to be short.
*/
async function* inflate(input, brief = false) {
	const whole = brief && await input.more() ? inflateAtOnce(input) : void 0;
	if (whole !== void 0) {
		if (whole.length > 0) yield whole;
		return;
	}
	const stream = new Stream();
	let tape = [];
	let taped = 0;
	let delivered = 0;
	try {
		for (;;) {
			if (!await input.more()) throw new Broken("truncated-gzip", "the gzip data ends before its end: the object is not whole");
			const piece = input.take(PIECE_BYTES);
			for await (const output of stream.write(piece)) {
				delivered += output.length;
				yield output;
			}
			if (stream.error !== void 0) {
				if (tape !== void 0) yield* salvage(tape, piece, delivered);
				throw new Broken("corrupt-gzip", `the gzip data is corrupt (${stream.error.message})`);
			}
			if (stream.unconsumed > 0) {
				input.back(stream.unconsumed);
				return;
			}
			taped += piece.length;
			if (taped > TAPE_BYTES) tape = void 0;
			else tape?.push(piece);
		}
	} finally {
		stream.destroy();
	}
}
/**
* The whole of a deflate stream that ends within the piece at hand and is no longer than one output; undefined of any other, with the input
* where it stood. An object of many short members would spend its time on making a stream for each.
*/
function inflateAtOnce(input) {
	const piece = input.take(PIECE_BYTES);
	try {
		const { buffer, engine } = inflateRawSync(piece, {
			info: true,
			maxOutputLength: OUTPUT_BYTES
		});
		input.back(piece.length - engine.bytesWritten);
		return buffer;
	} catch {
		input.back(piece.length);
		return;
	}
}
/**
* What the failing call had made of `piece` is lost with it, so the stream is decompressed again: in small parts up to the one that
* fails, then byte by byte. `delivered` bytes of it were handed out before.
*/
async function* salvage(tape, piece, delivered) {
	const parts = [...tape, ...partsOf(piece, COARSE_BYTES)];
	let good = 0;
	for await (const _ of replay(parts)) good++;
	const found = [];
	let left = delivered;
	for await (const outputs of replay([...parts.slice(0, good), ...parts.slice(good, good + 1).flatMap((part) => partsOf(part, 1))])) for (const output of outputs) {
		if (output.length > left) found.push(output.subarray(left));
		left = Math.max(0, left - output.length);
	}
	if (found.length > 0) yield Buffer.concat(found);
}
/** What each part of a stream decompresses to, up to the part that fails. */
async function* replay(parts) {
	const stream = new Stream();
	try {
		for (const part of parts) {
			const outputs = [];
			for await (const output of stream.write(part)) outputs.push(output);
			if (stream.error !== void 0) return;
			yield outputs;
		}
	} finally {
		stream.destroy();
	}
}
function partsOf(bytes, length) {
	const parts = [];
	for (let at = 0; at < bytes.length; at += length) parts.push(bytes.subarray(at, at + length));
	return parts;
}
/** zlib's stream, one piece of input at a time. */
var Stream = class {
	#inflate = createInflateRaw({
		chunkSize: OUTPUT_BYTES,
		readableHighWaterMark: 1
	});
	#output = [];
	#queued = 0;
	#wake = () => {};
	error = void 0;
	/** Bytes of the piece written last that stand behind the end of the stream. */
	unconsumed = 0;
	constructor() {
		this.#inflate.on("data", (chunk) => {
			this.#output.push(chunk);
			this.#queued += chunk.length;
			if (this.#queued >= QUEUE_BYTES) this.#inflate.pause();
			this.#wake();
		});
		this.#inflate.on("error", (error) => {
			this.error = error;
			this.#wake();
		});
	}
	/** What the piece decompresses to. Ends early with `error` set when the piece is no part of a deflate stream. */
	async *write(piece) {
		const before = this.#inflate.bytesWritten;
		let written = false;
		this.#inflate.write(piece, () => {
			written = true;
			this.#wake();
		});
		while (!written && this.error === void 0 || this.#output.length > 0) {
			if (this.#output.length === 0) {
				await new Promise((resolve) => {
					this.#wake = resolve;
				});
				continue;
			}
			const ready = this.#output;
			this.#output = [];
			this.#queued = 0;
			yield* ready;
			this.#inflate.resume();
		}
		this.unconsumed = piece.length - (this.#inflate.bytesWritten - before);
	}
	destroy() {
		this.#inflate.destroy();
	}
};
// src/formats/input.ts
const EMPTY = Buffer.alloc(0);
/** Bytes of an iterable, pulled chunk by chunk and read at any length. Errors of the iterable pass through. */
var Input = class {
	#iterator;
	#chunk = EMPTY;
	#position = 0;
	#ended = false;
	constructor(bytes) {
		this.#iterator = bytes[Symbol.asyncIterator]();
	}
	/** Resolves to true once there is at least one unread byte, to false at the end. */
	async more() {
		while (this.#position === this.#chunk.length) {
			if (this.#ended) return false;
			const next = await this.#iterator.next();
			if (next.done === true) {
				this.#ended = true;
				return false;
			}
			const { buffer, byteOffset, byteLength } = next.value;
			this.#chunk = Buffer.from(buffer, byteOffset, byteLength);
			this.#position = 0;
		}
		return true;
	}
	/** The next byte, undefined at the end. */
	async byte() {
		if (this.#position === this.#chunk.length && !await this.more()) return void 0;
		return this.#chunk[this.#position++];
	}
	/** At most `length` of the bytes that `more` has made available. */
	take(length) {
		const start = this.#position;
		this.#position = Math.min(this.#chunk.length, start + length);
		return this.#chunk.subarray(start, this.#position);
	}
	/** Makes the last `length` bytes of what was taken last unread again. */
	back(length) {
		this.#position -= length;
	}
	/** Makes bytes unread that were read before. */
	unread(bytes) {
		const start = this.#position - bytes.length;
		if (start >= 0 && this.#chunk.subarray(start, this.#position).equals(bytes)) {
			this.#position = start;
			return;
		}
		this.#chunk = Buffer.concat([bytes, this.#chunk.subarray(this.#position)]);
		this.#position = 0;
	}
	/** Lets go of the iterable; to be called whatever happened. */
	async release() {
		if (this.#ended) return;
		this.#ended = true;
		await this.#iterator.return?.();
	}
};
// src/formats/gunzip.ts
/** Bytes that are no gzip are handed on in chunks of at most this size. */
const PLAIN_BYTES = 262144;
/** Flags of a gzip member's header (RFC 1952, 2.3.1). */
const FLAG_HEADER_CRC = 2;
const FLAG_EXTRA = 4;
const FLAG_NAME = 8;
const FLAG_COMMENT = 16;
const FLAGS_RESERVED = 224;
/** An object of more members than this has short ones, or somebody wants to waste our time. */
const MANY_MEMBERS = 16;
/** Gzip may hold gzip, as where a store compresses what was compressed before; this deep. */
const MOST_LAYERS = 3;
/**
* The decompressed bytes of an object that is gzip (found by its first two bytes; members one after another, zero padding at the
* end; perhaps gzip again), and any other bytes as they are. Up to a fault everything that can be decoded is handed out. A checksum
* stands at the end of its member: bytes that it proves wrong were handed out before. No layer has more than `maxBytes`. Lets go of
* `bytes` however the reading ends.
*/
function gunzip(bytes, maxBytes) {
	let fault;
	async function* unpacked() {
		const layers = [new Input(bytes)];
		try {
			for (;;) {
				const input = layers.at(-1);
				const isZipped = await isGzip(input);
				if (!isZipped || layers.length > MOST_LAYERS) {
					if (isZipped) throw new Broken("nested-gzip", `the object is gzip within gzip, more than ${MOST_LAYERS} times`);
					yield* layers.length === 1 ? capped(plain(input), maxBytes) : plain(input);
					return;
				}
				layers.push(new Input(capped(members(input), maxBytes)));
			}
		} catch (error) {
			if (!(error instanceof Broken)) throw error;
			fault = error.fault;
		} finally {
			for (const input of layers.toReversed()) await input.release();
		}
	}
	return {
		chunks: unpacked(),
		get fault() {
			return fault;
		}
	};
}
async function* capped(chunks, maxBytes) {
	let total = 0;
	for await (const chunk of chunks) {
		const room = maxBytes - total;
		total += chunk.length;
		if (chunk.length <= room) yield chunk;
		else {
			if (room > 0) yield chunk.subarray(0, room);
			throw new Broken("too-large", `the object has more than ${maxBytes} bytes decompressed: the rest is not read`);
		}
	}
}
async function isGzip(input) {
	const head = [];
	while (head.length < 2) {
		const byte = await input.byte();
		if (byte === void 0) break;
		head.push(byte);
	}
	input.unread(Buffer.from(head));
	return head[0] === 31 && head[1] === 139;
}
async function* plain(input) {
	while (await input.more()) yield input.take(PLAIN_BYTES);
}
async function* members(input) {
	let count = 0;
	do {
		await readHeader(input);
		count++;
		let checksum = 0;
		let size = 0;
		for await (const chunk of inflate(input, count > MANY_MEMBERS)) {
			checksum = crc32(chunk, checksum);
			size += chunk.length;
			yield chunk;
		}
		const statedChecksum = await readNumber(input);
		const statedSize = await readNumber(input);
		if (statedChecksum !== checksum) throw new Broken("corrupt-gzip", "the checksum of the decompressed bytes is wrong: what was read may be wrong too");
		if (statedSize !== size % 2 ** 32) throw new Broken("corrupt-gzip", "the gzip trailer states another size than there is");
	} while (await nextMember(input));
}
async function readHeader(input) {
	const head = [];
	while (head.length < 10) head.push(await need(input));
	const [first, second, method, flags = 0] = head;
	if (first !== 31 || second !== 139) throw new Broken("trailing-garbage", "bytes after the gzip data are no gzip");
	if (method !== 8 || (flags & FLAGS_RESERVED) !== 0) throw new Broken("corrupt-gzip", `a gzip header has method ${method} and flags ${flags}, which are unknown`);
	if ((flags & FLAG_EXTRA) !== 0) for (let left = await need(input) + await need(input) * 256; left > 0; left--) await need(input);
	if ((flags & FLAG_NAME) !== 0) while (await need(input) !== 0);
	if ((flags & FLAG_COMMENT) !== 0) while (await need(input) !== 0);
	if ((flags & FLAG_HEADER_CRC) !== 0) for (let left = 2; left > 0; left--) await need(input);
}
/** Whether another member follows. Zeros up to the end are padding. */
async function nextMember(input) {
	const first = await input.byte();
	if (first === void 0) return false;
	if (first === 31) {
		const second = await input.byte();
		if (second === 139) {
			input.unread(Buffer.from([first, second]));
			return true;
		}
	}
	let byte = first;
	while (byte === 0) byte = await input.byte();
	if (byte === void 0) return false;
	throw new Broken("trailing-garbage", "bytes after the end of the gzip data are neither gzip nor zero padding");
}
async function readNumber(input) {
	let number = 0;
	for (let factor = 1; factor < 2 ** 32; factor *= 256) number += await need(input) * factor;
	return number;
}
async function need(input) {
	const byte = await input.byte();
	if (byte === void 0) throw new Broken("truncated-gzip", "the gzip data ends before its end: the object is not whole");
	return byte;
}
// src/formats/formats.ts
/** Finds the format of each object from its first lines. */
const AUTO = "auto";
/**
* A decoder for objects of the format of that name, gzipped or not; it may decode any number of objects side by side. Throws TypeError for
* a name that none of `kinds` has.
*/
function decoderFor(kinds, name) {
	const format = name === "auto" ? autoFormat(kinds) : formatOf(kinds, name);
	return (bytes, origin, options) => format.decode(inUtf8(gunzip(bytes, options.maxBytes)), origin, options);
}
function formatOf(kinds, name) {
	const kind = kinds.find((candidate) => candidate.name === name);
	if (kind === void 0) throw new TypeError(`unknown format ${name}`);
	return kind.create();
}
export { decoderFor as n, AUTO as t };
