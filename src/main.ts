#!/usr/bin/env node
const [major = 0] = process.versions.node.split(".").map(Number);
if (major < 24) {
  process.stderr.write(
    `flowferry needs Node 24 or newer, this is Node ${process.versions.node}: start it with a newer one; in its repository, \`npm run -s flowferry -- …\` does\n`,
  );
  process.exit(2);
}
// `npm run flowferry` starts in the repository: paths are meant from where the user stands.
const { INIT_CWD, npm_lifecycle_event: script, npm_package_name: name } = process.env;
if (name === "flowferry" && script === "flowferry" && INIT_CWD !== undefined) process.chdir(INIT_CWD);
const { keepCompiled } = await import("./lib/compile-cache.ts");
keepCompiled(process.env);
const { main } = await import("./cli/program.ts");
process.exitCode = await main(process.argv.slice(2), process);
