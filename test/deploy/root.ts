import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, realpathSync, symlinkSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/**
 * Lays out in `root` what an image of programs of this machine needs: the programs in /usr/bin, and of the libraries that they name those
 * that `wanted` takes, at the paths where they are looked for.
 */
export function layOut(root: string, programs: readonly string[], wanted: (library: string) => boolean = () => true): void {
  for (const folder of ["usr/bin", "usr/lib", "usr/lib64", "tmp", "etc"]) mkdirSync(join(root, folder), { recursive: true });
  chmodSync(join(root, "tmp"), 0o1777);
  for (const [link, folder] of [
    ["bin", "usr/bin"],
    ["lib", "usr/lib"],
    ["lib64", "usr/lib64"],
  ] as const) {
    if (!existsSync(join(root, link))) symlinkSync(folder, join(root, link));
  }
  for (const program of programs) {
    cpSync(realpathSync(program), join(root, "usr/bin", basename(program)));
    layOutLibraries(root, program, wanted);
  }
}

/** The libraries that a program, or a module of Node, names. */
export function layOutLibraries(root: string, program: string, wanted: (library: string) => boolean = () => true): void {
  for (const library of librariesOf(program).filter(wanted)) {
    const path = join(root, realpathSync(dirname(library)), basename(library));
    mkdirSync(dirname(path), { recursive: true });
    cpSync(realpathSync(library), path);
  }
}

function librariesOf(program: string): string[] {
  const listed = execFileSync("ldd", [realpathSync(program)], { encoding: "utf8" });
  return [...listed.matchAll(/(\/\S+) \(0x/g)].map(([, path = ""]) => path);
}
