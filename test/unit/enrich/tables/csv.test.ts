import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type CsvShape, MAX_TABLE_ROWS, readColumns, readCsv } from "../../../../src/enrich/tables/csv.ts";
import { describeIssue, Issues } from "../../../../src/enrich/tables/issues.ts";

const SHAPE: CsvShape = { required: ["key", "name"], optional: ["note"] };

async function read(text: string | Uint8Array, shape = SHAPE) {
  const issues = new Issues();
  const rows: [line: number, key: string, name: string, note: string][] = [];
  const count = await readCsv(Buffer.from(text as string), shape, issues.report, (row) => {
    rows.push([row.line, row.cell("key"), row.cell("name"), row.cell("note")]);
  });
  return { rows, count, problems: issues.list.map((issue) => describeIssue("t.csv", issue)), total: issues.total };
}

describe("what a table may look like", () => {
  test.each([
    ["LF", "key,name\n1,a\n2,b\n"],
    ["CRLF", "key,name\r\n1,a\r\n2,b\r\n"],
    ["CR", "key,name\r1,a\r2,b\r"],
    ["mixed line ends", "key,name\n1,a\r\n2,b\r\n"],
    ["no line end at the end", "key,name\n1,a\n2,b"],
    ["a byte order mark", "\uFEFFkey,name\n1,a\n2,b\n"],
    ["quotes", '"key","name"\n"1","a"\n"2",b\n'],
    ["spaces around", " key , name \n 1 ,a\t\n2,  b\n"],
    ["trailing commas", "key,name,\n1,a,\n2,b,,,\n"],
    ["semicolons", "key;name\n1;a\n2;b\n"],
    ["tabs", "key\tname\n1\ta\n2\tb\n"],
    ["headers in any case", "KEY,Name\n1,a\n2,b\n"],
    ["spaces in quotes", '" Key ","name "\n" 1","a "\n"2"," b "\n'],
    ["columns without a name", "key,,name,,\n1,,a,,\n2,,b\n"],
    ["seventy columns without a name", `key,name${",".repeat(70)}\n1,a${",".repeat(70)}\n2,b\n`],
    ["a first column without a name", ";key;name;;\n;1;a;;\n;2;b;;\n"],
    ["invisible characters in headers", "\u200bkey\u200d,\u00a0na\u00adme\u2060\n1,a\n2,b\n"],
    ["invisible characters in cells", "key,name\n\u202a1\u202c,\ufeffa\u00a0\n\u20072,\u200cb\u200e\n"],
    ["invisible characters before quotes", '\ufeff\u200b"key","name"\n\u00a0"1","a"\n2,b\n'],
    ["UTF-16, little end first", Buffer.from("\uFEFFkey\tname\r\n1\ta\r\n2\tb\r\n", "utf16le")],
    ["UTF-16, big end first", Buffer.from("\uFEFFkey,name\n1,a\n2,b\n", "utf16le").swap16()],
  ])("%s", async (_, text) => {
    const { rows, problems } = await read(text);
    expect(problems).toEqual([]);
    expect(rows).toEqual([
      [2, "1", "a", ""],
      [3, "2", "b", ""],
    ]);
  });

  test.each([
    ["sep=;", "sep=;\nkey;name\n1;a\n2;b\n"],
    ["sep=, and CRLF", "sep=,\r\nkey,name\r\n1,a\r\n2,b\r\n"],
    ["sep=| after a byte order mark", "\uFEFFsep=|\nkey|name\n1|a\n2|b\n"],
    ["sep= and a tab", "sep=\t\nkey\tname\n1\ta\n2\tb\n"],
    ["SEP=; in quotes", '"SEP=;"\nkey;name\n1;a\n2;b\n'],
    ["sep=; with columns", "sep=;;;\nkey;name;\n1;a;\n2;b;\n"],
  ])("Excel's first line %s says what parts the columns, and counts as a line", async (_, text) => {
    const { rows, problems } = await read(text);
    expect(problems).toEqual([]);
    expect(rows).toEqual([
      [3, "1", "a", ""],
      [4, "2", "b", ""],
    ]);
  });

  test("other separators stand in values", async () => {
    expect((await read('key;name;note\n1;a,b,c;"d;e"\n')).rows).toEqual([[2, "1", "a,b,c", "d;e"]]);
    expect((await read("# a;b;c;d\n,,,\nkey,name,note\n1,a;b,c;d\n")).rows).toEqual([[4, "1", "a;b", "c;d"]]);
  });

  test("names keep the joiners of their script, and get plain spaces", async () => {
    const persian = "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645";
    expect((await read(`key,name,note\n1,${persian},a\u00a0b\n`)).rows).toEqual([[2, "1", persian, "a b"]]);
  });

  test("characters of several bytes are whole wherever the pieces of a file end", async () => {
    const lines = Array.from({ length: 20_000 }, (_, i) => `${i},M\u00fcller \u{1F5A5}${i}`);
    const { rows, problems } = await read(`key,name\n${lines.join("\n")}\n`);
    expect(problems).toEqual([]);
    expect(rows.every(([, key, name], i) => key === String(i) && name === `M\u00fcller \u{1F5A5}${i}`)).toBe(true);
    expect(rows).toHaveLength(20_000);
  });

  test("comments and blank lines count as lines and are passed over", async () => {
    const text = '# a "comment, with\n\nkey,name,note\n  # indented\n1,a,# no comment\n,,\n\t\n2,"b # c",\n#3,c,\n';
    expect(await read(text)).toMatchObject({
      problems: [],
      rows: [
        [5, "1", "a", "# no comment"],
        [8, "2", "b # c", ""],
      ],
    });
  });

  test("quoted cells hold commas and quotes", async () => {
    expect((await read('key,name\n1,"a, ""b"""\n')).rows).toEqual([[2, "1", 'a, "b"', ""]]);
  });

  test("columns stand in any order, optional ones may be missing, short lines too", async () => {
    expect((await read("note,name,key\nn,a,1\n")).rows).toEqual([[2, "1", "a", "n"]]);
    expect((await read("key,name,note\n1,a\n")).rows).toEqual([[2, "1", "a", ""]]);
  });

  test("a table that spans many pieces is read whole", async () => {
    const lines = Array.from({ length: 30_000 }, (_, i) => `${i},"name ${i}"`);
    const { rows, problems } = await read(`key,name\r\n${lines.join("\r\n")}`);
    expect(problems).toEqual([]);
    expect(rows).toHaveLength(30_000);
    expect(rows.every(([line, key, name], i) => line === i + 2 && key === String(i) && name === `name ${i}`)).toBe(true);
  });

  test("other work gets its turn while a large table is read", async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    await read(`key,name\n${"1,a\n".repeat(100_000)}`);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(2);
  });
});

describe("what is wrong is named in one line with its place and what to do", () => {
  test.each([
    ["nothing", "", "t.csv:1: has no header line: begin with key,name,note"],
    ["comments only", "# key,name\n", "t.csv:1: has no header line: begin with key,name,note"],
    ["a missing column", "# x\nkey,note\n1,a\n", "t.csv:2: column name is missing: the header is key,name,note"],
    ["no header", "1,a\n", "t.csv:1: column key is missing: the header is key,name,note"],
    [
      "an unknown column",
      "key,name,nota\n",
      "t.csv:1: nota: is no column of this table: did you mean note? the header is key,name,note",
    ],
    ["a column twice", "key,name,key\n1,a,2\n", "t.csv:1: key: stands twice in the header: keep one of the two columns"],
    ["another separator", "key|name\n1|a\n", "t.csv:1: column key is missing: the header is key,name,note"],
    [
      "a column twice in different case",
      "key,name,Key\n",
      "t.csv:1: key: stands twice in the header: keep one of the two columns",
    ],
    [
      "a semicolon in a value",
      "key;name\n1;a;b\n",
      "t.csv:2: has 3 values for 2 columns: put a value that holds a semicolon in double quotes",
    ],
    [
      "a separator that sep= names in a value",
      "sep=|\nkey|name\n1|a|b\n",
      't.csv:3: has 3 values for 2 columns: put a value that holds "|" in double quotes',
    ],
    [
      "a value without a column name",
      "key,,name\n1,,a\n2,x,b\n",
      't.csv:3: "x": stands in column 2, which has no name in the header: give it one, or empty the column',
    ],
    [
      "a control character beside a column without a name",
      "key,,name\n1,,a\u0007b\n",
      't.csv:2: name "a\\u0007b": holds a line break or control character: write it on one line',
    ],
    [
      "a comma in a value",
      "key,name,note\n1,a,b,c\n",
      "t.csv:2: has 4 values for 3 columns: put a value that holds a comma in double quotes",
    ],
    [
      "a line break in quotes",
      'key,name\n1,"a\nb"\n',
      't.csv:3: name "a\\nb": holds a line break or control character: write it on one line',
    ],
    [
      "a NUL",
      "key,name\n1,a\u0000b\n",
      't.csv:2: name "a\\u0000b": holds a line break or control character: write it on one line',
    ],
    [
      "an open quote",
      'key,name\n1,a\n2,"b\n3,c\n4,d\n',
      "t.csv:3: opens a double quote that is never closed: close it, or remove it",
    ],
    [
      "a quote inside",
      'key,name\n1,a\n2,b"c\n',
      "t.csv:3: has a double quote in the wrong place: put the whole value in quotes, and write a quote inside it twice",
    ],
    [
      "text after a quote",
      'key,name\n1,"b"c\n',
      "t.csv:2: has a double quote in the wrong place: put the whole value in quotes, and write a quote inside it twice",
    ],
    ["a long line", `key,name\n1,${"x".repeat(70_000)}\n`, "t.csv:2: is longer than 65536 bytes: shorten it"],
    ["Latin-1", Buffer.from("key,name\n1,M\xfcller\n", "latin1"), "t.csv:2: is not UTF-8: save the file as CSV in UTF-8"],
    [
      "UTF-16 that is cut",
      Buffer.from("\uFEFFkey,name\n", "utf16le").subarray(0, 9),
      "t.csv:1: begins like UTF-16, and is cut or no text: save the file as CSV in UTF-8",
    ],
    [
      "many columns",
      `key,name,${Array.from({ length: 63 }, (_, i) => `c${i}`).join(",")}\n`,
      "t.csv:1: has 65 columns: at most 64 may stand",
    ],
  ])("%s", async (_, text, expected) => {
    expect((await read(text)).problems).toEqual([expected]);
  });

  test("an open quote over a large file is found where it opens", async () => {
    const text = `key,name\n1,a\n2,"b\n${"3,c\n".repeat(50_000)}`;
    expect((await read(text)).problems).toEqual(["t.csv:3: opens a double quote that is never closed: close it, or remove it"]);
  });

  test("values are cut to 80 characters", async () => {
    const { problems } = await read(`key,name\n1,${"x".repeat(500)}\u0001\n`);
    expect(problems[0]?.length).toBeLessThan(180);
  });

  test("all problems are counted, the first 20 are kept, the good rows are read", async () => {
    const { problems, total, rows, count } = await read(`key,name\n${"1,a,b\n".repeat(50)}2,b\n`);
    expect(problems).toHaveLength(20);
    expect(total).toBe(50);
    expect(count).toBe(51);
    expect(rows).toEqual([[52, "2", "b", ""]]);
  });
});

test("rows are bounded", async () => {
  const issues = new Issues();
  let rows = 0;
  const text = Buffer.from("key,name\n# first\n1,a\n2,a\n3,a\n4,a\n5,a\n");
  await readCsv(text, SHAPE, issues.report, () => rows++, 3);
  expect(rows).toBe(3);
  expect(issues.list).toEqual([{ line: 6, reason: "more than 3 rows: write networks instead of single addresses" }]);
  expect(MAX_TABLE_ROWS).toBe(2_000_000);
});

test("a table is the same with a quoted cell behind it as without", async () => {
  const words = [
    "a",
    "1",
    "é",
    ",",
    ";",
    "\t",
    " ",
    "#",
    "\n",
    "\r",
    "\r\n",
    "\u00a0",
    "\u200b",
    "\f",
    "\u0001",
    "\n# c\n",
    "\n2,b",
  ];
  const header = fc.constantFrom(
    "key,name\n",
    " key ;Name\r\n",
    "sep=;\nkey;name\r",
    "# x\n\nkey\tname\n",
    "\ufeffkey,name,\n",
    "sep=|\n",
  );
  const body = fc.array(fc.constantFrom(...words), { maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(header, body, async (first, rest) => {
      const text = first + rest.join("");
      const quoted = await read(`${text}\n"last"`);
      expect(await read(`${text}\nlast`)).toEqual(quoted);
    }),
  );
});

test("readColumns gives the header line, whatever it says", () => {
  expect(readColumns(Buffer.from("\uFEFF# x\n\n a , b\n1,2\n"))).toEqual(["a", "b"]);
  expect(readColumns(Buffer.from("sep=;\n;A;; b\u200b ;\n"))).toEqual(["a", "b"]);
  expect(readColumns(Buffer.from("\uFEFFa\tb\n", "utf16le"))).toEqual(["a", "b"]);
  expect(readColumns(Buffer.from([0xff]))).toEqual([]);
  expect(readColumns(Buffer.from(""))).toEqual([]);
  expect(readColumns(Buffer.from('a"b\n'))).toEqual([]);
});
