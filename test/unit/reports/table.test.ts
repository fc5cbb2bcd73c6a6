import { expect, test } from "vitest";
import { csvLines, tableLines } from "../../../src/reports/table.ts";

test("a table: columns as wide as their widest cell, numbers to the right", () => {
  const rows = [
    ["web", 8],
    ["database", 12_000],
  ];
  expect(tableLines(["subnet", "flows"], rows)).toEqual(["subnet    flows", "web           8", "database  12000"]);
});

test("CSV: quotes where they are needed, and nothing that a spreadsheet runs", () => {
  const rows = [
    ['a "b", c', 1],
    ["=1+1", -1],
    ["two\nlines", 0],
  ];
  expect(csvLines(["name", "n"], rows)).toEqual(["name,n", '"a ""b"", c",1', "'=1+1,-1", '"two\nlines",0']);
});
