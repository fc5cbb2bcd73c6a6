import fc from "fast-check";
import { expect, test } from "vitest";
import { readCsv } from "../../../../src/enrich/tables/csv.ts";
import type { TableIssue } from "../../../../src/enrich/tables/issues.ts";
import { runs } from "../../../runs.ts";

const SHAPE = { required: ["a"], optional: ["b"], further: () => undefined };

/** What is made of a table: its lines and cells, how many lines there are, and what is wrong. */
async function read(text: string) {
  const rows: unknown[] = [];
  const issues: TableIssue[] = [];
  const report = (issue: TableIssue) => void issues.push(issue);
  const lines = await readCsv(Buffer.from(text), SHAPE, report, (row) => {
    rows.push([row.line, row.cell("a"), row.cell("b"), row.furtherNames]);
  });
  return { rows, lines, issues };
}

const piece = fc.constantFrom(
  "a",
  "b",
  "10.0.0.1",
  ",",
  ";",
  "\t",
  "\n",
  "\r\n",
  "\r",
  " ",
  "#",
  "\ufeff",
  "é",
  "\0",
  "\u200b",
  "\u00a0",
  "'",
);
const body = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(""));
const header = fc.constantFrom("a,b\n", "a;b\r\n", "a\tb\r", "b,a,c\n", "sep=;\na;b\n", "\ufeffa,b\n", "# of\n\na,b\n", "");

test("a table that is split is read as one that is parsed", async () => {
  await fc.assert(
    fc.asyncProperty(header, body, async (first, rest) => {
      const text = `${first}${rest}\n`;
      // With a quote anywhere a table is parsed, and a comment says nothing.
      expect(await read(text)).toEqual(await read(`${text}# "\n`));
    }),
    { numRuns: runs(500) },
  );
});
