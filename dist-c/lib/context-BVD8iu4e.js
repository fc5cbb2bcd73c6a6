import { n as printableLines, t as printable } from "./printable-5Dp1saHN.js";
import { t as addEnvironment } from "./of-environment-BYqbXseZ.js";
import { t as Scrubber } from "./scrubber-BCQYEyME.js";
// src/cli/context.ts
function createContext(surroundings, signal) {
	const { env, stdout, stderr } = surroundings;
	const secrets = new Scrubber();
	addEnvironment(secrets, env);
	return {
		env,
		get stdin() {
			return surroundings.stdin;
		},
		stdout: { write: (text) => void stdout.write(printableLines(secrets.scrub(text))) },
		stderr,
		signal,
		secrets,
		loadConfig: async (file) => {
			const { loadConfig, readConfig } = await import("./load-Tsyx8ChM.js");
			if (file !== "-") return loadConfig(file, env, secrets);
			const [{ text }, { Registry }] = await Promise.all([import("node:stream/consumers"), import("./registry-BNC2YAhj.js")]);
			return readConfig({
				file: "standard input",
				text: await text(surroundings.stdin)
			}, {
				registry: new Registry(),
				env,
				baseDir: process.cwd(),
				secrets
			});
		},
		print: (line) => void stdout.write(`${printable(secrets.scrub(line))}\n`)
	};
}
/** Exit codes of every command. `incomplete`: a job is done, but something was set aside, is parked, or nobody could be told. */
const EXIT = {
	done: 0,
	failed: 1,
	usage: 2,
	incomplete: 3,
	interrupted: 130
};
export { createContext as n, EXIT as t };
