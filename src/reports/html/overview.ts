import type { ReportData, Totals } from "./data.ts";
import { nothing, section } from "./parts.ts";
import { AT_BOTH_ENDS, bytes, change, count, escaped, minute, percent, plural, short, span } from "./words.ts";

/** The time before is compared as a whole where its flows begin in its first tenth. */
const MOST_OF = 0.9;

/** The numbers that come first, each beside that of the window before. */
export function tiles(
  { totals, sources, destinations, silent, passedOver, before, since, until }: ReportData,
  isCompared: boolean,
): string {
  const beside = (of: (totals: Totals) => number) => (before === undefined ? undefined : change(of(totals), of(before)));
  const share = (of: Totals) => percent(of.rejected, of.accepted + of.rejected);
  const quality = (of: Totals) => percent(of.captured, of.captured + of.lost);
  const hours = silent.reduce((sum, one) => sum + (one.until - one.since) / 3_600_000, 0);
  const entries: readonly (readonly [name: string, value: string, exact: string, beside: string | undefined])[] = [
    ["Flows", short(totals.flows), count(totals.flows), beside((one) => one.flows)],
    ["Bytes", bytes(totals.bytes), `${count(totals.bytes)} B`, beside((one) => one.bytes)],
    ["Packets", short(totals.packets), count(totals.packets), beside((one) => one.packets)],
    ["Rejected", share(totals), plural(totals.rejected, "flow"), before && `${share(before)} before`],
    ["Sources", short(sources), "addresses that sent", undefined],
    ["Destinations", short(destinations), "addresses that were sent to", undefined],
    ["Capture quality", quality(totals), `${plural(totals.lost, "record")} of lost flows`, before && `${quality(before)} before`],
    [
      "Missing",
      plural(hours, "hour"),
      "without a flow",
      passedOver.length === 0 ? undefined : `${plural(passedOver.length, "file")} passed over`,
    ],
  ];
  const html = entries.map(
    ([name, value, exact, than]) =>
      `<div><dt>${escaped(name)}</dt><dd><div class="value">${escaped(value)}</div><div class="quiet small">${escaped(exact)}</div>${than === undefined ? "" : `<div class="small">${escaped(than)}</div>`}</dd></div>`,
  );
  const length = span(until - since);
  const note =
    before === undefined
      ? `There are no flows of the ${length} before to compare with.`
      : `Changes are against the ${length} before${before.first > since - (until - since) * MOST_OF ? `, of which there are flows only from ${minute(before.first)} on` : ""}.`;
  const beneath = isCompared ? `\n<p class="quiet small">${escaped(note)}</p>` : "";
  const both = `\n<p class="quiet small">Flows, bytes and packets are those of the log. ${escaped(AT_BOTH_ENDS)}</p>`;
  return `<h2 class="skip">In numbers</h2><dl class="tiles">${html.join("")}</dl>${beneath}${both}`;
}

const MOST_SILENCES = 8;

/** What the report cannot know. */
export function missingSection({ totals, silent, passedOver, doubts }: ReportData): string {
  const lines: string[] = [];
  const say = (amount: number, what: string, one: string, then: string) =>
    void (amount > 0 && lines.push(`${what}: ${plural(amount, one)}${then}`));
  say(totals.lost, "Flows were lost", "record", " of the log (SKIPDATA); what happened then is not known");
  const lengths = silent.reduce((sum, { since, until }) => sum + until - since, 0);
  if (silent.length > 0) {
    const all = silent.slice(0, MOST_SILENCES).map(({ since, until }) => `${minute(since)} to ${minute(until)}`);
    const more = silent.length > MOST_SILENCES ? `, and ${silent.length - MOST_SILENCES} more` : "";
    lines.push(`No flow in ${span(lengths)} between the first and the last: ${all.join(", ")}${more}`);
  }
  say(totals.timeless, "Without a time", "record", " of enriched JSON, in no picture over time and of every window");
  say(totals.undirected, "Without a direction", "flow", "; name their subnets in enrich.subnets of the configuration");
  say(totals.subnetless, "Of no named subnet", "flow", "; name the subnets in enrich.subnets of the configuration");
  const files = passedOver.slice(0, 10).map((line) => `Passed over: ${line}`);
  if (passedOver.length > 10) files.push(`Passed over: ${passedOver.length - 10} files more`);
  const all = [...lines, ...doubts, ...files];
  const inner =
    all.length === 0
      ? nothing(
          "Nothing that the log or the archive says of itself: no lost flows, no hour without one, no file that cannot be read.",
        )
      : `<ul class="plain">${all.map((line) => `<li>${escaped(line)}</li>`).join("")}</ul>`;
  return section("missing", "What is missing", "What the flows cannot answer for.", inner);
}
