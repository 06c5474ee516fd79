/** A line chart with a logarithmic x axis and a y axis that starts at 0. */
export interface Chart {
  title: string;
  xLabel: string;
  series: { name: string; points: { x: number; y: number }[] }[];
}

const [width, height] = [340, 240];
const [left, right, top, bottom] = [44, 32, 62, 40];
const colours = ["a", "b", "c", "d"];

/** Renders charts as one SVG, `columns` in a row. The colours follow the reader's light or dark colour scheme. */
export function renderCharts(charts: readonly Chart[], columns: number): string {
  const rows = Math.ceil(charts.length / columns);
  const body = charts.map(
    (chart, n) =>
      `<g transform="translate(${(n % columns) * width} ${Math.floor(n / columns) * height})">${renderChart(chart)}</g>`,
  );
  const [w, h] = [columns * width, rows * height];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${w} ${h}" width="${w}" height="${h}" font-family="sans-serif" font-size="11">
<title>Time and rows read of a send and of a page, while a mailbox, a group and a realm grow</title>
<style>
text { fill: #24292f } .grid { stroke: #d0d7de } .a { stroke: #0969da } .b { stroke: #bc4c00 } .c { stroke: #1a7f37 } .d { stroke: #8250df }
.key.a { fill: #0969da } .key.b { fill: #bc4c00 } .key.c { fill: #1a7f37 } .key.d { fill: #8250df }
path { fill: none; stroke-width: 2 } .title { font-weight: bold; font-size: 12px }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .grid { stroke: #30363d } .a { stroke: #58a6ff } .b { stroke: #f0883e } .c { stroke: #3fb950 } .d { stroke: #a371f7 }
  .key.a { fill: #58a6ff } .key.b { fill: #f0883e } .key.c { fill: #3fb950 } .key.d { fill: #a371f7 }
}
</style>
${body.join("\n")}
</svg>
`;
}

function renderChart({ title, xLabel, series }: Chart): string {
  const points = series.flatMap((line) => line.points);
  const decades = points.map(({ x }) => Math.log10(x));
  const [firstDecade, lastDecade] = [Math.floor(Math.min(...decades)), Math.ceil(Math.max(...decades))];
  const maxY = niceAbove(Math.max(...points.map(({ y }) => y)));
  const placeX = (x: number) =>
    left + ((Math.log10(x) - firstDecade) / Math.max(1, lastDecade - firstDecade)) * (width - left - right);
  const placeY = (y: number) => height - bottom - (y / maxY) * (height - top - bottom);
  const at = (value: number) => value.toFixed(1);
  const text = (x: number, y: number, label: string, more = "") =>
    `<text x="${at(x)}" y="${at(y)}" ${more}>${label}</text>`;

  const parts = [text(left, 16, title, 'class="title"')];
  for (const part of [0, 0.25, 0.5, 0.75, 1]) {
    const y = placeY(maxY * part);
    parts.push(`<line class="grid" x1="${left}" x2="${width - right}" y1="${at(y)}" y2="${at(y)}"/>`);
    parts.push(text(left - 6, y + 4, String(Number((maxY * part).toPrecision(3))), 'text-anchor="end"'));
  }
  for (let decade = firstDecade; decade <= lastDecade; decade++) {
    parts.push(
      text(placeX(10 ** decade), height - bottom + 16, (10 ** decade).toLocaleString("en"), 'text-anchor="middle"'),
    );
  }
  parts.push(text((left + width - right) / 2, height - 6, xLabel, 'text-anchor="middle"'));
  let [legendX, legendY] = [left, 32];
  for (const [n, { name, points }] of series.entries()) {
    const colour = colours[n % colours.length];
    const path = points.map(({ x, y }, n) => `${n ? "L" : "M"}${at(placeX(x))} ${at(placeY(y))}`).join("");
    parts.push(`<path class="${colour}" d="${path}"/>`);
    for (const { x, y } of points) {
      parts.push(`<circle class="key ${colour}" cx="${at(placeX(x))}" cy="${at(placeY(y))}" r="3"/>`);
    }
    const legendWidth = 30 + 6 * name.length;
    if (legendX > left && legendX + legendWidth > width) [legendX, legendY] = [left, legendY + 16];
    const key = `<circle class="key ${colour}" cx="${at(legendX + 4)}" cy="${legendY}" r="4"/>`;
    parts.push(key, text(legendX + 12, legendY + 4, name));
    legendX += legendWidth;
  }
  return parts.join("");
}

/** Rounds up, with some space, to 1, 2, 4, 5 or 8 times a power of ten. */
function niceAbove(value: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1e-9)));
  return power * ([1, 2, 4, 5, 8, 10].find((step) => step * power >= value * 1.05) ?? 10);
}
