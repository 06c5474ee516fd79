import { expect, test, vi } from "vitest";
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
  server.isVisible = false;
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

const problem = () => {
  const { connection } = fixture.client.store.state;
  return "problem" in connection ? connection.problem?.kind : undefined;
};
const status = () => fixture.client.store.state.connection.status;
const pings = () => fixture.server.sockets.flatMap(({ sent }) => sent).filter((frame) => frame === "ping").length;

test("a visible page pings a silent server, and says that it does not answer within half a minute", async () => {
  await fixture.open();
  const { server } = fixture;
  await advance(60_000);
  expect(pings()).toBe(4);
  expect(server.sockets).toHaveLength(1);
  server.isDown = true;
  server.losesReplies = true;
  await advance(30_000);
  expect([status(), problem()]).toEqual(["waiting", "no-answer"]);
});

test("a hidden page pings nobody, and pings at once when it becomes visible", async () => {
  const { server, client } = fixture;
  server.isVisible = false;
  await fixture.open();
  await advance(600_000);
  expect(pings()).toBe(0);
  server.isVisible = true;
  client.reconnectNow();
  expect(pings()).toBe(1);
});

test("a device that wakes up does not take its own sleep for silence of the server", async () => {
  await fixture.open();
  const { server, client } = fixture;
  server.socket.onCommand = () => {};
  client.request("whoami").catch(() => {});
  // Timers stand still while the device sleeps, and the clock does not.
  vi.setSystemTime(Date.now() + 3_600_000);
  const elapsed = vi.spyOn(performance, "now");
  elapsed.mockImplementation(() => Date.now());
  await advance(20_000);
  expect(status()).toBe("open");
  await advance(30_000);
  expect(server.sockets.length).toBeGreaterThan(1);
  elapsed.mockRestore();
});

test("a device without network says so, and connects when it finds one", async () => {
  await fixture.open();
  const { server, client } = fixture;
  server.isDown = true;
  server.isOnline = false;
  client.onOffline();
  expect([status(), problem()]).toEqual(["waiting", "offline"]);
  await advance(60_000);
  expect(problem()).toBe("offline");
  server.isDown = false;
  server.isOnline = true;
  client.onOnline();
  await advance();
  expect(status()).toBe("open");
});

test("the page says what is wrong: no answer, a foreign answer, an error of the server", async () => {
  const { server } = fixture;
  server.refusesSockets = true;
  server.isDown = true;
  await fixture.open();
  expect(problem()).toBe("no-answer");
  server.isDown = false;
  server.isCaptive = true;
  await advance(60_000);
  expect(problem()).toBe("foreign-answer");
  server.isCaptive = false;
  server.execute = () => ({ status: "ERROR", data: "Besok", error: "misconfigured", retryAfter: 60 });
  await advance(60_000);
  expect(fixture.client.store.state.connection).toMatchObject({ problem: { reply: { error: "misconfigured" } } });
});

test("a server that stops is named, and found again", async () => {
  await fixture.open();
  fixture.server.socket.closeWith(1001);
  expect(problem()).toBe("server-stopped");
  await advance(2_000);
  expect(status()).toBe("open");
});

test("a page whose socket was replaced by a newer one stays closed until the user comes back", async () => {
  await fixture.open();
  const { server, client } = fixture;
  server.socket.closeWith(4409);
  client.onOnline();
  await advance(3_600_000);
  expect([status(), server.sockets.length]).toEqual(["replaced", 1]);
  client.reconnectNow();
  await advance();
  expect([status(), server.sockets.length]).toEqual(["open", 2]);
});

test("a ping of the server is answered with its word, after the events before it are applied", async () => {
  await fixture.open();
  const { server } = fixture;
  server.deliver("ani@jakarta", "halo");
  server.socket.receive({ event: "ping", data: { word: "w-1" } });
  expect(fixture.texts()).toEqual(["halo"]);
  expect(server.socket.sent.at(-1)).toBe("pong w-1");
  expect(server.commands).not.toContain("pong w-1");
});
