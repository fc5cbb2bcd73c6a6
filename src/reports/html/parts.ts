import type { EChartsCoreOption } from "echarts/core";
import type { Shape } from "./charts.ts";
import type { Draw } from "./svg.ts";
import { count, escaped, type Html } from "./words.ts";

/** A column of a table: its heading, and whether its cells are numbers or times, which stand apart. */
export interface Column {
  readonly name: string;
  readonly kind?: "number" | "time";
}

export type Cell = string | number | Html | undefined;

const CLASSES = { number: ' class="n"', time: ' class="t"' } as const;

function cellHtml(cell: Cell): string {
  if (cell === undefined) return "";
  if (typeof cell === "number") return count(cell);
  return typeof cell === "string" ? escaped(cell) : `<span>${cell.html}</span>`;
}

/**
 * A table whose first column names its rows; `under` has what stands over the whole width below a row, or nothing. On a narrow page each row
 * becomes a list of `heading value`.
 */
export function table(
  caption: string,
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  under: readonly string[] = [],
): string {
  const attributes = (index: number) => {
    const kind = columns[index]?.kind;
    return kind === undefined ? "" : CLASSES[kind];
  };
  const head = columns.map(({ name }, index) => `<th scope="col"${attributes(index)}>${escaped(name)}</th>`).join("");
  const body = rows.map((row, index) => {
    const cells = row.map((cell, index) => {
      const shared = `${attributes(index)} data-label="${escaped(columns[index]?.name ?? "")}"`;
      return index === 0 ? `<th scope="row"${shared}>${cellHtml(cell)}</th>` : `<td${shared}>${cellHtml(cell)}</td>`;
    });
    const below = under[index] ?? "";
    if (below === "") return `<tr>${cells.join("")}</tr>`;
    return `<tr class="over">${cells.join("")}</tr>\n<tr class="under"><td colspan="${columns.length}">${below}</td></tr>`;
  });
  return `<table><caption>${escaped(caption)}</caption><thead><tr>${head}</tr></thead><tbody>\n${body.join("\n")}\n</tbody></table>`;
}

/** What would be long stands behind a line that opens. */
export function folded(summary: string, inner: string): string {
  return `<details><summary>${escaped(summary)}</summary>${inner}</details>`;
}

/** A legend: names with the class of their colour. */
export function key(entries: readonly (readonly [colour: string, name: string])[]): string {
  const items = entries.map(([colour, name]) => `<li><i class="${colour}"></i><bdi>${escaped(name)}</bdi></li>`);
  return `<ul class="key" aria-label="Colours">${items.join("")}</ul>`;
}

export interface Picture {
  readonly id: string;
  readonly title: string;
  /** In a sentence what the picture says. */
  readonly description: string;
  readonly option: (shape: Shape, height: number) => EChartsCoreOption;
  /** Heights, for a window and for a telephone. */
  readonly heights: readonly [number, number];
}

const WIDTHS = [1076, 342] as const;

/** A picture in two sizes, of which a page shows the one that fits. */
export function figure(draw: Draw, { id, title, description, option, heights }: Picture): string {
  const pictures = (["wide", "narrow"] as const).map((size, index) => {
    const width = WIDTHS[index] as number;
    const height = heights[index] as number;
    const shape = { width, isNarrow: size === "narrow" };
    const svg = draw(option(shape, height), width, height, { id: `${id}-${size}`, title, description });
    return `<div class="${size}">${svg}</div>`;
  });
  return `<figure>${pictures.join("\n")}</figure>`;
}

export function section(id: string, title: string, lead: string, inner: string): string {
  return `<section aria-labelledby="${id}"><h2 id="${id}">${escaped(title)}</h2>\n<p class="quiet small">${escaped(lead)}</p>\n${inner}\n</section>`;
}

export const nothing = (sentence: string): string => `<p>${escaped(sentence)}</p>`;
