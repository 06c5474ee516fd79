import { randomUUID } from "node:crypto";
import { messageText, seedAccounts } from "../bench-accounts.ts";
import { type BenchServer, connectPeers } from "../bench-server.ts";
import { sendOk } from "../commands.ts";
import type { BenchCase, Sample } from "../comparison.ts";
import { combinedUsage } from "../load-generator.ts";
import { NodeServer } from "../node-server.ts";
import { ranahProgram } from "../program.ts";
import { WorkerdServer } from "../workerd-server.ts";

const accountCount = 64;

/** Two realms on this machine that start together with full delivery queues for each other. */
export const federationQueues: BenchCase = async (_, isQuick) => {
  const messages = isQuick ? 2_000 : 20_000;
  return [
    {
      name: `federated pair, ${messages.toLocaleString("en")} messages queued each way`,
      connections: [1],
      candidates: [
        { name: "each way on Node", run: () => measureQueueDrain(openNode, messages) },
        { name: "each way on workerd", run: () => measureQueueDrain(openWorkerd, messages) },
      ],
      target: "on Node 5,000 messages a second each way",
    },
  ];
};

type OpenRealm = (vars: Record<string, string>) => Promise<BenchServer>;
const openNode: OpenRealm = async (vars) => new NodeServer(vars);
const openWorkerd: OpenRealm = async (vars) => new WorkerdServer(await ranahProgram(), vars);

async function measureQueueDrain(open: OpenRealm, messages: number): Promise<Sample> {
  const { surabaya, jakarta } = await openPair(open);
  const servers = [surabaya, jakarta];
  try {
    fillQueue(surabaya, "jakarta", messages);
    fillQueue(jakarta, "surabaya", messages);
    await Promise.all(servers.map((server) => server.start()));
    const rates = await Promise.all(servers.map((server) => deliveryRate(server, messages)));
    const { cpuMs, residentMb } = combinedUsage(servers);
    // The slower direction counts. Each realm works for both directions, so processor time is divided by all messages.
    const perSecond = Math.min(...rates);
    return { perSecond, p50: 0, p99: 0, max: 0, cpuUs: (1000 * cpuMs) / (2 * messages), residentMb };
  } finally {
    await Promise.all(servers.map((server) => server.kill()));
  }
}

async function openPair(open: OpenRealm): Promise<{ surabaya: BenchServer; jakarta: BenchServer }> {
  // PEER_RATE must not limit the measurement.
  const realm = (name: string) => open({ REALM: name, LOCAL_PEERS: "yes", PEER_RATE: "1000000" });
  const [surabaya, jakarta] = [await realm("surabaya"), await realm("jakarta")];
  await connectPeers(surabaya, jakarta);
  for (const server of [surabaya, jakarta]) {
    // The first start creates the tables.
    await server.start();
    await server.kill();
    seedAccounts(server, 1, accountCount);
  }
  return { surabaya, jakarta };
}

/** All messages go to one mailbox, whose newest id is the number of delivered messages. */
function fillQueue(server: BenchServer, destination: string, messages: number): void {
  server.sql("sent_messages", (database) => {
    const ids = database.prepare("select id from accounts order by id").all() as { id: number }[];
    const queue = database.prepare(
      `insert into sent_messages (account_id, id, uid, kind, recipient, text, sent_at, state, destination, queue_position)
       values (?, ?, ?, 'private', ?, ?, ?, 'queued', ?, ?)`,
    );
    const recipient = `1@${destination}`;
    database.exec("begin");
    for (let n = 0; n < messages; n++) {
      const account = ids[n % ids.length]?.id ?? 0;
      const id = 1 + Math.floor(n / ids.length);
      queue.run(account, id, randomUUID(), recipient, messageText, Date.now(), destination, n + 1);
    }
    database.exec("commit");
  });
}

/** Messages per second, from the first delivered message to the last. */
async function deliveryRate(server: BenchServer, messages: number): Promise<number> {
  let first: { at: number; count: number } | null = null;
  const deadline = performance.now() + 120_000;
  while (performance.now() < deadline) {
    const [newest] = (JSON.parse(await sendOk(server, 1, "inbox last=1")) as { data: { id: number }[] }).data;
    const now = performance.now();
    const count = newest?.id ?? 0;
    if (count > 0) first ??= { at: now, count };
    if (first && count >= messages) return (1000 * (count - first.count)) / (now - first.at);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error("the queue did not drain within two minutes");
}
