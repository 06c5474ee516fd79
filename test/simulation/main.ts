/**
 * `npm run simulate -- --seeds N [--from K]` runs the seeds K to K + N - 1. `npm run simulate -- --seed K` runs one seed and
 * prints every event.
 */
import { parseArgs } from "node:util";
import { Violation } from "./checks.ts";
import { simulate } from "./simulate.ts";

const usage = "Usage: npm run simulate -- [--seeds N] [--from K] [--seed K], whole numbers from 1.";
const progressEverySeeds = 200;

// A reader such as `head` closes the pipe when it has read enough.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
});

const options = parseOptions();
const first = wholeNumber(options.seed ?? options.from);
const count = options.seed === undefined ? wholeNumber(options.seeds) : 1;
const total = { messages: 0, requests: 0, crashes: 0, clockSteps: 0 };
const started = performance.now();
// The realms log every step of a clock. Only the run of one seed shows that.
if (options.seed === undefined) console.warn = () => {};

for (let seed = first; seed < first + count; seed++) {
  try {
    const report = await simulate(seed, {}, options.seed === undefined ? undefined : console.log);
    total.messages += report.messages;
    total.requests += report.requests;
    total.crashes += report.crashes;
    total.clockSteps += report.clockSteps;
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    console.log(`seed ${seed}: ${error.message}`);
    if (options.seed === undefined) console.log(`Reproduce with: npm run simulate -- --seed ${seed}`);
    process.exit(1);
  }
  const done = seed - first + 1;
  if (done % progressEverySeeds === 0 && done < count) process.stderr.write(`${done} of ${count} seeds\n`);
}
const seconds = ((performance.now() - started) / 1000).toFixed(1);
console.log(
  `${count} ${count === 1 ? "seed" : "seeds"} passed: ${total.messages} messages, ${total.requests} requests, ` +
    `${total.crashes} crashes, ${total.clockSteps} steps of clocks, ${seconds} s`,
);

function parseOptions() {
  try {
    const { values } = parseArgs({
      options: {
        seeds: { type: "string", default: "2000" },
        from: { type: "string", default: "1" },
        seed: { type: "string" },
      },
    });
    return values;
  } catch {
    return exitWithUsage();
  }
}

/** Rejects a mistyped number: otherwise no seed would run, and the run would count as passed. */
function wholeNumber(text: string): number {
  return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : exitWithUsage();
}

function exitWithUsage(): never {
  process.stderr.write(`${usage}\n`);
  process.exit(1);
}
