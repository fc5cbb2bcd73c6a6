import { Option } from "commander";
import type { Config } from "../config/load.ts";
import { ROLES, type Role } from "../coordination/roles.ts";
import { UsageError } from "../lib/errors.ts";
import type { NamingOptions } from "./announced.ts";

export function roleOption(): Option {
  return new Option("--role <role>", "what this worker does of what several share (coordination); all by default").choices(ROLES);
}

/** For the surroundings of a worker. */
export function rolesOf(role: Role | undefined): { readonly roles?: ReadonlySet<Role> } {
  return role === undefined ? {} : { roles: new Set([role]) };
}

interface RoleMode extends NamingOptions {
  readonly role?: Role;
  readonly untilCaughtUp: boolean;
}

/** Throws UsageError for what does not go together where several workers share the work. */
export function checkRole({ coordination, alerts }: Config, { role, untilCaughtUp, object = [], event }: RoleMode): void {
  const wrong = (line: string) => new UsageError("coordination-role", line);
  if (coordination === undefined) {
    if (role !== undefined) throw wrong(`--role ${role}: the configuration has no coordination, and one worker does all`);
    return;
  }
  if (role === "detect" && alerts === undefined) {
    throw wrong("--role detect: the configuration has no alerts, so that there are no rules to look after");
  }
  if (untilCaughtUp || event !== undefined || object.length > 0) {
    throw wrong(
      "--until-caught-up, --object and --event are for jobs of one worker, and the configuration has coordination: leave it out",
    );
  }
}
