/**
 * `npm run bench:growth`: what a send and `inbox last=50` take while everything around them grows, against what the
 * floor takes for the same in the same moment. Prints a table and draws test/bench/growth.svg.
 *
 * --quick: small sizes and few requests. --out FILE: another drawing.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Cost } from "../support/cost.ts";
import { give } from "./bench-fixture.ts";
import { type Chart, plot } from "./plot.ts";
import { machine, spreadOf } from "./report.ts";
import { type Axis, groups, mailboxes, openFloor, type Point, realms } from "./sizes.ts";
import type { Plain } from "./workerd-server.ts";

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    out: { type: "string", default: join(import.meta.dirname, "growth.svg") },
  },
});
const times = options.quick ? 20 : 300;
const upTo = (most: number) => [10, 100, 1_000, 10_000, 100_000, 1_000_000].filter((size) => size <= most);

const floor = await openFloor();
const opened = [
  await mailboxes(upTo(options.quick ? 10_000 : 1_000_000)),
  await groups([2, ...upTo(options.quick ? 100 : 10_000)]),
  await realms(upTo(options.quick ? 1_000 : 100_000)),
];
const axes = opened.filter((axis) => axis !== null);
if (axes.length < opened.length) console.log("members of the group: skipped, groups have no members yet");

const charts: Chart[] = [];
for (const axis of axes) charts.push(...(await chartsOf(axis)));
writeFileSync(options.out, plot(charts, 2));
const { cores, processor, memoryGb } = machine();
console.log(
  `\n${new Date().toISOString().slice(0, 10)}, ${cores} cores of ${processor}, ${memoryGb} GiB. ${options.out}`,
);
process.exit();

/** Time and rows of every line of an axis. */
async function chartsOf({ across, lines }: Axis): Promise<Chart[]> {
  const measured: { name: string; points: readonly Point[]; rows: number[]; ratios: number[] }[] = [];
  for (const { name, bare, points } of lines) {
    const rows: number[] = [];
    for (const point of points) rows.push(await rowsRead(point));
    const ratios = await ratiosOf(points, bare);
    for (const [n, { size }] of points.entries()) {
      const [ratio = 0, read = 0] = [ratios[n], rows[n]];
      console.log(
        `${name}, ${size.toLocaleString("en")} ${across}: ${ratio.toFixed(2)} of the floor, ${read.toFixed(1)} rows read`,
      );
    }
    measured.push({ name, points, rows, ratios });
  }
  const chart = (title: string, of: "rows" | "ratios"): Chart => ({
    title,
    across,
    lines: measured.map(({ name, points, [of]: values }) => ({
      name,
      points: points.map(({ size }, n) => ({ x: size, y: values[n] ?? 0 })),
    })),
  });
  return [chart("Time, as a multiple of the floor's", "ratios"), chart("Rows read", "rows")];
}

async function rowsRead(point: Point): Promise<number> {
  const tenTimes = async () => {
    for (let n = 0; n < 10; n++) await ask(point, n);
  };
  // The first time fills caches.
  await tenTimes();
  await meter(point.realm);
  await tenTimes();
  const costs = await meter(point.realm);
  return costs.reduce((sum, { rowsRead }) => sum + rowsRead, 0) / 10;
}

/** The median time at each point over that of the floor. They take turns, so that all see the same machine. */
async function ratiosOf(points: readonly Point[], bareLine: string): Promise<number[]> {
  const bare: number[] = [];
  const own = points.map((): number[] => []);
  for (let n = 0; n < times; n++) {
    bare.push(await timed(() => give(floor, 2, bareLine)));
    for (const [place, point] of points.entries()) own[place]?.push(await timed(() => ask(point, n)));
  }
  for (const realm of new Set(points.map((point) => point.realm))) await meter(realm);
  return own.map((all) => spreadOf(all).median / spreadOf(bare).median);
}

async function ask({ realm, command }: Point, n: number): Promise<void> {
  const { by, line } = command(n);
  const { status, text } = await give(realm, by, line);
  if (status !== 200) throw new Error(`${line} was answered ${text}`);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const before = performance.now();
  await work();
  return performance.now() - before;
}

/** What the realm's objects have read and written since this was last asked. */
async function meter(realm: Plain): Promise<Cost[]> {
  return (await fetch(`${realm.url}/meter`)).json() as Promise<Cost[]>;
}
