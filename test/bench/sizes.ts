import { addMessages, addPeople, furnishFloor, text } from "./bench-accounts.ts";
import { floor, give } from "./bench-fixture.ts";
import { Plain, ranah } from "./workerd-server.ts";

/** What grows, and how the same command is given at each of its sizes. */
export interface Axis {
  across: string;
  /** `bare` is what the floor is asked meanwhile. */
  lines: { name: string; bare: string; points: Point[] }[];
}
export interface Point {
  size: number;
  realm: Plain;
  /** Who gives which command the nth time. Several mailboxes of one size take turns, so that small ones stay small. */
  command(n: number): { by: number; line: string };
}

const sender = 1;
const send = `sendprivate 2 ${text}`;

/** The deployed Worker with a meter in it: rows are counted while time is measured. */
async function realmWith(people: number): Promise<Plain> {
  const realm = new Plain(await ranah("test/worker/cost-worker.ts"), { REALM: "surabaya" });
  await realm.start();
  await realm.kill();
  addPeople(realm, 1, people);
  return realm;
}

export async function openFloor(): Promise<Plain> {
  const server = new Plain(floor("together"));
  await server.start();
  await server.kill();
  furnishFloor(server, 2, 2, 1_000);
  await server.start();
  return server;
}

/** Mailboxes of each size, in one realm. */
export async function mailboxes(sizes: readonly number[]): Promise<Axis> {
  const realm = await realmWith(32 * sizes.length + 1);
  const groups = sizes.map((size, n) => {
    const count = Math.max(1, Math.min(32, Math.floor(100_000 / size)));
    const owners = Array.from({ length: count }, (_, k) => 2 + 32 * n + k);
    for (const owner of owners) addMessages(realm, owner, 1, size);
    return { size, owner: (n: number) => owners[n % owners.length] ?? 2 };
  });
  await realm.start();
  const point = (command: (owner: number) => ReturnType<Point["command"]>) =>
    groups.map(({ size, owner }): Point => ({ size, realm, command: (n) => command(owner(n)) }));
  return {
    across: "messages in the mailbox",
    lines: [
      { name: "send", bare: send, points: point((owner) => ({ by: sender, line: `sendprivate ${owner} ${text}` })) },
      {
        name: "inbox last=50",
        bare: "inbox last=50",
        points: point((owner) => ({ by: owner, line: "inbox last=50" })),
      },
    ],
  };
}

/** Realms of each size, one server for each. */
export async function realms(sizes: readonly number[]): Promise<Axis> {
  const all: { size: number; realm: Plain }[] = [];
  for (const size of sizes) {
    const realm = await realmWith(size);
    addMessages(realm, 2, 1, 1_000);
    await realm.start();
    all.push({ size, realm });
  }
  const points = (by: number, line: string) =>
    all.map(({ size, realm }): Point => ({ size, realm, command: () => ({ by, line }) }));
  return {
    across: "accounts in the realm",
    lines: [
      { name: "send", bare: send, points: points(sender, send) },
      { name: "inbox last=50", bare: "inbox last=50", points: points(2, "inbox last=50") },
    ],
  };
}

/** Groups of each size, in one realm; null where groups have no members. */
export async function groups(sizes: readonly number[]): Promise<Axis | null> {
  const realm = await realmWith(Math.max(...sizes));
  await realm.start();
  const points: Point[] = [];
  for (const [n, size] of sizes.entries()) {
    const group = 2_000_001 + n;
    await give(realm, sender, `creategroup ${group}`);
    if ((await give(realm, 2, `joingroup ${group}`)).error === "unknown-command") {
      await realm.kill();
      return null;
    }
    for (let name = 3; name <= size; name += 32) {
      const some = Array.from({ length: Math.min(32, size - name + 1) }, (_, k) => name + k);
      await Promise.all(some.map((each) => give(realm, each, `joingroup ${group}`)));
    }
    points.push({ size, realm, command: () => ({ by: sender, line: `sendgroup ${group} ${text}` }) });
  }
  return { across: "members of the group", lines: [{ name: "send", bare: send, points }] };
}
