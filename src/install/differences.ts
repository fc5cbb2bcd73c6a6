/** Paths at which `found` is not as `wanted` says. Members that `wanted` does not name may be anything: the service adds its own. */
export function differences(wanted: unknown, found: unknown, path = ""): string[] {
  if (Array.isArray(wanted)) {
    if (!Array.isArray(found) || found.length !== wanted.length) return [path];
    return wanted.flatMap((item, index) => differences(item, found[index], `${path}[${index}]`));
  }
  if (typeof wanted === "object" && wanted !== null) {
    if (typeof found !== "object" || found === null) return [path];
    return Object.entries(wanted).flatMap(([name, value]) =>
      differences(value, (found as Record<string, unknown>)[name], path === "" ? name : `${path}.${name}`),
    );
  }
  return wanted === found ? [] : [path];
}
