import { expect, test } from "vitest";
import { advance, ani, useClient } from "./client-fixture.ts";

const fixture = useClient();

test("unknown events, invalid frames and unexpected replies change nothing", async () => {
  await fixture.open();
  const { server, client } = fixture;
  const { state } = client.store;
  server.socket.receive({ event: "from-the-future", data: { x: 1 } });
  server.socket.receive({ event: "membership", data: { group: "tim@surabaya", role: "from-the-future" } });
  server.socket.receive({ status: "OK", data: "no command is pending" });
  server.socket.receive([]);
  server.socket.receiveText("{");
  expect(client.store.state).toBe(state);
});

test("a reply that does not match the protocol fails its own command and not the next one", async () => {
  await fixture.open();
  const { server, client } = fixture;
  server.socket.onCommand = () => {};
  const replies = Promise.all([client.request("whoami"), client.request("sessions")]);
  server.socket.receive({ status: "PERHAPS", data: "" });
  server.socket.receive({ status: "OK", data: "second" });
  expect(await replies).toMatchObject([{ status: "ERROR", error: "unreadable-reply" }, { data: "second" }]);
});

test("an open connection without replies is detected by the reply timeout", async () => {
  await fixture.open();
  const { server, client } = fixture;
  server.losesReplies = true;
  client.sender.send(ani, "halo?");
  await advance(19_000);
  expect(server.sockets).toHaveLength(1);
  server.losesReplies = false;
  await advance(3_000);
  expect(server.sockets).toHaveLength(2);
  expect(fixture.texts()).toEqual(["halo?"]);
});

test("a socket that does not open is replaced on request, and after the connect timeout", async () => {
  const { server, client } = fixture;
  server.dropsConnections = true;
  await fixture.open();
  await advance(9_000);
  expect(server.sockets).toHaveLength(1);
  client.reconnectNow();
  expect(server.sockets).toHaveLength(2);
  server.dropsConnections = false;
  await advance(12_000);
  expect(server.sockets).toHaveLength(3);
  expect(client.store.state.connection).toEqual({ status: "open" });
});

test("after the end of the session the client does not reconnect", async () => {
  await fixture.open();
  const { server, client } = fixture;
  server.socket.closeWith(4401);
  await advance(120_000);
  expect(client.store.state.connection).toEqual({ status: "session-ended" });
  expect(server.sockets).toHaveLength(1);
});
