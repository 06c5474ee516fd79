/**
 * `npm run soak -- --minutes 10`: 200 accounts in two realms do everything at a steady rate, with kill -9 in between; at
 * the end every acknowledged message is there once, and nothing has grown. Exits with 1 where that is not so.
 *
 * --rate N: operations a second. --seed N: another mix.
 */
import { parseArgs } from "node:util";
import { bounds } from "./growth.ts";
import { soak } from "./soak.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    rate: { type: "string", default: "100" },
    seed: { type: "string", default: "1" },
  },
});
const outcome = await soak({
  minutes: Number(values.minutes),
  rate: Number(values.rate),
  seed: Number(values.seed),
  say: (line) => console.log(line),
});
console.log(
  `${outcome.operations} operations, ${outcome.acknowledged} messages acknowledged, ${outcome.restarts} restarts`,
);
console.table(
  Object.fromEntries(
    Object.entries(outcome.growth).flatMap(([name, { before, after }]) => [
      [`${name}, first third`, before],
      [`${name}, last third`, after],
    ]),
  ),
);
console.log(`Bounds of growth: ${JSON.stringify(bounds)}`);
console.log(
  outcome.faults.length === 0
    ? "Every acknowledged message was found once, and nothing has grown."
    : outcome.faults.slice(0, 40).join("\n"),
);
process.exit(outcome.faults.length === 0 ? 0 : 1);
