import { expect, test } from "vitest";
import type { Reply } from "../../src/web/chat/reply-parser.ts";
import { advance, ani, useClient } from "./client-fixture.ts";

const fixture = useClient();

test("messages missed while disconnected are loaded after reconnecting", async () => {
  const { server } = fixture;
  server.conversations.set("ani@jakarta", []);
  await fixture.open();
  server.deliver("ani@jakarta", "satu");
  server.socket.closeWith(1006);
  server.deliver("ani@jakarta", "dua", false);
  await advance(2_000);
  expect(fixture.texts()).toEqual(["satu", "dua"]);
});

test("a missed event is detected by the id of the next one, and its message is loaded", async () => {
  const { server } = fixture;
  server.conversations.set("ani@jakarta", []);
  await fixture.open();
  server.deliver("ani@jakarta", "satu");
  server.deliver("ani@jakarta", "dua", false);
  server.deliver("ani@jakarta", "tiga");
  await advance();
  expect(fixture.texts()).toEqual(["satu", "dua", "tiga"]);
});

test("a gap that appears during a load is filled by a second load", async () => {
  const { server, client } = fixture;
  for (let n = 1; n <= 3; n++) server.deliver("ani@jakarta", `pesan ${n}`, false);
  await fixture.open();
  const release = server.holdReplies();
  void client.history.catchUp();
  server.deliver("ani@jakarta", "tak terdengar", false);
  server.deliver("ani@jakarta", "terdengar");
  release();
  await advance(1_000);
  expect(fixture.texts()?.slice(3)).toEqual(["tak terdengar", "terdengar"]);
});

test("a message that arrives between request and reply leaves no gap before it", async () => {
  const { server } = fixture;
  server.conversations.set("ani@jakarta", []);
  await fixture.open();
  server.deliver("ani@jakarta", "satu");
  server.socket.closeWith(1006);
  server.deliver("ani@jakarta", "dua", false);
  let isFirst = true;
  const openSocket = server.openSocket.bind(server);
  server.openSocket = (handlers) => {
    const socket = openSocket(handlers);
    const { onCommand } = socket;
    socket.onCommand = (command) => {
      onCommand(command);
      if (!command.startsWith("thread after=") || !isFirst) return;
      isFirst = false;
      server.deliver("ani@jakarta", "tiga", false);
      server.deliver("ani@jakarta", "empat");
    };
    return socket;
  };
  await advance(2_000);
  expect(fixture.texts()).toEqual(["satu", "dua", "tiga", "empat"]);
});

test("a message that arrives while the conversation opens is shown", async () => {
  const { server, client } = fixture;
  server.conversations.set("ani@jakarta", []);
  client.start();
  await advance();
  const page = server.execute("thread last=60 ani@jakarta");
  server.socket.onCommand = () => {};
  client.openConversation(ani);
  server.deliver("ani@jakarta", "halo");
  server.socket.onCommand = (command) => queueMicrotask(() => server.socket.receive(server.execute(command)));
  server.socket.receive(page);
  await advance();
  expect(fixture.texts()).toEqual(["halo"]);
});

test("a conversation that is opened again is updated, since some messages come without an event", async () => {
  const { server, client } = fixture;
  server.conversations.set("ani@jakarta", []);
  await fixture.open();
  server.deliver("ani@jakarta", "satu");
  client.openConversation("private/citra@surabaya");
  server.deliver("ani@jakarta", "dua", false);
  client.openConversation(ani);
  await advance();
  expect(fixture.texts()).toEqual(["satu", "dua"]);
});

test("a message written offline, far up in the history, is visible after reconnecting", async () => {
  const { server, client } = fixture;
  for (let n = 1; n <= 300; n++) server.deliver("ani@jakarta", `pesan ${n}`, false);
  await fixture.open();
  await client.history.loadOldest();
  server.isDown = true;
  server.socket.closeWith(1006);
  await advance(100);
  client.sender.send(ani, "dari jauh");
  server.isDown = false;
  await advance(60_000);
  expect(fixture.texts()?.at(-1)).toBe("dari jauh");
});

/** The server answers `thread` with this reply, over sockets. */
function answerHistoryWith(reply: Reply): void {
  const { server } = fixture;
  const { execute } = server;
  server.execute = (command) => (command.startsWith("thread ") ? reply : execute.call(server, command));
}

test("a page that is too large for a frame is loaded over HTTP, and again after a failed request", async () => {
  const { server, client } = fixture;
  server.deliver("ani@jakarta", "panjang", false);
  const execute = server.execute.bind(server);
  answerHistoryWith({ status: "ERROR", data: "", error: "reply-too-large" });
  let posts = 0;
  server.post = async (command) => {
    if (++posts === 1) throw new Error("502 from a proxy");
    return execute(command);
  };
  await fixture.open();
  expect(client.store.state.loadError).toMatchObject({ error: "no-answer" });
  await advance(10_000);
  expect(fixture.texts()).toEqual(["panjang"]);
});

test("a page that does not match the protocol is an error and adds no messages", async () => {
  answerHistoryWith({ status: "OK", data: [{ id: "1", from: "ani@jakarta", text: "satu", time: "" }] });
  await fixture.open();
  expect(fixture.client.store.state.loadError).toMatchObject({ error: "unreadable-reply" });
  expect(fixture.texts()).toBeUndefined();
});
