import { randomUUID } from "node:crypto";
import { addPeople, text } from "../bench-accounts.ts";
import { give } from "../bench-fixture.ts";
import type { Case, Sample } from "../comparison.ts";
import { watched } from "../comparison.ts";
import { Plain, ranah } from "../workerd-server.ts";

const people = 64;

/** Two realms of this machine with full queues for each other, started together. */
export const federation: Case = async (_, isQuick) => {
  const messages = isQuick ? 2_000 : 20_000;
  return [
    {
      name: `federated pair, ${messages.toLocaleString("en")} messages queued each way`,
      connections: [1],
      contenders: [{ name: "each way", run: () => emptyQueues(messages) }],
      aim: ">= 2,000 messages/s each way",
    },
  ];
};

async function emptyQueues(messages: number): Promise<Sample> {
  const pair = await openPair();
  try {
    for (const { here, there } of pair) fillQueue(here, there.name, messages);
    await Promise.all(pair.map(({ here }) => here.server.start()));
    const rates = await Promise.all(pair.map(({ here }) => rateOf(here.server, messages)));
    const { cpuMs, residentMb } = watched(pair.map(({ here }) => here.server));
    // The slower way counts. Both realms work for both ways, so their processor time is that of all messages.
    const perSecond = Math.min(...rates);
    return { perSecond, p50: 0, p99: 0, max: 0, cpuUs: (1000 * cpuMs) / (2 * messages), residentMb };
  } finally {
    await Promise.all(pair.map(({ here }) => here.server.kill()));
  }
}

interface Side {
  name: string;
  server: Plain;
}

async function openPair(): Promise<{ here: Side; there: Side }[]> {
  const program = await ranah();
  // The rate that a peer may bring is a setting, and not what is measured here.
  const side = (name: string): Side => ({
    name,
    server: new Plain(program, { REALM: name, LOCAL_PEERS: "yes", PEER_RATE: "1000000" }),
  });
  const [surabaya, jakarta] = [side("surabaya"), side("jakarta")];
  surabaya.server.set({ PEERS: JSON.stringify({ jakarta: await jakarta.server.reserve() }) });
  jakarta.server.set({ PEERS: JSON.stringify({ surabaya: await surabaya.server.reserve() }) });
  for (const { server } of [surabaya, jakarta]) {
    await server.start();
    await server.kill();
    addPeople(server, 1, people);
  }
  return [
    { here: surabaya, there: jakarta },
    { here: jakarta, there: surabaya },
  ];
}

/** Everything is for one mailbox, whose newest id tells how many have come. */
function fillQueue({ server }: Side, to: string, messages: number): void {
  server.sql("sent", (database) => {
    const ids = database.prepare("select id from accounts order by id").all() as { id: number }[];
    const queue = database.prepare(
      `insert into sent (account, id, uid, kind, recipient, text, time, state, destination, position)
       values (?, ?, ?, 'mailbox', ?, ?, ?, 'queued', ?, ?)`,
    );
    database.exec("begin");
    for (let n = 0; n < messages; n++) {
      const account = ids[n % ids.length]?.id ?? 0;
      queue.run(account, 1 + Math.floor(n / ids.length), randomUUID(), `1@${to}`, text, Date.now(), to, n + 1);
    }
    database.exec("commit");
  });
}

/** Messages a second, from the first that came to the last. */
async function rateOf(server: Plain, messages: number): Promise<number> {
  let first: { at: number; count: number } | null = null;
  const deadline = performance.now() + 120_000;
  while (performance.now() < deadline) {
    const { text } = await give(server, 1, "inbox last=1");
    const [newest] = (JSON.parse(text) as { data: { id: number }[] }).data;
    const now = performance.now();
    const count = newest?.id ?? 0;
    if (count > 0) first ??= { at: now, count };
    if (first && count >= messages) return (1000 * (count - first.count)) / (now - first.at);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error("the queue did not empty within two minutes");
}
