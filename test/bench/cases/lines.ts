import { bearer } from "../bench-accounts.ts";
import type { Ground } from "../bench-fixture.ts";
import type { Contender } from "../comparison.ts";
import type { HttpLoad } from "../load.ts";
import type { Plain } from "../workerd-server.ts";

/** The same lines for the floor and for the realm. */
export type Lines = readonly { by: number; line: string }[];

export function httpLoad(server: Plain, lines: Lines, connections: number, seconds: number): HttpLoad {
  const requests = lines.map(({ by, line }) => ({ headers: bearer(by), body: line }));
  return { kind: "http", url: `${server.url}/command`, connections, seconds, requests };
}

/** A contender that answers lines, one request each. */
export function answering(name: string, server: Plain, lines: Lines): Contender {
  return {
    name,
    run: (measure, connections, seconds) => measure(httpLoad(server, lines, connections, seconds), [server]),
  };
}

/** The realm against the floor that commits together. */
export function againstFloor({ together, realm }: Ground, lines: Lines): Contender[] {
  return [answering("floor", together, lines), answering("Ranah", realm, lines)];
}
