import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { pauseMaxMs, pauseMinMs, pauseMs } from "../../src/web/chat/backoff.ts";
import type { Chat } from "../../src/web/chat/chat.ts";
import { chatWith, FakeServer } from "./fake-server.ts";

const ani = "private/ani@jakarta";
let server: FakeServer;
let chat: Chat;

beforeEach(() => {
  vi.useFakeTimers();
  server = new FakeServer();
  chat = chatWith(server);
});
afterEach(() => {
  chat.stop();
  vi.useRealTimers();
});

const settle = (ms = 10) => vi.advanceTimersByTimeAsync(ms);
const texts = (key = ani) => chat.store.state.stretches.get(key)?.rows.map(({ text }) => text);
const sends = () => server.commands.filter((command) => command.startsWith("sendprivate"));

async function open(key = ani): Promise<void> {
  chat.start();
  chat.show(key);
  await settle();
}

test("A conversation that is open hears what comes, and the list counts the others.", async () => {
  server.threads.set("ani@jakarta", []);
  await open();
  server.write("ani@jakarta", "halo");
  server.write("citra@surabaya", "hai");
  expect(texts()).toEqual(["halo"]);
  expect(chat.store.state.conversations.get("private/citra@surabaya")).toMatchObject({ unread: 1 });
  expect(chat.store.state.heard?.row.text).toBe("hai");
});

test("Events that the page does not know, frames that are none and late replies change nothing.", async () => {
  await open();
  const { state } = chat.store;
  server.socket.say({ event: "from-the-future", data: { x: 1 } });
  server.socket.say({ status: "OK", data: "nobody asked" });
  server.socket.say([]);
  server.socket.onmessage?.({ data: "{" });
  expect(chat.store.state).toBe(state);
});

test("What was written without a line goes out once it is back, in order, each under its own key.", async () => {
  server.isDown = true;
  await open();
  for (const text of ["satu", "dua", "tiga"]) expect(chat.postman.write(ani, text)).toBe(true);
  await settle(3_000);
  expect(sends()).toEqual([]);
  server.isDown = false;
  await settle(60_000);
  expect(sends()).toEqual([
    "sendprivate key=key-1 ani@jakarta satu",
    "sendprivate key=key-2 ani@jakarta dua",
    "sendprivate key=key-3 ani@jakarta tiga",
  ]);
  expect(chat.store.state.outbox).toEqual([]);
  expect(texts()).toEqual(["satu", "dua", "tiga"]);
});

test("A message whose answer was lost is sent again under the same key, and is there once.", async () => {
  await open();
  server.isMute = true;
  chat.postman.write(ani, "sekali");
  await settle();
  server.isMute = false;
  server.socket.end(1006);
  await settle(2_000);
  expect(sends()).toEqual(Array(2).fill("sendprivate key=key-1 ani@jakarta sekali"));
  expect(server.threads.get("ani@jakarta")).toHaveLength(1);
  expect(texts()).toEqual(["sekali"]);
  expect(chat.store.state.outbox).toEqual([]);
});

test("A line that is open and dead is found out by its silence.", async () => {
  await open();
  server.isMute = true;
  chat.postman.write(ani, "halo?");
  await settle(19_000);
  expect(server.sockets).toHaveLength(1);
  server.isMute = false;
  await settle(3_000);
  expect(server.sockets).toHaveLength(2);
  expect(texts()).toEqual(["halo?"]);
});

test("A page that is loaded again sends what the one before it had not.", async () => {
  const kept = new Map<string, string>();
  server.isDown = true;
  chat = chatWith(server, kept);
  await open();
  chat.postman.write(ani, "nanti");
  chat.stop();
  server.isDown = false;
  chat = chatWith(server, kept);
  await open();
  await settle(1_000);
  expect(server.threads.get("ani@jakarta")).toMatchObject([{ text: "nanti", key: "key-1" }]);
});

test("Of what was not sent nothing is left in the tab after a logout, also when the server ends the line.", async () => {
  const kept = new Map<string, string>();
  chat = chatWith(server, kept);
  await open();
  server.isMute = true;
  chat.postman.write(ani, "satu");
  await settle();
  expect([...kept.values()].join()).toContain("satu");
  chat.store.forget();
  server.socket.end(4401);
  await settle(60_000);
  expect([...kept]).toEqual([]);
});

test("What came while the line was away is read when it is back.", async () => {
  server.threads.set("ani@jakarta", []);
  await open();
  server.write("ani@jakarta", "satu");
  server.socket.end(1006);
  server.write("ani@jakarta", "dua", false);
  await settle(2_000);
  expect(texts()).toEqual(["satu", "dua"]);
});

test("An event that was missed in between is noticed by the number of the next, and read.", async () => {
  server.threads.set("ani@jakarta", []);
  await open();
  server.write("ani@jakarta", "satu");
  server.write("ani@jakarta", "dua", false);
  server.write("ani@jakarta", "tiga");
  await settle();
  expect(texts()).toEqual(["satu", "dua", "tiga"]);
});

const states = () => chat.store.state.stretches.get(ani)?.rows.map(({ state }) => state);

/** Replies are held back from now on, as behind a send that waits; they are made when the command comes. @returns lets them go */
function holdReplies(): () => void {
  const { socket } = server;
  const { answer } = socket;
  const held: object[] = [];
  socket.answer = (command) => void held.push(server.carryOut(command));
  return () => {
    socket.answer = answer;
    for (const reply of held.splice(0)) socket.say(reply);
  };
}

test("An end that overtakes a page or the list is not undone by it.", async () => {
  server.state = "queued";
  server.carryOut("sendprivate key=k ani@jakarta satu");
  chat.start();
  await settle();
  const release = holdReplies();
  chat.show(ani);
  void chat.reader.refresh();
  server.end("ani@jakarta", 1, "delivered");
  release();
  await settle(1_000);
  expect(states()).toEqual(["delivered"]);
  expect(chat.store.state.conversations.get(ani)?.last).toMatchObject({ state: "delivered" });
});

test("A gap that shows while nothing new is being read is filled all the same.", async () => {
  for (let n = 1; n <= 3; n++) server.write("ani@jakarta", `pesan ${n}`, false);
  await open();
  const release = holdReplies();
  void chat.reader.catchUp();
  server.write("ani@jakarta", "tak terdengar", false);
  server.write("ani@jakarta", "terdengar");
  release();
  await settle(1_000);
  expect(texts()?.slice(3)).toEqual(["tak terdengar", "terdengar"]);
});

test("What was written far up without a line is in sight when it is back.", async () => {
  for (let n = 1; n <= 300; n++) server.write("ani@jakarta", `pesan ${n}`, false);
  await open();
  await chat.reader.toOldest();
  server.isDown = true;
  server.socket.end(1006);
  await settle(100);
  chat.postman.write(ani, "dari jauh");
  server.isDown = false;
  await settle(60_000);
  expect(texts()?.at(-1)).toBe("dari jauh");
});

test("A list that does not come is asked for again, once for all who want it.", async () => {
  await open();
  const { carryOut } = server;
  let lists = 0;
  server.carryOut = (command) => {
    if (command !== "threads") return carryOut.call(server, command);
    lists++;
    return { status: "ERROR", data: "", error: "internal" };
  };
  for (let n = 0; n < 10; n++) {
    server.socket.say({ event: "membership", data: { group: `grup${n}@surabaya`, role: "member" } });
    await settle(100);
  }
  lists = 0;
  await settle(60_000);
  expect(lists).toBeGreaterThan(5);
  expect(lists).toBeLessThan(20);
});

test("A page that is too large for a frame is asked for again where HTTP gave no answer.", async () => {
  server.write("ani@jakarta", "panjang", false);
  const { carryOut } = server;
  server.carryOut = (command) =>
    command.startsWith("thread ")
      ? { status: "ERROR", data: "", error: "reply-too-large" }
      : carryOut.call(server, command);
  let posts = 0;
  server.post = async (command) => {
    if (++posts === 1) throw new Error("a proxy's 502");
    return carryOut.call(server, command);
  };
  await open();
  expect(chat.store.state.refusal).toMatchObject({ error: "no-answer" });
  await settle(10_000);
  expect(texts()).toEqual(["panjang"]);
});

test("What became of a queued message while the line was away is asked for when it is back.", async () => {
  server.state = "queued";
  await open();
  chat.postman.write(ani, "nanti");
  await settle();
  expect(states()).toEqual(["queued"]);
  server.socket.end(1006);
  server.end("ani@jakarta", 1, "delivered", false);
  await settle(2_000);
  expect(states()).toEqual(["delivered"]);
  expect(chat.store.state.conversations.get(ani)?.last).toMatchObject({ state: "delivered" });
});

test("An end that is heard of before the answer to the sending stands.", async () => {
  server.state = "queued";
  await open();
  server.socket.answer = (command) => {
    const reply = server.carryOut(command);
    if (command.startsWith("sendprivate")) server.end("ani@jakarta", 1, "delivered");
    queueMicrotask(() => server.socket.say(reply));
  };
  chat.postman.write(ani, "cepat");
  await settle();
  expect(states()).toEqual(["delivered"]);
});

test("Of a message that comes between the question for what was missed and its answer the rest is read too.", async () => {
  server.threads.set("ani@jakarta", []);
  await open();
  server.write("ani@jakarta", "satu");
  server.socket.end(1006);
  server.write("ani@jakarta", "dua", false);
  let isFirst = true;
  const connect = server.connect.bind(server);
  server.connect = () => {
    const socket = connect();
    const { answer } = socket;
    socket.answer = (command) => {
      answer(command);
      if (!command.startsWith("thread after=") || !isFirst) return;
      isFirst = false;
      server.write("ani@jakarta", "tiga", false);
      server.write("ani@jakarta", "empat");
    };
    return socket;
  };
  await settle(2_000);
  expect(texts()).toEqual(["satu", "dua", "tiga", "empat"]);
});

test("A conversation that one comes back to is looked at again: not everything is told.", async () => {
  server.threads.set("ani@jakarta", []);
  await open();
  server.write("ani@jakarta", "satu");
  chat.show("private/citra@surabaya");
  server.write("ani@jakarta", "dua", false);
  chat.show(ani);
  await settle();
  expect(texts()).toEqual(["satu", "dua"]);
});

test("A line that does not open is tried again, also before its time is over.", async () => {
  server.isSilent = true;
  await open();
  await settle(9_000);
  expect(server.sockets).toHaveLength(1);
  chat.nudge();
  expect(server.sockets).toHaveLength(2);
  server.isSilent = false;
  await settle(12_000);
  expect(server.sockets).toHaveLength(3);
  expect(chat.store.state.line).toEqual({ is: "open" });
});

test("How far was read is told again where the line was lost over it, and at once where the page goes.", async () => {
  server.threads.set("ani@jakarta", []);
  await open();
  server.write("ani@jakarta", "satu");
  chat.reader.seen();
  server.socket.end(1006);
  await settle(5_000);
  const marks = () => server.commands.filter((command) => command.startsWith("read "));
  expect(marks()).toEqual(["read kind=private ani@jakarta 1"]);
  server.write("ani@jakarta", "dua");
  chat.reader.seen();
  chat.reader.flush();
  expect(marks()).toHaveLength(2);
});

test("A message that comes while the conversation is being read is not left out.", async () => {
  server.threads.set("ani@jakarta", []);
  chat.start();
  await settle();
  const page = server.carryOut("thread last=60 ani@jakarta");
  server.socket.answer = () => {};
  chat.show(ani);
  server.write("ani@jakarta", "halo");
  server.socket.answer = (command) => queueMicrotask(() => server.socket.say(server.carryOut(command)));
  server.socket.say(page);
  await settle();
  expect(texts()).toEqual(["halo"]);
});

test("The end of the session ends the line, and nothing is tried again.", async () => {
  await open();
  server.socket.end(4401);
  await settle(120_000);
  expect(chat.store.state.line).toEqual({ is: "ended" });
  expect(server.sockets).toHaveLength(1);
});

test("Reading is told to the server once for what is read together.", async () => {
  server.threads.set("ani@jakarta", []);
  await open();
  for (const text of ["satu", "dua", "tiga"]) {
    server.write("ani@jakarta", text);
    chat.reader.seen();
  }
  await settle(2_000);
  expect(server.commands.filter((command) => command.startsWith("read"))).toEqual(["read kind=private ani@jakarta 3"]);
  expect(chat.store.state.conversations.get(ani)?.unread).toBe(0);
});

test("Pauses grow to half a minute at most, and no two pages have the same.", () => {
  const longest = Array.from({ length: 40 }, (_, failures) => pauseMs(failures, 1));
  expect(longest[0]).toBe(pauseMinMs);
  expect(longest.at(-1)).toBe(pauseMaxMs);
  expect(longest).toEqual(longest.toSorted((one, other) => one - other));
  expect(pauseMs(3, 0)).toBe(pauseMs(3, 1) / 2);
});
