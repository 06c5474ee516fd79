/**
 * `npm run simulate -- --seeds N [--from K]` runs seeds K to K + N - 1; `npm run simulate -- --seed K` runs one and shows
 * everything that happened in it.
 */
import { parseArgs } from "node:util";
import { simulate, Violation } from "./simulate.ts";

const usage = "Usage: npm run simulate -- [--seeds N] [--from K] [--seed K], whole numbers from 1.";
const progressEverySeeds = 200;

// Whoever reads only the beginning, as `head` does, has read enough.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
});

const values = given();
const first = whole(values.seed ?? values.from);
const count = values.seed === undefined ? whole(values.seeds) : 1;
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
  const done = seed - first + 1;
  if (done % progressEverySeeds === 0 && done < count) process.stderr.write(`${done} of ${count} seeds\n`);
}
const seconds = ((performance.now() - started) / 1000).toFixed(1);
console.log(
  `${count} ${count === 1 ? "seed" : "seeds"} held: ${total.messages} messages, ${total.requests} requests, ` +
    `${total.crashes} crashes, ${seconds} s`,
);

function given() {
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
    return refuse();
  }
}

/** A typo must not run nothing and call it held. */
function whole(text: string): number {
  return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : refuse();
}

function refuse(): never {
  process.stderr.write(`${usage}\n`);
  process.exit(1);
}
