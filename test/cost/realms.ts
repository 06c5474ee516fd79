import { addPeople, tokenOf } from "../bench/bench-accounts.ts";
import { give } from "../bench/bench-fixture.ts";
import { Plain, ranah } from "../bench/workerd-server.ts";

/** Two metered deployments with people named 1 to `people` in each; surabaya is where everything is asked. */
export async function openRealms(people: number): Promise<{ surabaya: Plain; jakarta: Plain }> {
  const program = await ranah("test/worker/cost-worker.ts");
  const realm = (name: string) => new Plain(program, { REALM: name, LOCAL_PEERS: "yes" });
  const [surabaya, jakarta] = [realm("surabaya"), realm("jakarta")];
  surabaya.set({ PEERS: JSON.stringify({ jakarta: await jakarta.reserve() }) });
  jakarta.set({ PEERS: JSON.stringify({ surabaya: await surabaya.reserve() }) });
  for (const each of [surabaya, jakarta]) {
    await each.start();
    await each.kill();
    addPeople(each, 1, people);
    await each.start();
  }
  return { surabaya, jakarta };
}

/** Gives a command that has to succeed. @returns what came back */
export async function demand(realm: Plain, name: number, line: string): Promise<string> {
  const { status, text } = await give(realm, name, line);
  if (status !== 200) throw new Error(`${line} was answered ${text}`);
  return text;
}

/** Opens live sockets of people, one for each. */
export function openSockets(realm: Plain, names: readonly number[]): Promise<WebSocket[]> {
  return Promise.all(
    names.map(
      (name) =>
        new Promise<WebSocket>((resolve, reject) => {
          const socket = new WebSocket(`${realm.url.replace("http", "ws")}/live`, ["ranah", tokenOf(name)]);
          socket.addEventListener("open", () => resolve(socket));
          socket.addEventListener("error", () => reject(new Error("the socket was refused")));
        }),
    ),
  );
}

/** Makes a group and lets people join it, where groups have members. @returns whether they have */
export async function openGroup(realm: Plain, group: string, members: readonly number[]): Promise<boolean> {
  await demand(realm, 1, `creategroup ${group}`);
  for (const name of members) {
    if (name === 1) continue;
    if ((await give(realm, name, `joingroup ${group}`)).error === "unknown-command") return false;
  }
  return true;
}
