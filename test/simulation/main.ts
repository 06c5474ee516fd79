/**
 * `npm run simulate -- --seeds N [--from K]` runs seeds K to K + N - 1; `npm run simulate -- --seed K` runs one and shows
 * everything that happened in it.
 */
import { parseArgs } from "node:util";
import { simulate, Violation } from "./simulate.ts";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "2000" },
    from: { type: "string", default: "1" },
    seed: { type: "string" },
  },
});
const first = Number(values.seed ?? values.from);
const count = values.seed === undefined ? Number(values.seeds) : 1;
const total = { messages: 0, requests: 0, crashes: 0 };
const started = performance.now();

for (let seed = first; seed < first + count; seed++) {
  try {
    const report = await simulate(seed, {}, values.seed === undefined ? undefined : console.log);
    total.messages += report.messages;
    total.requests += report.requests;
    total.crashes += report.crashes;
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    console.log(`seed ${seed}: ${error.message}`);
    if (values.seed === undefined) console.log(`npm run simulate -- --seed ${seed} shows what happened`);
    process.exit(1);
  }
}
const seconds = ((performance.now() - started) / 1000).toFixed(1);
console.log(
  `${count} seeds held: ${total.messages} messages, ${total.requests} requests, ${total.crashes} crashes, ${seconds} s`,
);
