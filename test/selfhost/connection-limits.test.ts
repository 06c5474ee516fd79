import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { ConnectionLimits } from "../../src/selfhost/connection-limits.ts";

let server: Server | null = null;
const clients: Socket[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.destroy();
  server?.close();
});

/** Opens connections from loopback addresses, each of which stands for a client. */
async function setUp(most: number, mostPerClient: number) {
  const clientOf = (address: string) => (address.endsWith("127.0.0.9") ? null : address);
  const limits = new ConnectionLimits({ most, mostPerClient, clientOf });
  const listening = createServer((connection) => limits.add(connection)).listen(0, "127.0.0.1");
  server = listening;
  await once(listening, "listening");
  const { port } = listening.address() as { port: number };
  const open = async (localAddress: string) => {
    const accepted = once(listening, "connection");
    const client = connect({ port, host: "127.0.0.1", localAddress });
    client.on("error", () => {});
    clients.push(client);
    await accepted;
    return client;
  };
  return { limits, open };
}

test("a client with too many connections gets no more, others do, and a closed one makes room", async () => {
  const { limits, open } = await setUp(10, 2);
  const [first] = [await open("127.0.0.1"), await open("127.0.0.1")];
  const refused = await open("127.0.0.1");
  await once(refused, "close");
  await open("127.0.0.2");
  expect(limits.open.size).toBe(3);
  first.destroy();
  await expect.poll(() => limits.open.size).toBe(2);
  await open("127.0.0.1");
  expect(limits.open.size).toBe(3);
});

test("a proxy has the connections of many, up to those of the server", async () => {
  const { limits, open } = await setUp(4, 2);
  for (let n = 0; n < 4; n++) await open("127.0.0.9");
  const refused = await open("127.0.0.9");
  await once(refused, "close");
  expect(limits.open.size).toBe(4);
});
