import { p as boolean } from "./schemas-Dm7Z0tOD.js";
// src/lib/urls.ts
/** A URL as it may be shown: without user, password, query and fragment. */
function shownUrl(text) {
	if (!URL.canParse(String(text))) return "(not a URL)";
	const { protocol, host, pathname } = new URL(text);
	return `${protocol}//${host}${pathname}`;
}
/** A URL that holds no user and no password; `instead` says where those belong. */
function urlWithoutUser(schema, instead) {
	return schema.refine((text) => !hasUser(text), `a user and a password have no place in this URL: ${instead}`);
}
function hasUser(text) {
	if (!URL.canParse(text)) return false;
	const { username, password } = new URL(text);
	return username !== "" || password !== "";
}
/** Whether what is sent to the URL can be read on its way: plain http to another machine. */
function isReadable({ protocol, hostname }) {
	return protocol === "http:" && !isLoopback(hostname);
}
function isLoopback(hostname) {
	return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}
/** The option of a part that sends credentials. */
const allowInsecure = boolean().default(false).describe("Send credentials over plain http to another machine, where whoever is on the way can read them");
export { urlWithoutUser as a, shownUrl as i, isLoopback as n, isReadable as r, allowInsecure as t };
