/**
 * `npm run bench:growth`: measures a send and `inbox last=50` while a mailbox, a group and a realm grow. Time is relative to
 * the floor of the same host at the same moment. Prints the results and draws test/bench/growth.svg.
 *
 * --quick: small sizes and few requests. --out FILE: another file for the drawing.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { BenchServer } from "./bench-server.ts";
import { sendOk } from "./commands.ts";
import { readMeter } from "./meter.ts";
import { type Chart, renderCharts } from "./plot.ts";
import { describeMachine } from "./report.ts";
import {
  type GrowthAxis,
  type GrowthHost,
  type GrowthPoint,
  groupAxis,
  growthHosts,
  mailboxAxis,
  openFloor,
  realmAxis,
} from "./sizes.ts";
import { spreadOf } from "./spread.ts";

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    out: { type: "string", default: join(import.meta.dirname, "growth.svg") },
  },
});
const repetitions = options.quick ? 20 : 300;
const sizesUpTo = (max: number) => [10, 100, 1_000, 10_000, 100_000, 1_000_000].filter((size) => size <= max);

const limit = (size: number, quick: number) => sizesUpTo(options.quick ? quick : size);
const axes: ((host: GrowthHost) => Promise<GrowthAxis>)[] = [
  (host) => mailboxAxis(host, limit(1_000_000, 10_000)),
  (host) => groupAxis(host, [2, ...limit(10_000, 100)]),
  (host) => realmAxis(host, limit(100_000, 1_000)),
];
const floors = new Map<GrowthHost, BenchServer>();
for (const host of growthHosts) floors.set(host, await openFloor(host));
const charts: Chart[] = [];
for (const openAxis of axes) charts.push(...(await measureAxis(openAxis)));
writeFileSync(options.out, renderCharts(charts, 2));
const { cores, processor, memoryGb } = describeMachine();
console.log(
  `\n${new Date().toISOString().slice(0, 10)}, ${cores} cores of ${processor}, ${memoryGb} GiB. ${options.out}`,
);
process.exit();

/** Measures every series of an axis on each host. @returns a chart of times, and one of read rows */
async function measureAxis(openAxis: (host: GrowthHost) => Promise<GrowthAxis>): Promise<Chart[]> {
  const times: Chart = { title: "Time, as a multiple of the floor's", xLabel: "", series: [] };
  const rows: Chart = { title: "Rows read", xLabel: "", series: [] };
  for (const host of growthHosts) {
    const { xLabel, series } = await openAxis(host);
    times.xLabel = xLabel;
    rows.xLabel = xLabel;
    for (const { name, floorLine, points } of series) {
      const read: number[] = [];
      if (host.countsRows) for (const point of points) read.push(await rowsRead(point));
      const ratios = await timeRatios(host, points, floorLine);
      for (const [n, { size }] of points.entries()) {
        const counted = host.countsRows ? `, ${read[n]?.toFixed(1)} rows read` : "";
        console.log(
          `${name} on ${host.name}, ${size.toLocaleString("en")} ${xLabel}: ${ratios[n]?.toFixed(2)} times the floor${counted}`,
        );
      }
      const line = (values: number[]) => points.map(({ size }, n) => ({ x: size, y: values[n] ?? 0 }));
      times.series.push({ name: `${name} on ${host.name}`, points: line(ratios) });
      if (host.countsRows) rows.series.push({ name, points: line(read) });
    }
    // The next host has the machine for itself.
    for (const realm of new Set(series.flatMap(({ points }) => points.map((point) => point.realm)))) await realm.kill();
  }
  return [times, rows];
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

/** The median time at each point, divided by the floor's. All are measured alternately, so load on the machine affects each. */
async function timeRatios(host: GrowthHost, points: readonly GrowthPoint[], floorLine: string): Promise<number[]> {
  const floor = floors.get(host);
  if (!floor) throw new Error("a host without its floor");
  const floorTimes: number[] = [];
  const pointTimes = points.map((): number[] => []);
  for (let n = 0; n < repetitions; n++) {
    floorTimes.push(await elapsedMs(() => sendOk(floor, 2, floorLine)));
    for (const [index, point] of points.entries()) pointTimes[index]?.push(await elapsedMs(() => runCommand(point, n)));
  }
  // The counters keep every cursor, so they are reset.
  if (host.countsRows) for (const realm of new Set(points.map((point) => point.realm))) await readMeter(realm.url);
  return pointTimes.map((times) => spreadOf(times).median / spreadOf(floorTimes).median);
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
