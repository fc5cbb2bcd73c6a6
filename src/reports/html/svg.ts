import type { EChartsCoreOption } from "echarts/core";
import { codeOf, UsageError } from "../../lib/errors.ts";
import { escaped } from "./words.ts";

/** A picture of a chart's options, `width` × `height` in CSS pixels, as one `svg` element without style, script and colours of its own. */
export type Draw = (option: EChartsCoreOption, width: number, height: number, words: ChartWords) => string;

/** What a screen reader says of a picture. */
export interface ChartWords {
  readonly id: string;
  readonly title: string;
  readonly description: string;
}

/** ECharts is a package that users add, since only this report needs it. Throws UsageError where it is not installed. */
export async function openCharts(): Promise<Draw> {
  const { core, charts, components, renderers } = await load();
  core.use([
    ...[charts.BarChart, charts.LineChart, charts.ScatterChart, charts.TreemapChart, charts.SankeyChart],
    ...[components.GridComponent, renderers.SVGRenderer],
  ]);
  return (option, width, height, words) => {
    const chart = core.init(null, null, { renderer: "svg", ssr: true, width, height });
    try {
      chart.setOption({ animation: false, useUTC: true, ...option });
      return plain(chart.renderToSVGString(), width, height, words);
    } finally {
      chart.dispose();
    }
  };
}

async function load() {
  try {
    const [core, charts, components, renderers] = await Promise.all([
      import("echarts/core"),
      import("echarts/charts"),
      import("echarts/components"),
      import("echarts/renderers"),
    ]);
    return { core, charts, components, renderers };
  } catch (cause) {
    if (codeOf(cause) !== "ERR_MODULE_NOT_FOUND" && codeOf(cause) !== "MODULE_NOT_FOUND") throw cause;
    throw new UsageError("echarts-missing", "this command needs ECharts, which is not installed: npm install echarts", { cause });
  }
}

/**
 * Only what the policy of the page lets through: no `style` element or attribute, and no attribute that nobody reads. In the text of the
 * picture `<`, `>` and `"` are entities, so that what looks like a tag here is one.
 */
function plain(svg: string, width: number, height: number, { id, title, description }: ChartWords): string {
  const inner = svg
    .slice(svg.indexOf(">") + 1, svg.lastIndexOf("</svg>"))
    .replaceAll(/<style[^>]*>[\s\S]*?<\/style>/g, "")
    .replaceAll(/<[^>]*>/g, (tag) =>
      tag
        .replaceAll(/ (?:ecmeta_[a-z_]+|class|pointer-events)="[^"]*"| fill="#000"/g, "")
        .replaceAll(/ style="([^"]*)"/g, (_, style: string) => fontOf(style)),
    )
    .replaceAll(/\n\s*/g, "");
  return `<svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="${id}-t ${id}-d"><title id="${id}-t">${escaped(title)}</title><desc id="${id}-d">${escaped(description)}</desc>${inner}</svg>`;
}

/** Size and weight of a text as attributes; its family is the page's. */
function fontOf(style: string): string {
  const size = /font-size:([\d.]+)px/.exec(style)?.[1];
  const weight = /font-weight:(\w+)/.exec(style)?.[1];
  return `${size === undefined ? "" : ` font-size="${size}"`}${weight === undefined ? "" : ` font-weight="${weight}"`}`;
}
