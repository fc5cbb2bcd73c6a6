#!/usr/bin/env node
// src/main.ts
const [major = 0] = process.versions.node.split(".").map(Number);
if (major < 24) {
	process.stderr.write(`flowferry needs Node 24 or newer, this is Node ${process.versions.node}: start it with a newer one; in its repository, \`npm run -s flowferry -- …\` does\n`);
	process.exit(2);
}
const { INIT_CWD, npm_lifecycle_event: script, npm_package_name: name } = process.env;
if (name === "flowferry" && script === "flowferry" && INIT_CWD !== void 0) process.chdir(INIT_CWD);
const { keepCompiled } = await import("./lib/compile-cache-_7NfZgEe.js");
keepCompiled(process.env);
const { main } = await import("./lib/program-DcaNf6TO.js");
process.exitCode = await main(process.argv.slice(2), process);
export {};
