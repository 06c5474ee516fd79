import { messageText, seedAccounts, seedFloor, seedMessages } from "./bench-accounts.ts";
import { floorProgram } from "./bench-fixture.ts";
import type { BenchServer } from "./bench-server.ts";
import { createGroup } from "./commands.ts";
import { NodeFloor, NodeServer } from "./node-server.ts";
import { ranahProgram } from "./program.ts";
import { WorkerdServer } from "./workerd-server.ts";

/** One dimension that grows, such as the length of a mailbox, and the commands that are measured at each size. */
export interface GrowthAxis {
  xLabel: string;
  /** The floor runs `floorLine` for comparison. */
  series: { name: string; floorLine: string; points: GrowthPoint[] }[];
}
export interface GrowthPoint {
  size: number;
  realm: BenchServer;
  /** The nth command and its account. Several mailboxes of one size take turns, so that the sends do not make them larger. */
  command(n: number): { by: number; line: string };
}

const sender = 1;
const send = `sendprivate 2 ${messageText}`;

/** A host whose growth is measured: its floor, and new realms on it. */
export interface GrowthHost {
  name: string;
  /** It counts rows while time is measured. */
  countsRows: boolean;
  openFloor(): BenchServer;
  openRealm(): Promise<BenchServer>;
}

export const growthHosts: readonly GrowthHost[] = [
  {
    name: "Node",
    countsRows: false,
    openFloor: () => new NodeFloor(),
    openRealm: async () => new NodeServer({ REALM: "surabaya", ACCOUNT_RATE: "1000000" }),
  },
  {
    name: "workerd",
    countsRows: true,
    openFloor: () => new WorkerdServer(floorProgram("group-commit")),
    openRealm: async () =>
      new WorkerdServer(await ranahProgram("test/worker/cost-worker.ts"), {
        REALM: "surabaya",
        ACCOUNT_RATE: "1000000",
      }),
  },
];

/** A realm with accounts that does not run yet. */
async function openRealm(host: GrowthHost, accounts: number): Promise<BenchServer> {
  const realm = await host.openRealm();
  await realm.start();
  await realm.kill();
  seedAccounts(realm, 1, accounts);
  return realm;
}

export async function openFloor(host: GrowthHost): Promise<BenchServer> {
  const floor = host.openFloor();
  await floor.start();
  await floor.kill();
  seedFloor(floor, 2, 2, 1_000);
  await floor.start();
  return floor;
}

/** Mailboxes of each size, in one realm. */
export async function mailboxAxis(host: GrowthHost, sizes: readonly number[]): Promise<GrowthAxis> {
  const realm = await openRealm(host, 32 * sizes.length + 1);
  const mailboxes = sizes.map((size, index) => {
    const count = Math.max(1, Math.min(32, Math.floor(100_000 / size)));
    const owners = Array.from({ length: count }, (_, k) => 2 + 32 * index + k);
    for (const owner of owners) seedMessages(realm, owner, 1, size);
    return { size, owner: (n: number) => owners[n % owners.length] ?? 2 };
  });
  await realm.start();
  const points = (command: (owner: number) => ReturnType<GrowthPoint["command"]>) =>
    mailboxes.map(({ size, owner }): GrowthPoint => ({ size, realm, command: (n) => command(owner(n)) }));
  return {
    xLabel: "messages in the mailbox",
    series: [
      {
        name: "send",
        floorLine: send,
        points: points((owner) => ({ by: sender, line: `sendprivate ${owner} ${messageText}` })),
      },
      {
        name: "inbox last=50",
        floorLine: "inbox last=50",
        points: points((owner) => ({ by: owner, line: "inbox last=50" })),
      },
    ],
  };
}

/** Realms of each size, each on its own server. */
export async function realmAxis(host: GrowthHost, sizes: readonly number[]): Promise<GrowthAxis> {
  const realms: { size: number; realm: BenchServer }[] = [];
  for (const size of sizes) {
    const realm = await openRealm(host, size);
    seedMessages(realm, 2, 1, 1_000);
    await realm.start();
    realms.push({ size, realm });
  }
  const points = (by: number, line: string) =>
    realms.map(({ size, realm }): GrowthPoint => ({ size, realm, command: () => ({ by, line }) }));
  return {
    xLabel: "accounts in the realm",
    series: [
      { name: "send", floorLine: send, points: points(sender, send) },
      { name: "inbox last=50", floorLine: "inbox last=50", points: points(2, "inbox last=50") },
    ],
  };
}

/** Groups of each size, in one realm. */
export async function groupAxis(host: GrowthHost, sizes: readonly number[]): Promise<GrowthAxis> {
  const realm = await openRealm(host, Math.max(...sizes));
  await realm.start();
  const points: GrowthPoint[] = [];
  for (const [n, size] of sizes.entries()) {
    const group = String(2_000_001 + n);
    await createGroup(
      realm,
      group,
      Array.from({ length: size }, (_, k) => k + 1),
    );
    points.push({ size, realm, command: () => ({ by: sender, line: `sendgroup ${group} ${messageText}` }) });
  }
  return { xLabel: "members of the group", series: [{ name: "send", floorLine: send, points }] };
}
