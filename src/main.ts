#!/usr/bin/env node
const [major = 0] = process.versions.node.split(".").map(Number);
if (major < 24) {
  process.stderr.write(
    `flowferry needs Node 24 or newer, this is Node ${process.versions.node}: start it with a newer one; in its repository, \`npm run -s flowferry -- …\` does\n`,
  );
  process.exit(2);
}
const { keepCompiled } = await import("./lib/compile-cache.ts");
keepCompiled(process.env);
const { main } = await import("./cli/program.ts");
process.exitCode = await main(process.argv.slice(2), process);
