/**
 * `npm run soak -- --minutes 10`: 200 accounts in two realms, one on Node and one on workerd, send a steady mix of commands, and both realms are killed several
 * times. At the end every acknowledged message must be stored exactly once, and resource use must not have grown. Exits with
 * 1 otherwise.
 *
 * --rate N: operations per second. --seed N: another sequence of operations.
 */
import { parseArgs } from "node:util";
import { growthLimits } from "./growth.ts";
import { soak } from "./soak.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    rate: { type: "string", default: "100" },
    seed: { type: "string", default: "1" },
  },
});
const result = await soak({
  minutes: Number(values.minutes),
  rate: Number(values.rate),
  seed: Number(values.seed),
  log: (line) => console.log(line),
});
console.log(
  `${result.operations} operations, ${result.acknowledged} messages acknowledged, ${result.restarts} restarts`,
);
console.table(
  Object.fromEntries(
    Object.entries(result.growth).flatMap(([name, { before, after }]) => [
      [`${name}, first third`, before],
      [`${name}, last third`, after],
    ]),
  ),
);
console.log(`Growth limits: ${JSON.stringify(growthLimits)}`);
console.log(
  result.problems.length === 0
    ? "Every acknowledged message is stored exactly once, and resource use did not grow."
    : result.problems.slice(0, 40).join("\n"),
);
process.exit(result.problems.length === 0 ? 0 : 1);
