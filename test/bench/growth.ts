/**
 * `npm run bench:growth`: measures a send and `inbox last=50` while a mailbox, a group and a realm grow. Time is relative to
 * the baseline at the same moment. Prints the results and draws test/bench/growth.svg.
 *
 * --quick: small sizes and few requests. --out FILE: another file for the drawing.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { sendOk } from "./commands.ts";
import { readMeter } from "./meter.ts";
import { type Chart, renderCharts } from "./plot.ts";
import { describeMachine } from "./report.ts";
import { type GrowthAxis, type GrowthPoint, groupAxis, mailboxAxis, openBaseline, realmAxis } from "./sizes.ts";
import { spreadOf } from "./spread.ts";

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    out: { type: "string", default: join(import.meta.dirname, "growth.svg") },
  },
});
const repetitions = options.quick ? 20 : 300;
const sizesUpTo = (max: number) => [10, 100, 1_000, 10_000, 100_000, 1_000_000].filter((size) => size <= max);

const baseline = await openBaseline();
const axes = [
  await mailboxAxis(sizesUpTo(options.quick ? 10_000 : 1_000_000)),
  await groupAxis([2, ...sizesUpTo(options.quick ? 100 : 10_000)]),
  await realmAxis(sizesUpTo(options.quick ? 1_000 : 100_000)),
];
const charts: Chart[] = [];
for (const axis of axes) charts.push(...(await measureAxis(axis)));
writeFileSync(options.out, renderCharts(charts, 2));
const { cores, processor, memoryGb } = describeMachine();
console.log(
  `\n${new Date().toISOString().slice(0, 10)}, ${cores} cores of ${processor}, ${memoryGb} GiB. ${options.out}`,
);
process.exit();

/** Measures time and read rows of every series. @returns a chart of each */
async function measureAxis({ xLabel, series }: GrowthAxis): Promise<Chart[]> {
  const measured: { name: string; points: readonly GrowthPoint[]; rows: number[]; ratios: number[] }[] = [];
  for (const { name, baselineLine, points } of series) {
    const rows: number[] = [];
    for (const point of points) rows.push(await rowsRead(point));
    const ratios = await timeRatios(points, baselineLine);
    for (const [n, { size }] of points.entries()) {
      const [ratio = 0, read = 0] = [ratios[n], rows[n]];
      console.log(
        `${name}, ${size.toLocaleString("en")} ${xLabel}: ${ratio.toFixed(2)} times the baseline, ${read.toFixed(1)} rows read`,
      );
    }
    measured.push({ name, points, rows, ratios });
  }
  const chart = (title: string, of: "rows" | "ratios"): Chart => ({
    title,
    xLabel,
    series: measured.map(({ name, points, [of]: values }) => ({
      name,
      points: points.map(({ size }, n) => ({ x: size, y: values[n] ?? 0 })),
    })),
  });
  return [chart("Time, as a multiple of the baseline's", "ratios"), chart("Rows read", "rows")];
}

async function rowsRead(point: GrowthPoint): Promise<number> {
  const runTenTimes = async () => {
    for (let n = 0; n < 10; n++) await runCommand(point, n);
  };
  // The first runs fill the caches.
  await runTenTimes();
  await readMeter(point.realm.url);
  await runTenTimes();
  const costs = await readMeter(point.realm.url);
  return costs.reduce((sum, { rowsRead }) => sum + rowsRead, 0) / 10;
}

/** The median time at each point, divided by the baseline's. All are measured alternately, so load on the machine affects each. */
async function timeRatios(points: readonly GrowthPoint[], baselineLine: string): Promise<number[]> {
  const baselineTimes: number[] = [];
  const pointTimes = points.map((): number[] => []);
  for (let n = 0; n < repetitions; n++) {
    baselineTimes.push(await elapsedMs(() => sendOk(baseline, 2, baselineLine)));
    for (const [index, point] of points.entries()) pointTimes[index]?.push(await elapsedMs(() => runCommand(point, n)));
  }
  // The counters keep every cursor, so they are reset.
  for (const realm of new Set(points.map((point) => point.realm))) await readMeter(realm.url);
  return pointTimes.map((times) => spreadOf(times).median / spreadOf(baselineTimes).median);
}

async function runCommand({ realm, command }: GrowthPoint, n: number): Promise<void> {
  const { by, line } = command(n);
  await sendOk(realm, by, line);
}

async function elapsedMs(work: () => Promise<unknown>): Promise<number> {
  const before = performance.now();
  await work();
  return performance.now() - before;
}
