import { readFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import type { Sample } from "./comparison.ts";

/** The machine that numbers come from: without it they say nothing. */
export interface Machine {
  cores: number;
  processor: string;
  memoryGb: number;
  system: string;
}
/** What was measured of one contender, one sample for each round. */
export interface Row {
  contest: string;
  contender: string;
  connections: number;
  samples: Sample[];
  /** Against the first contender, round by round. Null for that one itself. */
  perSecondRatio: Spread | null;
  p99Ratio: Spread | null;
}
export interface Report {
  date: string;
  machine: Machine;
  rounds: number;
  seconds: number;
  rows: Row[];
  skipped: { name: string; skipped: string }[];
  aims: Record<string, string>;
}
export interface Spread {
  median: number;
  least: number;
  most: number;
}

export function machine(): Machine {
  const { model = "unknown" } = cpus()[0] ?? {};
  const version = readFileSync("/proc/sys/kernel/osrelease", "utf8").trim();
  return {
    cores: cpus().length,
    processor: model,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `Linux ${version}`,
  };
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  const median = sorted.length % 2 ? upper : (upper + (sorted[middle - 1] ?? 0)) / 2;
  return { median, least: sorted[0] ?? 0, most: sorted.at(-1) ?? 0 };
}

/** One sample against another of the same round: what else the machine did then is in both of them. */
export function ratioOf(row: Sample[], base: Sample[], of: "perSecond" | "p99"): Spread | null {
  const ratios = row.flatMap((sample, round) => {
    const against = base[round]?.[of] ?? 0;
    return against > 0 && sample[of] > 0 ? [sample[of] / against] : [];
  });
  return ratios.length > 0 ? spreadOf(ratios) : null;
}

/** A Markdown table: medians, and in brackets the least and the most of all rounds. */
export function markdown({ date, machine, rounds, seconds, rows, skipped, aims }: Report): string {
  const { cores, processor, memoryGb, system } = machine;
  const head = [
    "",
    "connections",
    "",
    "per second",
    "of the first",
    "p50 ms",
    "p99 ms",
    "p99 of the first",
    "CPU us each",
    "MiB",
  ];
  const lines = rows.map(({ contest, contender, connections, samples, perSecondRatio, p99Ratio }) => {
    const cell = (of: keyof Sample, digits: number) => shown(spreadOf(samples.map((sample) => sample[of])), digits);
    return [
      contest,
      String(connections),
      contender,
      cell("perSecond", 0),
      perSecondRatio ? shown(perSecondRatio, 2) : "1",
      cell("p50", 1),
      cell("p99", 1),
      p99Ratio ? shown(p99Ratio, 2) : "1",
      cell("cpuUs", 0),
      String(Math.round(spreadOf(samples.map(({ residentMb }) => residentMb)).median)),
    ];
  });
  const table = [head, head.map((_, column) => (column === 0 || column === 2 ? "---" : "--:")), ...lines];
  return [
    `${date.slice(0, 10)}, ${cores} cores of ${processor}, ${memoryGb} GiB, ${system}; ${rounds} rounds of ${seconds} s each.`,
    "",
    ...table.map((cells) => `| ${cells.join(" | ")} |`),
    "",
    ...Object.entries(aims).map(([name, aim]) => `- ${name}: ${aim}.`),
    ...skipped.map(({ name, skipped }) => `- ${name}: skipped, ${skipped}.`),
  ].join("\n");
}

function shown({ median, least, most }: Spread, digits: number): string {
  if (most === 0) return "";
  const text = (value: number) =>
    value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return least === most ? text(median) : `${text(median)} (${text(least)} to ${text(most)})`;
}
