import { bearerHeader } from "../bench-accounts.ts";
import type { BenchFixture } from "../bench-fixture.ts";
import type { Candidate } from "../comparison.ts";
import type { HttpLoad } from "../load.ts";
import type { WorkerdServer } from "../workerd-server.ts";

/** Commands that the baseline and the realm both receive, each with its account. */
export type BenchCommands = readonly { by: number; line: string }[];

export function httpLoad(
  server: WorkerdServer,
  commands: BenchCommands,
  connections: number,
  seconds: number,
): HttpLoad {
  const requests = commands.map(({ by, line }) => ({ headers: bearerHeader(by), body: line }));
  return { kind: "http", url: `${server.url}/command`, connections, seconds, requests };
}

/** A candidate that answers one command per request. */
export function httpCandidate(name: string, server: WorkerdServer, commands: BenchCommands): Candidate {
  return {
    name,
    run: (measure, connections, seconds) => measure(httpLoad(server, commands, connections, seconds), [server]),
  };
}

/** The baseline with group commit, as the reference, and the realm. */
export function realmAndBaseline({ baselineGroupCommit, realm }: BenchFixture, commands: BenchCommands): Candidate[] {
  return [httpCandidate("baseline", baselineGroupCommit, commands), httpCandidate("Ranah", realm, commands)];
}
