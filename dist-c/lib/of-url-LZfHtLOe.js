/** Texts of this length are no single words. */
const LONG = 12;
/** Whether the value is no word: wherever it stands, it is the secret. */
function standsOut(value) {
	return value.length >= LONG || value.length >= 6 && !isWordy(value);
}
/** Whether a text is made of words and numbers, as `us-south`, `application/json` and `2026-01-31` are. */
function isWordy(text) {
	return text.split(/[^A-Za-z0-9]+/).every((piece) => WORD.test(piece));
}
const WORD = /^(?:[A-Z]?[a-z]{0,14}|[A-Z]?[a-z]{2,14}(?:[A-Z][a-z]{1,14}){1,3}|v?\d{1,11})$/;
/** The text without regard to case, each character in its place. */
function folded(text) {
	const lower = text.toLowerCase();
	return lower.length === text.length ? lower : text;
}
// src/lib/secrets/of-url.ts
/** Parts of a URL, also of one with a mistake in it: user and password, path, query. */
const URL_PARTS = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/(?:([^/?#]*)@)?[^/?#]*([^?#]*)(?:\?([^#]*))?/;
/** Parameters and options that are called so hold a secret, whatever it looks like. */
const SECRET_NAME = /(?:secret|passw|passphrase|pwd|token|api_?-?key|credential|signature|authoriz|session|cookie|(?:^|[-_.])(?:pass|auth|key|sig|code)$)/i;
const CAMEL_NAME = /[a-z](?:Key|Auth|Pass)$/;
/** Names of what only leads to a secret, or says something of it. */
const OTHER_NAME = /(?:path|file|url|uri|endpoint|name|type|id|header|expiry|ttl|ms)$/i;
/** Whether what is called so is a secret. */
function isSecretName(name) {
	return (SECRET_NAME.test(name) || CAMEL_NAME.test(name)) && !OTHER_NAME.test(name);
}
/**
* Adds what a URL keeps secret: user and password, the parameters that are called like a secret or look like one, and of the path what
* looks like one; with `secretPath` the path as a whole. Texts that are no URL have none.
*/
function addUrl(secrets, url, { secretPath }) {
	const [, userinfo, path = "", query] = URL_PARTS.exec(url) ?? [];
	if (userinfo !== void 0) addUserinfo(secrets, userinfo);
	addPath(secrets, path.replace(/\/+$/, ""), secretPath);
	for (const parameter of query?.split("&") ?? []) addParameter(secrets, parameter);
}
function addUserinfo(secrets, userinfo) {
	const colon = userinfo.indexOf(":");
	const user = colon < 0 ? userinfo : userinfo.slice(0, colon);
	const password = colon < 0 ? "" : userinfo.slice(colon + 1);
	for (const one of both(`${user}:${password}`)) addCredentials(secrets, one);
	for (const one of both(user).filter(standsOut)) secrets.add(one);
}
/** `user:password`, also as Basic authorization has it. */
function addCredentials(secrets, credentials) {
	secrets.add(credentials);
	secrets.add(Buffer.from(credentials).toString("base64"), "authorization");
	secrets.add(credentials.slice(credentials.indexOf(":") + 1), "password");
}
function addPath(secrets, path, secretPath) {
	const telling = path.split("/").filter(secretPath ? isTelling : looksSecret);
	for (const segment of telling) for (const one of both(segment)) secrets.add(one);
	if ((secretPath || telling.length > 0) && standsOut(path)) secrets.add(path);
}
function addParameter(secrets, parameter) {
	const equals = parameter.indexOf("=");
	const name = parameter.slice(0, Math.max(equals, 0));
	const value = parameter.slice(equals + 1);
	if (!isSecretName(name) && !looksSecret(value)) return;
	for (const one of [...both(value), ...both(value.replaceAll("+", " "))]) secrets.add(one, ...name === "" ? [] : [name]);
}
/** Of a path that is a secret: what is no word, and what is longer than one. */
function isTelling(segment) {
	return segment.length >= 16 || segment.length >= 6 && !isWordy(segment);
}
/** Of what nobody has said that it is a secret: it is no word, no number and no word with a number, and no placeholder. */
function looksSecret(text) {
	return text.length >= 8 && !isWordy(text.replaceAll(/(?<=[a-z])\d{1,3}(?![A-Za-z0-9])/g, "")) && !/[{}]/.test(text);
}
/** As it stands and decoded. */
function both(text) {
	try {
		return [.../* @__PURE__ */ new Set([text, decodeURIComponent(text)])];
	} catch {
		return [text];
	}
}
export { isWordy as a, folded as i, addUrl as n, standsOut as o, isSecretName as r, addCredentials as t };
