import { longMailboxOwner, senders } from "../bench-fixture.ts";
import type { BenchCase, Measure } from "../comparison.ts";
import { httpLoad, realmsAndFloors } from "./candidates.ts";

const last50 = [{ by: longMailboxOwner, line: "inbox last=50" }];
const wholeInbox = [{ by: longMailboxOwner, line: "inbox" }];
const whoami = senders.map((by) => ({ by, line: "whoami" }));

/** Commands that read: `whoami`, the end of a long mailbox, the whole mailbox, and `whoami` while that mailbox streams. */
export const readCommands: BenchCase = async (fixture) => [
  {
    name: "whoami",
    connections: [1, 32, 128],
    candidates: realmsAndFloors(fixture, whoami),
    target: "none; it shows the cost of a command that stores nothing",
  },
  {
    name: "inbox last=50 of 10,000",
    connections: [1, 32, 128],
    candidates: realmsAndFloors(fixture, last50),
    target: "on Node 0.85 of the floor, which reads 50 rows without a protocol",
  },
  {
    name: "inbox of 10,000, streamed",
    connections: [1, 8],
    candidates: realmsAndFloors(fixture, wholeInbox),
    target: "on Node 0.6 of the floor, which streams rows without a protocol",
    minSeconds: 1.5,
  },
  {
    name: "whoami during a streamed inbox",
    connections: [1],
    candidates: [fixture.node, fixture.workerd].flatMap(({ name, floor, realm }) =>
      [
        { name: `${name} floor`, server: floor },
        { name: `Ranah on ${name}`, server: realm, reference: `${name} floor` },
      ].map(({ server, ...candidate }) => ({
        ...candidate,
        run: (measure: Measure, connections: number, seconds: number) =>
          measure(
            { ...httpLoad(server, whoami, connections, seconds), background: httpLoad(server, wholeInbox, 1, seconds) },
            [server],
          ),
      })),
    ),
    target: "no request waits longer than 20 ms",
  },
];
