import { readFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import type { Sample } from "./comparison.ts";
import { formatSpread, type Spread, spreadOf } from "./spread.ts";

/** The machine that a measurement ran on. */
export interface Machine {
  cores: number;
  processor: string;
  memoryGb: number;
  system: string;
}
/** The results of one candidate, with one sample per round. */
export interface ReportRow {
  comparison: string;
  candidate: string;
  connections: number;
  samples: Sample[];
  /** Ratio to the reference in the same round. Null for a floor. */
  perSecondRatio: Spread | null;
  p99Ratio: Spread | null;
}
export interface Report {
  date: string;
  machine: Machine;
  rounds: number;
  seconds: number;
  rows: ReportRow[];
  /** The performance target of each comparison. */
  targets: Record<string, string>;
}

export function describeMachine(): Machine {
  const { model = "unknown" } = cpus()[0] ?? {};
  const version = readFileSync("/proc/sys/kernel/osrelease", "utf8").trim();
  return {
    cores: cpus().length,
    processor: model,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `Linux ${version}`,
  };
}

/** Ratios of samples from the same round. Other load on the machine affects both samples of a round. */
export function ratioSpread(samples: Sample[], reference: Sample[], of: "perSecond" | "p99"): Spread | null {
  const ratios = samples.flatMap((sample, round) => {
    const base = reference[round]?.[of] ?? 0;
    return base > 0 && sample[of] > 0 ? [sample[of] / base] : [];
  });
  return ratios.length > 0 ? spreadOf(ratios) : null;
}

const columns = [
  "workload",
  "connections",
  "candidate",
  "per second",
  "ratio to floor",
  "p50 ms",
  "p99 ms",
  "p99 ratio",
  "CPU us each",
  "MiB",
];

/** A Markdown table with medians, and the minimum and maximum of all rounds in parentheses. */
export function renderMarkdown({ date, machine, rounds, seconds, rows, targets }: Report): string {
  const { cores, processor, memoryGb, system } = machine;
  const lines = rows.map(({ comparison, candidate, connections, samples, perSecondRatio, p99Ratio }) => {
    const cell = (of: keyof Sample, digits: number) =>
      formatSpread(spreadOf(samples.map((sample) => sample[of])), digits);
    return [
      comparison,
      String(connections),
      candidate,
      cell("perSecond", 0),
      perSecondRatio ? formatSpread(perSecondRatio, 2) : "",
      cell("p50", 1),
      cell("p99", 1),
      p99Ratio ? formatSpread(p99Ratio, 2) : "",
      cell("cpuUs", 0),
      String(Math.round(spreadOf(samples.map(({ residentMb }) => residentMb)).median)),
    ];
  });
  const table = [columns, columns.map((_, column) => (column === 0 || column === 2 ? "---" : "--:")), ...lines];
  return [
    `${date.slice(0, 10)}, ${cores} cores of ${processor}, ${memoryGb} GiB, ${system}; ${rounds} rounds of ${seconds} s each.`,
    "",
    ...table.map((cells) => `| ${cells.join(" | ")} |`),
    "",
    ...Object.entries(targets).map(([name, target]) => `- ${name}: ${target}.`),
  ].join("\n");
}
