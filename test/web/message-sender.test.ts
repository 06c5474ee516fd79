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

const group = "group/tim@surabaya";
const groupTexts = () => fixture.client.store.state.windows.get(group)?.messages.map(({ text }) => text);

async function openGroup(): Promise<void> {
  const { server, client } = fixture;
  server.groups.add("tim@surabaya");
  server.conversations.set("tim@surabaya", []);
  client.start();
  client.openConversation(group);
  await advance();
}

test("a text with half of a surrogate pair is sent well-formed, and shown once", async () => {
  await openGroup();
  const { server, client } = fixture;
  client.sender.send(group, "setengah \ud83d emoji");
  client.sender.send(ani, "\ude00 setengah");
  await advance(1_000);
  expect(server.commands.filter((each) => /^send/.test(each)).map((each) => each.isWellFormed())).toEqual([true, true]);
  expect(groupTexts()).toEqual(["setengah \ufffd emoji"]);
  expect(client.store.state.pending).toEqual([]);
});

test("an own message to a group is shown once, also if the group has stored it with another text", async () => {
  await openGroup();
  const { server, client } = fixture;
  server.storedText = (text) => text.toUpperCase();
  for (const text of ["satu", "dua"]) client.sender.send(group, text);
  await advance(2_000);
  expect(groupTexts()).toEqual(["SATU", "DUA"]);
  expect(client.store.state.pending).toEqual([]);
});

test("an own message to a group whose event is lost is loaded, and shown once", async () => {
  await openGroup();
  const { server, client } = fixture;
  const { deliverToGroup } = server;
  server.deliverToGroup = (to, from, text) => deliverToGroup.call(server, to, from, text, false);
  server.storedText = (text) => text.toUpperCase();
  client.sender.send(group, "satu");
  await advance(2_000);
  expect(groupTexts()).toEqual(["SATU"]);
  expect(client.store.state.pending).toEqual([]);
});

test("a failed message is announced once, with its reason", async () => {
  await fixture.open();
  const { server, client } = fixture;
  const failed: unknown[] = [];
  client.store.subscribe(() => {
    const { failed: newest } = client.store.state;
    if (newest && newest !== failed.at(-1)) failed.push(newest);
  });
  const execute = server.execute.bind(server);
  server.execute = (command) =>
    command.startsWith("sendprivate") ? { status: "ERROR", data: "Maaf", error: "no-such-realm" } : execute(command);
  client.sender.send(ani, "ke mana?");
  await advance();
  expect(failed).toMatchObject([{ to: "ani@jakarta", reason: "no-such-realm", sentence: "Maaf" }]);
  server.execute = execute;
  server.initialState = "queued";
  client.sender.send(ani, "nanti");
  await advance();
  server.finish("ani@jakarta", 1, "failed");
  await advance();
  expect(failed).toHaveLength(2);
});
