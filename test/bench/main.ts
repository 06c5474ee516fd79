/**
 * `npm run bench`: the floor and Ranah in one run, taking turns, on plain `workerd serve`.
 *
 * --quick: one short round of everything. --out FILE: the results as JSON. --table FILE: the Markdown table of such a
 * file, and nothing is measured. --only WORD: the contests whose name holds the word.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { openGround } from "./bench-fixture.ts";
import { bulk } from "./cases/bulk.ts";
import { federation } from "./cases/federation.ts";
import { group } from "./cases/group.ts";
import { live } from "./cases/live.ts";
import { read } from "./cases/read.ts";
import { send } from "./cases/send.ts";
import { type Contest, Generator, type Sample, type Skipped } from "./comparison.ts";
import { machine, markdown, type Report, type Row, ratioOf } from "./report.ts";

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    rounds: { type: "string" },
    seconds: { type: "string" },
    only: { type: "string", default: "" },
    out: { type: "string" },
    table: { type: "string" },
  },
});
const rounds = Number(options.rounds ?? (options.quick ? 1 : 5));
const seconds = Number(options.seconds ?? (options.quick ? 0.4 : 4));

if (options.table) {
  console.log(markdown(JSON.parse(readFileSync(options.table, "utf8"))));
} else {
  const report = await bench();
  console.log(`\n${markdown(report)}`);
  if (options.out) writeFileSync(options.out, `${JSON.stringify(report, null, 1)}\n`);
}
process.exit();

async function bench(): Promise<Report> {
  const ground = await openGround();
  const found: (Contest | Skipped)[] = [];
  for (const each of [send, group, read, bulk, live, federation]) found.push(...(await each(ground, options.quick)));
  const wanted = found.filter(({ name }) => name.includes(options.only));
  const contests = wanted.filter((each) => "contenders" in each);
  const skipped = wanted.filter((each) => "skipped" in each);
  for (const { name, skipped: why } of skipped) console.log(`${name}: skipped, ${why}`);

  const generator = new Generator();
  const samples = new Map<string, Sample[]>();
  // Round 0 warms up what every later one finds warm; its numbers are dropped.
  for (let round = options.quick ? 1 : 0; round <= rounds; round++) {
    for (const { name, connections, contenders, secondsMin = 0 } of contests) {
      for (const count of connections) {
        // Who goes first changes from round to round.
        const turn = contenders.map((_, n) => contenders[(n + round) % contenders.length] ?? contenders[0]);
        for (const contender of turn) {
          if (!contender) continue;
          const sample = await contender.run(
            generator.measure,
            count,
            Math.max(secondsMin, Math.min(seconds, round === 0 ? 1 : seconds)),
          );
          if (round === 0) continue;
          const key = [name, count, contender.name].join("\n");
          samples.set(key, [...(samples.get(key) ?? []), sample]);
          const { perSecond, p50, p99, cpuUs } = sample;
          console.log(
            `${round}  ${name}, ${count}, ${contender.name}: ${perSecond.toFixed(0)}/s, p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, CPU ${cpuUs.toFixed(0)} us`,
          );
        }
      }
    }
  }
  generator.stop();

  const rows = contests.flatMap(({ name, connections, contenders }) =>
    connections.flatMap((count) => {
      const of = (contender: string) => samples.get([name, count, contender].join("\n")) ?? [];
      const base = of(contenders[0]?.name ?? "");
      return contenders.map(({ name: contender }, place): Row => {
        const own = of(contender);
        const against = (what: "perSecond" | "p99") => (place === 0 ? null : ratioOf(own, base, what));
        const ratios = { perSecondRatio: against("perSecond"), p99Ratio: against("p99") };
        return { contest: name, contender, connections: count, samples: own, ...ratios };
      });
    }),
  );
  const aims = Object.fromEntries(contests.map(({ name, aim }) => [name, aim]));
  return { date: new Date().toISOString(), machine: machine(), rounds, seconds, rows, skipped, aims };
}
