import { a as describeError, i as codeOf } from "./errors-C4nvsd9u.js";
import { promisify } from "node:util";
import zlib from "node:zlib";
// src/lib/http/answers.ts
const NO_BODY = {
	bytes: Buffer.alloc(0),
	fault: void 0
};
/** Most bytes of an answer that are read; what is longer acknowledges nothing. */
const LARGEST_BYTES = 1048576;
/** The longest of another program's words that are passed on, in characters. */
const LONGEST_WORDS = 300;
/** The encodings that proxies use although nobody asks for one. */
const DECODERS = {
	gzip: promisify(zlib.gunzip),
	"x-gzip": promisify(zlib.gunzip),
	deflate: promisify(zlib.inflate),
	br: promisify(zlib.brotliDecompress),
	zstd: promisify(zlib.zstdDecompress)
};
/**
* Reads a body and undoes its content-encoding. What comes cut, too long or broken is told as its fault; only what the signal aborts and
* what does not come in time throws.
*/
async function readBody(stream, encoding, signal, largestBytes = LARGEST_BYTES) {
	const chunks = [];
	let length = 0;
	try {
		for await (const chunk of stream) {
			chunks.push(chunk);
			length += chunk.length;
			if (length > largestBytes) return {
				bytes: Buffer.concat(chunks),
				fault: `is longer than ${largestBytes} bytes`
			};
		}
	} catch (error) {
		signal.throwIfAborted();
		if (codeOf(error) === "UND_ERR_BODY_TIMEOUT") throw error;
		return {
			bytes: Buffer.concat(chunks),
			fault: `breaks off: ${describeError(error)}`
		};
	}
	const bytes = Buffer.concat(chunks);
	const name = encoding?.trim().toLowerCase() ?? "";
	if (name === "" || name === "identity" || bytes.length === 0) return {
		bytes,
		fault: void 0
	};
	const decode = DECODERS[name];
	if (decode === void 0) return {
		bytes,
		fault: `is encoded as ${oneLine(name)}, which was not asked for`
	};
	try {
		return {
			bytes: await decode(bytes, { maxOutputLength: largestBytes }),
			fault: void 0
		};
	} catch (error) {
		return {
			bytes,
			fault: `is no ${name}: ${describeError(error)}`
		};
	}
}
/**
* Whether this status says that the receiver itself has done what it was asked to. The other 2xx are said by something between (203), of
* a part (206), or of many things that would have to be looked at one by one (207, 208, 226).
*/
function saysDone(status) {
	return status === 200 || status === 201 || status === 202 || status === 204;
}
/** The text of a body, without a byte order mark and the space around it. */
function textOf({ bytes }) {
	return bytes.toString().trim();
}
/** The value of a JSON text; undefined for any other. */
function parseJson(text) {
	try {
		return JSON.parse(text);
	} catch {
		return;
	}
}
/** For a message: what a body is that was not understood. */
function shown(text) {
	if (text.startsWith("<")) return pageTitle(text) === void 0 ? "is a page" : `is a page with the title ${pageTitle(text)}`;
	const line = oneLine(text);
	return line === "" ? "has no text" : `says ${line}`;
}
/** The title of an HTML page; undefined for any other text. */
function pageTitle(text) {
	if (!text.startsWith("<")) return void 0;
	return oneLine(/<title[^>]*>([^<]*)/i.exec(text)?.[1] ?? "") || void 0;
}
/** One line of printable text, of bounded length. */
function oneLine(text) {
	const line = text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\ufffd]+/gu, " ").replaceAll(/ {2,}/g, " ").trim();
	return line.length > LONGEST_WORDS ? `${line.slice(0, LONGEST_WORDS).toWellFormed()}…` : line;
}
export { readBody as a, textOf as c, parseJson as i, oneLine as n, saysDone as o, pageTitle as r, shown as s, NO_BODY as t };
