import type { BenchFixture } from "./bench-fixture.ts";
import type { BenchServer } from "./bench-server.ts";
import type { Load } from "./load.ts";

/** One workload, measured with several candidates. */
export interface Comparison {
  name: string;
  connections: readonly number[];
  candidates: readonly Candidate[];
  /** The performance target, as text for the report. */
  target: string;
  /** Minimum length of a run in seconds. A run shorter than one answer measures nothing. */
  minSeconds?: number;
}
export interface Candidate {
  name: string;
  /** The candidate that this one is compared with in each round; none: it is a floor. */
  reference?: string;
  run(measure: Measure, connections: number, seconds: number): Promise<Sample>;
}
export type BenchCase = (fixture: BenchFixture, isQuick: boolean) => Promise<Comparison[]>;

/** The results of one run. Times are milliseconds. */
export interface Sample {
  perSecond: number;
  p50: number;
  p99: number;
  max: number;
  /** Processor time of the server per operation, in microseconds. */
  cpuUs: number;
  /** Memory of the server at the end of the run. */
  residentMb: number;
}
/** Generates a load and measures the servers. Each request counts as `operations` operations, by default one. */
export type Measure = (load: Load, servers: readonly BenchServer[], operations?: number) => Promise<Sample>;
