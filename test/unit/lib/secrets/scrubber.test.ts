import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Scrubber } from "../../../../src/lib/secrets/scrubber.ts";
import { runs } from "../../../runs.ts";

function scrubbing(...secrets: readonly string[]): (text: string) => string {
  const scrubber = new Scrubber();
  for (const secret of secrets) scrubber.add(secret);
  return scrubber.scrub;
}

const percent = (text: string) => [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
const json = (text: string) => JSON.stringify(text).slice(1, -1);
const html = (text: string) =>
  text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;")
    .replaceAll(">", "&gt;");
const form = (text: string) => new URLSearchParams({ "": text }).toString().slice(1);

/** How a receiver may write what it got. */
const ENCODINGS: Readonly<Record<string, (text: string) => string>> = {
  "as it is": (text) => text,
  encodeURIComponent,
  encodeURI,
  "every byte percent-encoded": percent,
  "every byte percent-encoded, capitals": (text) => percent(text).toUpperCase(),
  "percent-encoded twice": (text) => encodeURIComponent(encodeURIComponent(text)),
  "a form": form,
  JSON: json,
  "JSON in JSON": (text) => json(json(text)),
  "JSON in JSON in JSON": (text) => json(json(json(text))),
  "JSON of PHP": (text) => json(text).replaceAll("/", "\\/"),
  "JSON of ASCII": (text) =>
    [...Array(text.length).keys()].map((at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, "0")}`).join(""),
  "a URL in JSON": (text) => json(encodeURIComponent(text)),
  "JSON in a URL": (text) => encodeURIComponent(json(text)),
  HTML: html,
  "HTML, numbered": (text) => [...text].map((character) => `&#x${character.codePointAt(0)?.toString(16)};`).join(""),
  "HTML in JSON": (text) => json(html(text)),
  base64: (text) => Buffer.from(text).toString("base64"),
  base64url: (text) => Buffer.from(text).toString("base64url"),
  "base64 in a URL": (text) => encodeURIComponent(Buffer.from(text).toString("base64")),
  "base64 of percent-encoded": (text) => Buffer.from(encodeURIComponent(text)).toString("base64"),
  "base64 of more": (text) => Buffer.from(`{"user":"me","password":"${text}","more":1}`).toString("base64"),
  "base64 of more, one further": (text) => Buffer.from(`{"user":"you","password":"${text}","more":1}`).toString("base64"),
  "base64 of more, two further": (text) => Buffer.from(`{"user":"them","password":"${text}","more":1}`).toString("base64"),
  "base64 in lines": (text) =>
    (
      Buffer.from(`what was sent: ${text} and more`)
        .toString("base64")
        .match(/.{1,7}/g) ?? []
    ).join("\r\n"),
  "broken into lines": (text) => [...text].join("\n"),
  "broken into lines and quoted": (text) => json([...text].join("\r\n  ")),
  "letters apart": (text) => [...text].join(" "),
  "with invisible characters": (text) => [...text].join("\u200b"),
};

/** What a person with patience reads in a text. */
function readings(text: string): string[] {
  const squeezed = text.replaceAll(/[\s\u200b]|\\[rn]/g, "");
  const parts = squeezed.match(/[\w+/-]{4,}/g) ?? [];
  const decoded = parts.flatMap((part) => [0, 1, 2, 3].map((skip) => Buffer.from(part.slice(skip), "base64").toString()));
  return [text, squeezed, ...decoded];
}

/** Secrets as they are given out: long enough, and no words. */
const secret = fc
  .oneof(
    fc.string({ unit: "grapheme-ascii", minLength: 8, maxLength: 40 }),
    fc.string({ unit: fc.constantFrom(..."abcXYZ019%\\&;/+=\"'<> é€𝒳"), minLength: 8, maxLength: 24 }),
    fc.base64String({ minLength: 8, maxLength: 64 }),
    fc.uuid(),
  )
  .map((text) => `${text}7Qx`)
  .filter((text) => text === text.trim());
const surrounding = fc.constantFrom(
  "",
  '"',
  "token: ",
  "Bearer ",
  '","path":"',
  "answered 400: ",
  ", and so on",
  " (cut)",
  "ÄÖ€",
);

/** That does not end in the beginning of an escape, which would make another secret of what follows. */
const anything = fc.string().filter((text) => !/[%&\\][\w#]*$/.test(text));

describe("a secret does not survive", () => {
  const exact = Object.entries(ENCODINGS).filter(([name]) => !name.startsWith("base64"));

  test.each(exact)("%s", (_name, encode) => {
    fc.assert(
      fc.property(secret, surrounding, surrounding, (value, before, after) => {
        expect(scrubbing(value)(`${before}${encode(value)}${after}`)).toBe(`${before}***${after}`);
      }),
      { numRuns: runs(60) },
    );
  });

  test.each(Object.entries(ENCODINGS))("%s, among anything", (_name, encode) => {
    fc.assert(
      fc.property(secret, anything, fc.string(), (value, before, after) => {
        const scrubbed = scrubbing(value)(before + encode(value) + after);
        for (const read of readings(scrubbed)) expect(read).not.toContain(value.replaceAll(/\s/g, ""));
      }),
      { numRuns: runs(60) },
    );
  });

  test("anywhere among others, however often", () => {
    fc.assert(
      fc.property(fc.array(secret, { minLength: 1, maxLength: 4 }), fc.array(fc.string(), { minLength: 1 }), (values, words) => {
        const text = words.flatMap((word, index) => [word, values[index % values.length] as string]).join("");
        const scrubbed = scrubbing(...values)(text);
        for (const value of values) expect(scrubbed).not.toContain(value);
      }),
    );
  });

  test.each([
    ["the end of the text", "answered 403: bad token Abcdefgh12345678"],
    ["an ellipsis", "answered 403: bad token Abcdefgh1234567… (cut)"],
    ["three dots", '{"message":"bad token Abcdefgh12..."}'],
    ["an escape that is cut too", "bad token Abcdefgh12345678%2"],
  ])("cut off at %s", (_where, text) => {
    expect(scrubbing("Abcdefgh12345678/tail-of-it")(text)).not.toContain("Abcdefgh");
  });

  test("in any case, where it is long", () => {
    expect(scrubbing("xoxb-AbCdEfGhIjKl")("AUTHORIZATION: BEARER XOXB-ABCDEFGHIJKL")).toBe("AUTHORIZATION: BEARER ***");
  });
});

describe("the rest of the text stays", () => {
  test("letter by letter", () => {
    const scrub = scrubbing("s3cr3t-t0ken");
    expect(scrub('host:4318 answered 400: {"error":"no \\"s3cr3t-t0ken\\" here","path":"/a%20b"}')).toBe(
      'host:4318 answered 400: {"error":"no \\"***\\" here","path":"/a%20b"}',
    );
    expect(scrub("GET /?t=s3cr3t%2Dt0ken&x=1%2C2")).toBe("GET /?t=***&x=1%2C2");
    expect(scrub("nothing of it, 100 % sure \\ & so on")).toBe("nothing of it, 100 % sure \\ & so on");
  });

  test.each(["example", "true", "1", "default", "us-south", "admin", "password", "20260131", "abc", "application"])(
    "%j is a word before it is a secret, and hidden beside its name only",
    (word) => {
      const scrubber = new Scrubber();
      scrubber.add(word, "x-tenant");
      const sentence = `the sink ${word} of wiki.${word} answered {"ok":${word},"${word}":1}`;
      expect(scrubber.scrub(sentence)).toBe(sentence);
      expect(scrubber.scrub(`X-Tenant: ${word}, path /`)).toBe("X-Tenant: ***, path /");
      expect(scrubber.scrub(`{'x-tenant': '${word}'}`)).toBe("{'x-tenant': '***'}");
      expect(scrubber.scrub(`{\\"x-tenant\\": \\"${word}\\"}`)).toBe('{\\"x-tenant\\": \\"***\\"}');
      expect(scrubber.scrub(`?x-tenant=${word}&a=b`)).toBe("?x-tenant=***&a=b");
      expect(scrubber.scrub(`x-tenant: Bearer ${word}`)).toBe("x-tenant: Bearer ***");
      expect(scrubber.scrub(`x-tenant=${word}s`)).toBe(`x-tenant=${word}s`);
    },
  );

  test("any text without a secret in it", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        expect(scrubbing("Abcdefgh12345678", "example")(text)).toBe(text);
      }),
    );
  });
});

test("of the secrets that come and go, the latest are known, and those of the configuration for ever", () => {
  const scrubber = new Scrubber();
  scrubber.add("configured-1234");
  for (let hour = 0; hour < 1_000; hour += 1) scrubber.addPassing(`${hour}-token-of-an-hour`);
  expect(scrubber.scrub("configured-1234 999-token-of-an-hour 990-token-of-an-hour")).toBe("*** *** ***");
  expect(scrubber.scrub("1-token-of-an-hour")).toBe("1-token-of-an-hour");
});
