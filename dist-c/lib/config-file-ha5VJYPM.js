import { r as UsageError, t as Failure } from "./errors-C4nvsd9u.js";
import { r as tokenExpiry } from "./tokens-BMHft2-m.js";
import { createPrivateKey } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { readFileSync } from "node:fs";
// src/clouds/oci/config-file.ts
/**
* A profile of a configuration file as the OCI command line has it: an API key, or a session token. File, key and token are read again
* when the token has expired and when the service refuses them, so that renewing them needs no restart.
*/
async function configFile(options, surroundings) {
	const { ConfigFileReader } = await import("oci-common");
	const { profile } = options;
	const load = () => readProfile(options, ConfigFileReader, surroundings);
	const { region, ...initial } = load();
	let { tokenFile } = initial;
	let current = await initial.read();
	/** The file too, since a new key has a new fingerprint. */
	const reload = async () => {
		try {
			const loaded = load();
			current = await loaded.read();
			tokenFile = loaded.tokenFile;
		} catch (cause) {
			throw new Failure("person", "not-authenticated", `the credentials of profile ${profile} cannot be read again`, { cause });
		}
	};
	const expired = () => {
		const expiry = tokenExpiry(current.keyId);
		return tokenFile !== void 0 && expiry !== void 0 && expiry <= Date.now();
	};
	const renewal = `\`oci session refresh --profile ${profile}\``;
	return {
		provider: {
			getKeyId: async () => current.keyId,
			getPrivateKey: () => current.privateKey,
			getPassphrase: () => null
		},
		async prepare() {
			if (!expired()) return;
			await reload();
			if (expired()) throw new Failure("person", "not-authenticated", `the session token in ${tokenFile} has expired: run ${renewal}`);
		},
		async renew(refusedKeyId) {
			await reload();
			return current.keyId !== refusedKeyId;
		},
		region,
		authenticationAdvice: tokenFile === void 0 ? `compare tenancy, user and fingerprint of profile ${profile} with the user's API keys in the console, and check that key_file is the key of that fingerprint` : `renew the session: ${renewal}`,
		policy: {
			subject: "group <the user's group>",
			conditions: []
		},
		close: async () => void 0
	};
}
function readProfile(options, reader, { baseDir, env, secrets }) {
	const locate = (path) => resolve(baseDir, reader.expandUserHome(path));
	const path = locate(options.file ?? env.OCI_CONFIG_FILE ?? join("~", ".oci", "config"));
	const wrong = (what, cause) => new UsageError("oci-config", `${path}, profile ${options.profile}: ${what}`, { cause });
	let text;
	try {
		text = readFileSync(path, "utf8");
	} catch (cause) {
		throw new UsageError("oci-config", `cannot read the OCI configuration file ${path}: give its path as auth.file`, { cause });
	}
	let values;
	try {
		values = reader.parse(`${text}\n[DEFAULT]\n`, options.profile);
	} catch (cause) {
		throw wrong("there is no such profile, or the file is not in the form of `oci setup config`", cause);
	}
	const need = (key) => {
		const value = values.get(key);
		if (value === null || value === void 0 || value === "") throw wrong(`${key} is missing`);
		return value;
	};
	if (values.get("authentication_type")) throw wrong(`authentication_type is ${values.get("authentication_type")}: give auth.type instance-principal instead`);
	const tokenPath = values.get("security_token_file");
	if (options.session) need("security_token_file");
	const tokenFile = tokenPath ? locate(tokenPath) : void 0;
	const keyFile = locate(need("key_file"));
	const passPhrase = options.passPhrase ?? values.get("pass_phrase");
	if (passPhrase) secrets?.add(passPhrase, "pass_phrase");
	const apiKeyId = tokenFile === void 0 ? `${need("tenancy")}/${need("user")}/${need("fingerprint")}` : "";
	return {
		region: values.get("region") ?? void 0,
		tokenFile,
		async read() {
			const privateKey = decryptKey(await readSecret(keyFile, "key_file", wrong), passPhrase, wrong);
			if (tokenFile === void 0) return {
				keyId: apiKeyId,
				privateKey
			};
			return {
				keyId: `ST$${(await readSecret(tokenFile, "security_token_file", wrong)).trim()}`,
				privateKey
			};
		}
	};
}
async function readSecret(path, option, wrong) {
	try {
		return await readFile(path, "utf8");
	} catch (cause) {
		throw wrong(`${option} cannot be read`, cause);
	}
}
/** The key without its pass phrase, for a signer that knows fewer forms of encryption than Node does. */
function decryptKey(pem, passPhrase, wrong) {
	let key;
	try {
		key = createPrivateKey({
			key: pem,
			...passPhrase ? { passphrase: passPhrase } : {}
		});
	} catch (cause) {
		const encrypted = pem.includes("ENCRYPTED");
		if (encrypted && !passPhrase) throw wrong("key_file is encrypted: give its pass phrase as pass_phrase or auth.passPhrase", cause);
		throw wrong(encrypted ? "key_file does not open with the pass phrase given" : "key_file is no private key in PEM form", cause);
	}
	if (key.asymmetricKeyType !== "rsa") throw wrong(`key_file is a key of type ${key.asymmetricKeyType}, OCI takes RSA`);
	return key.export({
		type: "pkcs8",
		format: "pem"
	}).toString();
}
export { configFile };
