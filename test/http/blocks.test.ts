import { afterAll, expect, test } from "vitest";
import { FakePeer, sendSigned } from "../support/fake-peer.ts";
import { jakartaHost, useServer } from "../support/test-server.ts";

const malang = new FakePeer("malang");
const server = useServer({ LOCAL_PEERS: "yes", PEERS: JSON.stringify({ malang: await malang.start() }) });
afterAll(() => malang.stop());

const { as } = server;
type Rows = { from: string; text: string }[];

test("what a blocked sender sends is answered as ever and does not arrive, whatever realm or shard it is of", async () => {
  // Names of several shards.
  const names = ["jahat", "jahat2", "jahat3", "jahat4", "jahat5"];
  const [token, ...others] = await server.seedAccounts(["korban", ...names]);
  const [remote] = await server.seedAccounts(["usil"], "jakarta");
  const korban = as(token);
  const senders = [...others.map((other) => as(other)), as(remote, jakartaHost)];
  const send = (text: string) => Promise.all(senders.map((sender) => sender(`sendprivate korban@surabaya ${text}`)));
  const before = await send("sebelum");
  expect(before.map(({ state }) => state)).toEqual(senders.map(() => "delivered"));
  for (const name of names) expect((await korban(`block ${name}`)).status).toBe(200);
  expect((await korban("block @jakarta")).status).toBe(200);
  const blocked = await send("saat diblokir");
  expect(blocked).toEqual(before);
  const delivered = await sendSigned(
    server.url,
    malang.signedDelivery("surabaya", [{ to: "korban@surabaya", text: "dari malang" }]),
  );
  expect(delivered.status).toBe(200);

  const inbox = ((await korban("inbox")).data as Rows).map(({ text }) => text);
  expect(inbox).toEqual([...senders.map(() => "sebelum"), "dari malang"]);
  // Each sender sees what it has sent.
  for (const sender of senders) {
    const thread = (await sender("thread korban@surabaya")).data as { text: string; state: string }[];
    expect(thread.map(({ text, state }) => [text, state])).toEqual([
      ["sebelum", "delivered"],
      ["saat diblokir", "delivered"],
    ]);
    expect((await sender("sent last=1")).data).toMatchObject([{ text: "saat diblokir", state: "delivered" }]);
  }
  // The recipient's conversation has no trace of it, and goes on without a gap for the reader.
  expect(((await korban("thread jahat")).data as Rows).map(({ text }) => text)).toEqual(["sebelum"]);
  const threads = (await korban("threads")).data as { with: string; unread: number }[];
  expect(threads.find((row) => row.with === "jahat@surabaya")?.unread).toBe(1);

  for (const name of names) expect((await korban(`unblock ${name}`)).status).toBe(200);
  expect((await korban("unblock @jakarta")).status).toBe(200);
  await send("sesudah");
  const texts = ((await korban("inbox")).data as Rows).map(({ text }) => text);
  expect(texts.filter((text) => text === "sesudah")).toHaveLength(senders.length);
  expect(texts).not.toContain("saat diblokir");
});

test("the invitations of a blocked account are dropped, and its messages to groups are the group's", async () => {
  const [tokenA, tokenB] = await server.seedAccounts(["penerima", "pengundang"]);
  const [penerima, pengundang] = [as(tokenA), as(tokenB)];
  await pengundang("creategroup bersama");
  await penerima("joingroup bersama");
  await penerima("block pengundang");
  await pengundang("creategroup mode=private jebakan");
  expect((await pengundang("invite jebakan penerima")).status).toBe(200);
  await pengundang("sendgroup bersama halo semua");
  expect((await penerima("inbox")).data).toEqual([]);
  expect(((await penerima("groups")).data as { group: string }[]).map(({ group }) => group)).toEqual([
    "bersama@surabaya",
  ]);
  expect(((await penerima("inboxgroup bersama")).data as Rows).map(({ text }) => text)).toEqual(["halo semua"]);
});

test("the list is the account's own, survives a restart, and has a limit that concurrent requests keep", async () => {
  const [tokenA, tokenB] = await server.seedAccounts(["pemilik", "tetangga"]);
  const [pemilik, tetangga] = [as(tokenA), as(tokenB)];
  await pemilik("block jahat");
  await pemilik("block jahat@surabaya");
  await server.evict("pemilik");
  expect((await pemilik("blocks")).data).toMatchObject([{ target: "jahat@surabaya" }]);
  expect((await tetangga("blocks")).data).toEqual([]);
  expect((await tetangga("unblock jahat")).code).toBe("no-such-block");
  expect((await pemilik("block pemilik")).code).toBe("bad-target");
  const replies = await Promise.all(Array.from({ length: 1010 }, (_, n) => pemilik(`block x${n}@lain.example`)));
  expect(replies.filter(({ status }) => status === 200)).toHaveLength(999);
  expect(replies.filter(({ code }) => code === "too-many-blocks")).toHaveLength(11);
});
