import { join } from "node:path";
import { addMessages, addPeople, bearer, furnishFloor } from "./bench-accounts.ts";
import { Plain, type Program, ranah } from "./workerd-server.ts";

/** Accounts there are; the first 64 send, the next 64 receive. */
const people = 1_000;
export const senders = Array.from({ length: 64 }, (_, n) => n + 1);
/** A recipient of each sender: nobody who sends also receives. */
export const recipientOf = (sender: number) => sender + senders.length;
/** Whose mailbox is long. */
export const reader = 129;
const messages = 10_000;

/** Two floors and a realm, with the same people in them and the same long mailbox. */
export interface Ground {
  each: Plain;
  together: Plain;
  realm: Plain;
}

export async function openGround(): Promise<Ground> {
  const ground = {
    each: new Plain(floor("each")),
    together: new Plain(floor("together")),
    realm: new Plain(await ranah(), { REALM: "surabaya" }),
  };
  const all = Object.values(ground);
  // The first start makes the tables, the second one finds what was written into them meanwhile.
  await Promise.all(all.map((server) => server.start()));
  await Promise.all(all.map((server) => server.kill()));
  for (const each of [ground.each, ground.together]) furnishFloor(each, people, reader, messages);
  addPeople(ground.realm, 1, people);
  addMessages(ground.realm, reader, 1, messages);
  await Promise.all(all.map((server) => server.start()));
  return ground;
}

export function floor(name: "each" | "together"): Program {
  const folder = join(import.meta.dirname, "baseline");
  return {
    modules: [join(folder, `${name}.js`), join(folder, "floor.js")],
    objects: [{ binding: "FLOOR", className: "Floor", key: "floor" }],
  };
}

/** Gives a realm a command. @returns the status, and the code of its error */
export async function give(
  realm: Plain,
  name: number,
  line: string,
): Promise<{ status: number; error: string | null; text: string }> {
  const reply = await fetch(`${realm.url}/command`, { method: "POST", headers: bearer(name), body: line });
  return { status: reply.status, error: reply.headers.get("error-code"), text: await reply.text() };
}
