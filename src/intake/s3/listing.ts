import { type AnswerBody, shown, textOf } from "../../lib/http/answers.ts";
import { notUnderstood } from "../listing.ts";

/** The root of a listing; the SDK finds nothing below one whose names have a prefix. */
const ROOT = /^(?:<\?xml[^>]*\?>)?\s*(?:<!--.*?-->\s*)*<ListBucketResult[\s>]/s;
const END = /<\/ListBucketResult\s*>$/;
const TRUNCATED = /<IsTruncated>\s*(?:true|false)\s*<\//;

/**
 * Refuses a body that is no page of a listing. The SDK takes any XML for one, and nothing at all for one without objects; every store
 * sends this root, and says whether more is to come.
 */
export function checkListing(body: AnswerBody, name: string): void {
  const text = textOf(body);
  const what = faultIn(body, text);
  if (what !== undefined) throw notUnderstood(name, what);
}

function faultIn({ fault }: AnswerBody, text: string): string | undefined {
  if (fault !== undefined) return fault;
  if (text === "") return "is empty: it does not even say that there are no objects";
  const error = /<Code>([^<]{1,100})<\/Code>/.exec(text)?.[1];
  if (!ROOT.test(text)) return error === undefined ? `is none: it ${shown(text)}` : `is none: it is an error, ${error}`;
  if (!END.test(text)) return "is cut short";
  return TRUNCATED.test(text) ? undefined : "does not say whether more is to come (IsTruncated)";
}
