import { t as Failure } from "./errors-C4nvsd9u.js";
import { a as readBody } from "./answers-CeDnf6Uf.js";
import { i as networkFailure, r as endpointOf } from "./failures-B32_Iw8l.js";
import { t as proxiesOf } from "./proxy-agent-BXfkr1el.js";
import { promisify } from "node:util";
import zlib from "node:zlib";
import { EnvHttpProxyAgent, request } from "undici";
// src/sinks/otlp/transport.ts
/** Larger than the compressed form of most requests, so that it comes in one piece. */
const CHUNK = 262144;
const gzip$1 = promisify(zlib.gzip);
const zstd = promisify(zlib.zstdCompress);
/** Compression runs in the thread pool. The input may not change before the result is there. */
function compressor({ compression, compressionLevel: level }) {
	if (compression === "none") return async (bytes) => bytes;
	if (compression === "gzip") {
		const options = {
			level,
			chunkSize: CHUNK
		};
		return (bytes) => gzip$1(bytes, options);
	}
	const options = {
		params: { [zlib.constants.ZSTD_c_compressionLevel]: level },
		chunkSize: CHUNK
	};
	return (bytes) => zstd(bytes, options);
}
function createTransport(settings, env, connections) {
	const { url, tls, timeoutMs } = settings;
	const dispatcher = new EnvHttpProxyAgent({
		...proxiesOf(env),
		connections,
		allowH2: false,
		headersTimeout: 0,
		bodyTimeout: 0,
		connect: {
			...tls,
			timeout: timeoutMs
		},
		requestTls: tls
	});
	return {
		async post(body, headers, signal) {
			signal.throwIfAborted();
			const abort = new AbortController();
			const pass = () => abort.abort(signal.reason);
			const timer = setTimeout(() => abort.abort(new Timeout()), timeoutMs);
			signal.addEventListener("abort", pass, { once: true });
			try {
				return await exchange(dispatcher, url, body, headers, abort.signal);
			} catch (error) {
				signal.throwIfAborted();
				if (abort.signal.reason instanceof Timeout) throw new Failure("passing", "otlp-timeout", `${url.host} did not answer within ${timeoutMs} ms`);
				throw networkFailure("otlp-unreachable", "OTLP", endpointOf(url), error, "tls.caFile");
			} finally {
				clearTimeout(timer);
				signal.removeEventListener("abort", pass);
			}
		},
		close: () => dispatcher.destroy()
	};
}
var Timeout = class extends Error {};
async function exchange(dispatcher, url, body, headers, signal) {
	const response = await request(url, {
		method: "POST",
		dispatcher,
		headers,
		body,
		signal
	});
	const header = (name) => [response.headers[name]].flat()[0];
	return {
		status: response.statusCode,
		retryAfter: header("retry-after"),
		location: header("location"),
		grpcStatus: header("grpc-status"),
		body: await readBody(response.body, header("content-encoding"), signal)
	};
}
export { compressor, createTransport };
