import { matchesGlob } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { globFault, globMatcher } from "../../../../src/intake/tail/globs.ts";
import { runs } from "../../../runs.ts";

// Files, sockets and many passes, on a machine that may have other work.
describe("key filters", () => {
  it.each([
    ["*.gz", "a.gz", true],
    ["*.gz", "a/b.gz", false],
    ["**.gz", "a/b.gz", true],
    ["**/*.gz", "b.gz", true],
    ["**/*.gz", "a/b/c.gz", true],
    ["a/**", "a/b/c", true],
    ["a/**/d", "a/d", true],
    ["a/**/d", "a/b/c/d", true],
    ["a/**/d", "a/bd", false],
    ["a?c", "abc", true],
    ["a?c", "a/c", false],
    ["a?c", "a😀c", true],
    ["ibm/**/hour=0?/**", "ibm/x/year=2026/hour=07/s/1.gz", true],
    ["a\\*b", "a*b", true],
    ["a\\*b", "axb", false],
    ["a.c", "abc", false],
    ["crn:v1:*", "crn:v1:x", true],
    ["*", "", true],
    ["a", "ab", false],
    ["**", "any/thing", true],
  ])("%s on %s: %s", (pattern, key, expected) => {
    expect(globMatcher([pattern])(key)).toBe(expected);
  });

  it("agree with Node's globs where both know the pattern", () => {
    const part = fc.stringMatching(/^[ab*?]{1,4}$/).filter((text) => !text.includes("**"));
    const pattern = fc.array(fc.oneof(part, fc.constant("**")), { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/"));
    const key = fc.array(fc.stringMatching(/^[ab]{1,3}$/), { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/"));
    // A trailing `/**` of ours wants something after the slash, Node's does not; a key does not end so.
    fc.assert(
      fc.property(pattern, key, (glob, text) => {
        fc.pre(!glob.endsWith("/**"));
        expect(globMatcher([glob])(text)).toBe(matchesGlob(text, glob));
      }),
      { numRuns: runs(3000) },
    );
  });

  it("match in bounded time whatever the pattern", () => {
    const matches = globMatcher([`${"*a".repeat(300)}b`]);
    const began = process.threadCpuUsage();
    expect(matches("a".repeat(1000))).toBe(false);
    const { user, system } = process.threadCpuUsage(began);
    expect(user + system).toBeLessThan(5_000_000);
  });

  it("take several patterns, and none takes nothing", () => {
    expect(globMatcher(["a*", "b*"])("bc")).toBe(true);
    expect(globMatcher([])("a")).toBe(false);
  });

  it.each([
    ["", "is empty"],
    ["*.{gz,json}", "holds {"],
    ["[ab]", "holds ["],
    ["a\\", "ends in a backslash"],
    ["a".repeat(1025), "longer than 1024"],
  ])("%j is a fault", (pattern, fault) => {
    expect(globFault(pattern)).toContain(fault);
  });

  it("are no fault with special characters taken literally", () => {
    expect(globFault("a\\{b\\}")).toBeUndefined();
    expect(globMatcher(["a\\{b\\}"])("a{b}")).toBe(true);
  });
});
