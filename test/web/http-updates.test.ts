import { beforeEach, expect, test } from "vitest";
import { HttpFailure } from "../../src/web/chat/http-command.ts";
import { advance, ani, useClient } from "./client-fixture.ts";

const fixture = useClient();
const status = () => fixture.client.store.state.connection.status;
const group = "group/tim@surabaya";
const groupTexts = () => fixture.client.store.state.windows.get(group)?.messages.map(({ text }) => text);

beforeEach(() => {
  fixture.server.refusesSockets = true;
  fixture.server.groups.add("tim@surabaya");
  fixture.server.conversations.set("tim@surabaya", []);
});

test("behind a proxy that refuses sockets, messages are sent and received over HTTP, each once", async () => {
  await fixture.open();
  const { server, client } = fixture;
  expect(status()).toBe("polling");
  expect(client.sender.send(ani, "halo\nbaris dua")).toBe(true);
  await advance(2_000);
  server.deliver("ani@jakarta", "halo juga", false);
  await advance(2_000);
  server.deliver("citra@surabaya", "hai", false);
  await advance(2_000);
  expect(fixture.texts()).toEqual(["halo\nbaris dua", "halo juga"]);
  expect(fixture.states()?.[0]).toBe("delivered");
  expect(client.store.state.pending).toEqual([]);
  expect(client.store.state.conversations.get("private/citra@surabaya")).toMatchObject({ unread: 1 });
  expect(client.store.state.announced?.message.text).toBe("hai");
  expect(fixture.server.posts.filter((each) => each.startsWith("sendprivate"))).toHaveLength(1);
});

test("the open group is followed, and the others are loaded again within half a minute", async () => {
  const { server, client } = fixture;
  server.groups.add("lain@surabaya");
  server.conversations.set("lain@surabaya", []);
  client.start();
  client.openConversation(group);
  await advance(1_000);
  server.deliverToGroup("tim@surabaya", "citra@surabaya", "rapat", false);
  server.deliverToGroup("lain@surabaya", "citra@surabaya", "libur", false);
  await advance(2_000);
  expect(groupTexts()).toEqual(["rapat"]);
  client.sender.send(group, "siap");
  await advance(2_000);
  expect(groupTexts()).toEqual(["rapat", "siap"]);
  expect(client.store.state.pending).toEqual([]);
  await advance(30_000);
  expect(client.store.state.conversations.get("group/lain@surabaya")?.last?.text).toBe("libur");
});

test("at most one read waits for the inbox and one for the conversation that is open now", async () => {
  await fixture.open();
  const { server, client } = fixture;
  for (let n = 0; n < 20; n++) {
    client.openConversation(`private/teman${n}@surabaya`);
    await advance(200);
  }
  const waits = server.posts.filter((each) => each.includes("wait="));
  await advance(20_000);
  server.deliver("teman19@surabaya", "halo", false);
  await advance(2_000);
  const messages = client.store.state.windows.get("private/teman19@surabaya")?.messages;
  expect(messages?.map(({ text }) => text)).toEqual(["halo"]);
  // A conversation that was left is followed no more.
  const later = server.posts.slice(server.posts.lastIndexOf(waits.at(-1) ?? "") + 1);
  expect(later.filter((each) => /^thread.*wait=/.test(each) && !each.includes("teman19"))).toEqual([]);
});

test("an idle account asks at most twice in a second, also where a proxy ends each wait at once", async () => {
  const { server } = fixture;
  server.longestRequestSeconds = 0;
  await fixture.open();
  const before = server.posts.length;
  await advance(60_000);
  const waits = server.posts.slice(before).filter((each) => each.includes("wait="));
  expect(waits.length).toBeLessThan(130);
  expect(status()).toBe("polling");
});

test("where a proxy ends long requests, shorter ones still bring messages", async () => {
  const { server } = fixture;
  server.longestRequestSeconds = 7;
  await fixture.open();
  await advance(60_000);
  expect(server.posts.at(-1)).toMatch(/wait=[1-7] ?|^(threads|groups|whoami)/);
  server.deliver("ani@jakarta", "halo", false);
  await advance(2_000);
  expect(fixture.texts()).toEqual(["halo"]);
});

test("a proxy that accepts sockets and lets no frame through is found out", async () => {
  const { server, client } = fixture;
  server.refusesSockets = false;
  server.swallowsFrames = true;
  await fixture.open();
  expect(status()).toBe("open");
  await advance(15_000);
  expect(status()).toBe("polling");
  client.sender.send(ani, "halo");
  await advance(60_000);
  // It stays so, however often a socket is tried.
  expect(status()).toBe("polling");
  expect(server.sockets.length).toBeGreaterThan(2);
  expect(server.conversations.get("ani@jakarta")).toHaveLength(1);
});

test("when a socket gets through, live events take over and nothing waits over HTTP", async () => {
  await fixture.open();
  const { server, client } = fixture;
  server.refusesSockets = false;
  client.reconnectNow();
  await advance(1_000);
  expect(status()).toBe("open");
  await advance(30_000);
  const before = server.posts.length;
  await advance(120_000);
  expect(server.posts.length).toBe(before);
  server.deliver("ani@jakarta", "halo");
  expect(fixture.texts()).toEqual(["halo"]);
});

test("a message whose request is lost is sent again under its key, and stored once", async () => {
  await fixture.open();
  const { server, client } = fixture;
  const { post } = server;
  let isLost = true;
  server.post = async (command, signal) => {
    const reply = await post(command, signal);
    if (!command.startsWith("sendprivate") || !isLost) return reply;
    isLost = false;
    throw new HttpFailure("no-answer");
  };
  client.sender.send(ani, "sekali");
  await advance(5_000);
  expect(server.posts.filter((each) => each.startsWith("sendprivate"))).toHaveLength(2);
  expect(server.conversations.get("ani@jakarta")).toHaveLength(1);
  expect(fixture.texts()).toEqual(["sekali"]);
  expect(client.store.state.pending).toEqual([]);
});

test("a server that cannot be reached over HTTP any more is named, and the end of the session ends the client", async () => {
  await fixture.open();
  const { server, client } = fixture;
  server.isDown = true;
  await advance(30_000);
  expect(client.store.state.connection).toMatchObject({ problem: { kind: "no-answer" } });
  server.isDown = false;
  await advance(60_000);
  expect(status()).toBe("polling");
  server.execute = () => ({ status: "ERROR", data: "", error: "session-ended" });
  await advance(30_000);
  expect(status()).toBe("session-ended");
  const { length } = server.posts;
  await advance(120_000);
  expect(server.posts).toHaveLength(length);
});
