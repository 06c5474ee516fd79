import { reader, senders } from "../bench-fixture.ts";
import type { Case } from "../comparison.ts";
import { againstFloor, httpLoad } from "./lines.ts";

const last50 = [{ by: reader, line: "inbox last=50" }];
const whole = [{ by: reader, line: "inbox" }];
const whoami = senders.map((by) => ({ by, line: "whoami" }));

/** Reading: who one is, the end of a long mailbox, all of it, and what others feel of that. */
export const read: Case = async (ground) => [
  {
    name: "whoami",
    connections: [1, 32, 128],
    contenders: againstFloor(ground, whoami),
    aim: "none; what a command costs that stores nothing",
  },
  {
    name: "inbox last=50 of 10,000",
    connections: [1, 32, 128],
    contenders: againstFloor(ground, last50),
    aim: ">= 0.8 of a bare read of 50 rows",
  },
  {
    name: "inbox of 10,000, streamed",
    connections: [1, 8],
    contenders: againstFloor(ground, whole),
    aim: ">= 0.8 of a bare stream",
    secondsMin: 1.5,
  },
  {
    name: "whoami behind a streamed inbox",
    connections: [1],
    contenders: [
      { name: "floor", server: ground.together },
      { name: "Ranah", server: ground.realm },
    ].map(({ name, server }) => ({
      name,
      run: (measure, connections, seconds) =>
        measure(
          {
            ...httpLoad(server, whoami, connections, seconds),
            behind: httpLoad(server, whole, 1, seconds),
          },
          [server],
        ),
    })),
    aim: "nobody waits for more than 20 ms",
  },
];
