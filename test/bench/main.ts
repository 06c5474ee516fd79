/**
 * `npm run bench`: measures Ranah on both hosts and the floor of each alternately, in one run.
 *
 * --quick: one short round of everything. --rounds N, --seconds N: number of rounds and length of each run.
 * --only TEXT: only the comparisons whose names contain the text. --host TEXT: only the candidates whose names contain it. --out FILE: write the results as JSON.
 * --table FILE: print the Markdown table of such a file and measure nothing.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { openBenchFixture } from "./bench-fixture.ts";
import { bulkSend } from "./cases/bulk.ts";
import { federationQueues } from "./cases/federation.ts";
import { groupSend } from "./cases/group.ts";
import { liveSend } from "./cases/live.ts";
import { logins } from "./cases/logins.ts";
import { readCommands } from "./cases/read.ts";
import { privateSend } from "./cases/send.ts";
import { shards } from "./cases/shards.ts";
import type { Comparison, Sample } from "./comparison.ts";
import { LoadGenerator } from "./load-generator.ts";
import { describeMachine, type Report, type ReportRow, ratioSpread, renderMarkdown } from "./report.ts";

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    rounds: { type: "string" },
    seconds: { type: "string" },
    only: { type: "string", default: "" },
    host: { type: "string", default: "" },
    out: { type: "string" },
    table: { type: "string" },
  },
});
const rounds = Number(options.rounds ?? (options.quick ? 1 : 5));
const seconds = Number(options.seconds ?? (options.quick ? 0.4 : 4));
const cases = [privateSend, groupSend, readCommands, bulkSend, liveSend, logins, shards, federationQueues];

if (options.table) {
  console.log(renderMarkdown(JSON.parse(readFileSync(options.table, "utf8"))));
} else {
  const report = await bench();
  console.log(`\n${renderMarkdown(report)}`);
  if (options.out) writeFileSync(options.out, `${JSON.stringify(report, null, 1)}\n`);
}
process.exit();

async function bench(): Promise<Report> {
  const fixture = await openBenchFixture();
  const all: Comparison[] = [];
  for (const openCase of cases) all.push(...(await openCase(fixture, options.quick)));
  const comparisons = all
    .filter(({ name }) => name.includes(options.only))
    .map((each) => ({ ...each, candidates: each.candidates.filter(({ name }) => name.includes(options.host)) }));
  const samples = await measureRounds(comparisons);
  return {
    date: new Date().toISOString(),
    machine: describeMachine(),
    rounds,
    seconds,
    rows: comparisons.flatMap((comparison) => rowsOf(comparison, samples)),
    targets: Object.fromEntries(comparisons.map(({ name, target }) => [name, target])),
  };
}

function sampleKey(comparison: string, connections: number, candidate: string): string {
  return [comparison, connections, candidate].join("\n");
}

/** Measures every candidate in every round. @returns the samples by `sampleKey` */
async function measureRounds(comparisons: readonly Comparison[]): Promise<Map<string, Sample[]>> {
  const generator = new LoadGenerator();
  const samples = new Map<string, Sample[]>();
  // Round 0 warms up the servers; its results are dropped. A quick run has no warm-up.
  for (let round = options.quick ? 1 : 0; round <= rounds; round++) {
    for (const { name, connections, candidates, minSeconds = 0 } of comparisons) {
      for (const count of connections) {
        // Each round starts with another candidate.
        const first = round % candidates.length;
        for (const candidate of [...candidates.slice(first), ...candidates.slice(0, first)]) {
          const duration = Math.max(minSeconds, Math.min(seconds, round === 0 ? 1 : seconds));
          const sample = await candidate.run(generator.measure, count, duration);
          if (round === 0) continue;
          const key = sampleKey(name, count, candidate.name);
          samples.set(key, [...(samples.get(key) ?? []), sample]);
          const { perSecond, p50, p99, cpuUs } = sample;
          console.log(
            `${round}  ${name}, ${count}, ${candidate.name}: ${perSecond.toFixed(0)}/s, p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, CPU ${cpuUs.toFixed(0)} us`,
          );
        }
      }
    }
  }
  generator.stop();
  return samples;
}

function rowsOf({ name, connections, candidates }: Comparison, samples: Map<string, Sample[]>): ReportRow[] {
  return connections.flatMap((count) => {
    const of = (candidate: string) => samples.get(sampleKey(name, count, candidate)) ?? [];
    return candidates.map(({ name: candidate, reference }): ReportRow => {
      const own = of(candidate);
      const ratio = (what: "perSecond" | "p99") => (reference ? ratioSpread(own, of(reference), what) : null);
      const ratios = { perSecondRatio: ratio("perSecond"), p99Ratio: ratio("p99") };
      return { comparison: name, candidate, connections: count, samples: own, ...ratios };
    });
  });
}
