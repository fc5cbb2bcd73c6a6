import { type FlowFilter, readFilter } from "../detect/filter.ts";
import { readYaml } from "../detect/language/yaml-file.ts";
import { UsageError } from "../lib/errors.ts";

/**
 * The filter that a text says, in the language of sinks' filters: one search alone (`action: reject, destinationPort: 22`), or searches with a
 * condition. Throws UsageError with a line for each mistake.
 */
export function tapFilter(text: string): FlowFilter {
  const mistakes: string[] = [];
  const report = (_line: number, message: string) => void mistakes.push(message);
  const block = /^\s*\{/.test(text) ? text : `{ ${text} }`;
  const isWhole = /(?:^|[\s{,])condition\s*:/.test(block);
  const [document] = readYaml(`filter: ${isWhole ? block : `{ wanted: ${block}, condition: wanted }`}`, "filter", report);
  const filter = document === undefined ? undefined : readFilter(document, report);
  if (filter === undefined) {
    const said = mistakes.length > 0 ? mistakes.join("\n") : "it is empty";
    throw new UsageError("bad-filter", `the filter is wrong: ${said}`);
  }
  return filter;
}
