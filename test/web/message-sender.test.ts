import { expect, test } from "vitest";
import { advance, ani, useClient } from "./client-fixture.ts";

const fixture = useClient();

test("messages written offline are sent after reconnecting, in order, each under its own key", async () => {
  const { server, client } = fixture;
  server.isDown = true;
  await fixture.open();
  for (const text of ["satu", "dua", "tiga"]) expect(client.sender.send(ani, text)).toBe(true);
  await advance(3_000);
  expect(fixture.sends()).toEqual([]);
  server.isDown = false;
  await advance(60_000);
  expect(fixture.sends()).toEqual([
    "sendprivate key=key-1 ani@jakarta satu",
    "sendprivate key=key-2 ani@jakarta dua",
    "sendprivate key=key-3 ani@jakarta tiga",
  ]);
  expect(client.store.state.pending).toEqual([]);
  expect(fixture.texts()).toEqual(["satu", "dua", "tiga"]);
});

test("a message whose reply is lost is sent again under the same key and stored once", async () => {
  await fixture.open();
  const { server, client } = fixture;
  server.losesReplies = true;
  client.sender.send(ani, "sekali");
  await advance();
  server.losesReplies = false;
  server.socket.closeWith(1006);
  await advance(2_000);
  expect(fixture.sends()).toEqual(Array(2).fill("sendprivate key=key-1 ani@jakarta sekali"));
  expect(server.conversations.get("ani@jakarta")).toHaveLength(1);
  expect(fixture.texts()).toEqual(["sekali"]);
  expect(client.store.state.pending).toEqual([]);
});

test("a page that is loaded again sends the pending messages of the previous page", async () => {
  const { server } = fixture;
  server.isDown = true;
  await fixture.open();
  fixture.client.sender.send(ani, "nanti");
  fixture.reload();
  server.isDown = false;
  await fixture.open();
  await advance(1_000);
  expect(server.conversations.get("ani@jakarta")).toMatchObject([{ text: "nanti", key: "key-1" }]);
});

test("after a logout no pending message is left in the browser's storage", async () => {
  await fixture.open();
  const { server, client, stored } = fixture;
  server.losesReplies = true;
  client.sender.send(ani, "satu");
  await advance();
  expect([...stored.values()].join()).toContain("satu");
  client.sender.discardAll();
  server.socket.closeWith(4401);
  await advance(60_000);
  expect([...stored]).toEqual([]);
});

test("after reconnecting the client asks for the state of queued messages", async () => {
  const { server, client } = fixture;
  server.initialState = "queued";
  await fixture.open();
  client.sender.send(ani, "nanti");
  await advance();
  expect(fixture.states()).toEqual(["queued"]);
  server.socket.closeWith(1006);
  server.finish("ani@jakarta", 1, "delivered", false);
  await advance(2_000);
  expect(fixture.states()).toEqual(["delivered"]);
  expect(client.store.state.conversations.get(ani)?.last).toMatchObject({ state: "delivered" });
});

test("a final state that arrives before the reply to the send is kept", async () => {
  const { server, client } = fixture;
  server.initialState = "queued";
  await fixture.open();
  server.socket.onCommand = (command) => {
    const reply = server.execute(command);
    if (command.startsWith("sendprivate")) server.finish("ani@jakarta", 1, "delivered");
    queueMicrotask(() => server.socket.receive(reply));
  };
  client.sender.send(ani, "cepat");
  await advance();
  expect(fixture.states()).toEqual(["delivered"]);
});

test("an older reply does not undo a final state, in the conversation or in the list", async () => {
  const { server, client } = fixture;
  server.initialState = "queued";
  server.execute("sendprivate key=k ani@jakarta satu");
  client.start();
  await advance();
  const release = server.holdReplies();
  client.openConversation(ani);
  void client.list.refresh();
  server.finish("ani@jakarta", 1, "delivered");
  release();
  await advance(1_000);
  expect(fixture.states()).toEqual(["delivered"]);
  expect(client.store.state.conversations.get(ani)?.last).toMatchObject({ state: "delivered" });
});
