import { describe, expect, it } from "vitest";
import type { ListPage } from "../../../src/contracts/store.ts";
import { pageGuard } from "../../../src/intake/listing.ts";

const page = (keys: string[], prefixes: string[] = []): ListPage => ({
  objects: keys.map((key) => ({ key, etag: "e", size: 1, time: 0 })),
  prefixes,
});
const through = (pages: ListPage[], prefix = "", emptyPages?: number) =>
  pages.map(pageGuard("s3://host/flows", prefix, emptyPages));
const refusal = (message: string) =>
  expect.objectContaining({ drawer: "not-understood", code: "bad-answer", message: expect.stringContaining(message) });

describe("the pages of a listing", () => {
  it("go through as long as they get on, in the order of UTF-8", () => {
    const pages = [page(["a", "b"]), page([], ["c/"]), page(["c0"], ["d/"]), page([]), page(["\ufffd"]), page(["😀"])];
    expect(through(pages)).toEqual(pages);
  });

  it.each([
    ["the same page again", [page(["a", "b"]), page(["a", "b"])], 'does not get past "b"'],
    ["an earlier page", [page(["b"]), page([]), page(["a"])], 'does not get past "b"'],
    ["the last key again", [page(["a", "b"]), page(["b"])], 'does not get past "b"'],
    ["the same prefix again", [page([], ["a/"]), page([], ["a/"])], 'does not get past "a/"'],
    ["a page that ends before the last one did", [page(["a"], ["z/"]), page(["b"], ["c/"])], 'does not get past "z/"'],
  ])("are not understood when they do not: %s", (_, pages, message) => {
    expect(() => through(pages)).toThrow(refusal(message));
  });

  it("are not understood when they hold what does not begin with the prefix", () => {
    expect(through([page(["logs/a"], ["logs/b/"])], "logs/")).toHaveLength(1);
    expect(() => through([page(["logs/a", "other"])], "logs/")).toThrow(refusal('holds "other"'));
    expect(() => through([page([], ["other/"])], "logs/")).toThrow(refusal('holds "other/"'));
  });

  it("may be empty, but not for ever", () => {
    const empty = Array.from({ length: 10 }, () => page([]));
    expect(through(empty)).toHaveLength(10);
    expect(through([...empty, page(["a"]), ...empty], "", 10)).toHaveLength(21);
    expect(() => through([...empty, page([])], "", 10)).toThrow(refusal("one empty page after another"));
  });
});
