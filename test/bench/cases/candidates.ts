import { bearerHeader } from "../bench-accounts.ts";
import type { BenchFixture } from "../bench-fixture.ts";
import type { BenchServer } from "../bench-server.ts";
import type { Candidate, Comparison } from "../comparison.ts";
import type { HttpLoad } from "../load.ts";

/** Commands that floors and realms both receive, each with its account. */
export type BenchCommands = readonly { by: number; line: string }[];

export function httpLoad(server: BenchServer, commands: BenchCommands, connections: number, seconds: number): HttpLoad {
  const requests = commands.map(({ by, line }) => ({ headers: bearerHeader(by), body: line }));
  return { kind: "http", url: `${server.url}/command`, connections, seconds, requests };
}

/** A candidate that answers one command per request. */
export function httpCandidate(
  name: string,
  server: BenchServer,
  commands: BenchCommands,
  reference?: string,
): Candidate {
  return {
    name,
    ...(reference && { reference }),
    run: (measure, connections, seconds) => measure(httpLoad(server, commands, connections, seconds), [server]),
  };
}

/** Both hosts, each compared with its floor. */
export function realmsAndFloors({ node, workerd }: BenchFixture, commands: BenchCommands): Candidate[] {
  return [node, workerd].flatMap(({ name, floor, realm }) => [
    httpCandidate(`${name} floor`, floor, commands),
    httpCandidate(`Ranah on ${name}`, realm, commands, `${name} floor`),
  ]);
}

/** The same workload for the realm of each host. */
export function eachRealm(
  { node, workerd }: BenchFixture,
  comparisonOf: (realm: BenchServer, host: string) => Comparison,
): Comparison[] {
  return [node, workerd].map(({ name, realm }) => comparisonOf(realm, name));
}
