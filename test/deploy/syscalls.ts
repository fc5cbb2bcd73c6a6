import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { asset } from "../../src/lib/assets.ts";

/** The unit's filter of system calls as a seccomp profile for a container: what systemd would refuse to the service is refused there. */
export function profileOfUnit(): object {
  const unit = readFileSync(asset("deploy/systemd/flowferry.service"), "utf8");
  const allowed = new Set<string>();
  for (const [, words = ""] of unit.matchAll(/^SystemCallFilter=(.*)$/gm)) {
    const names = words.replace(/^~/, "").split(" ").flatMap(callsOf);
    for (const name of names) {
      if (words.startsWith("~")) allowed.delete(name);
      else allowed.add(name);
    }
  }
  return {
    defaultAction: "SCMP_ACT_ERRNO",
    defaultErrnoRet: 1,
    architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_AARCH64"],
    syscalls: [{ names: [...allowed].sort(), action: "SCMP_ACT_ALLOW" }],
  };
}

/** The calls of a group of systemd's, such as `@system-service`, and of the groups in it. */
function callsOf(name: string): string[] {
  if (!name.startsWith("@")) return [name];
  const lines = execFileSync("systemd-analyze", ["syscall-filter", name], { encoding: "utf8" }).split("\n");
  const members = lines.slice(1).map((line) => line.trim());
  return members.filter((line) => line !== "" && !line.startsWith("#")).flatMap(callsOf);
}
