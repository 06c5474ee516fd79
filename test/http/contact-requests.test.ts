import { afterAll, expect, test } from "vitest";
import { FakePeer, sendSigned } from "../support/fake-peer.ts";
import { jakartaHost, useServer } from "../support/test-server.ts";

const malang = new FakePeer("malang");
const server = useServer({ LOCAL_PEERS: "yes", PEERS: JSON.stringify({ malang: await malang.start() }) });
afterAll(() => malang.stop());

const { as } = server;
type Rows = { from: string; text: string }[];
const textsOf = ({ data }: { data: unknown }) => (data as Rows).map(({ text }) => text);

async function deliver(to: string, text: string, from = "rina@malang", uid = crypto.randomUUID()): Promise<unknown> {
  const reply = await sendSigned(
    server.url,
    malang.signedDelivery("surabaya", [{ to: `${to}@surabaya`, from, text, uid }]),
  );
  expect(reply.status).toBe(200);
  return JSON.parse(reply.text);
}

test("first messages from other realms wait until their sender is accepted, in their order and once", async () => {
  const [token, tetanggaToken] = await server.seedAccounts(["hati", "tetangga"]);
  const [usilToken] = await server.seedAccounts(["usil"], "jakarta");
  const [hati, tetangga, usil] = [as(token), as(tetanggaToken), as(usilToken, jakartaHost)];
  expect((await hati("setting")).data).toEqual({ requests: "off" });
  expect((await hati("setting requests=on")).data).toEqual({ requests: "on" });
  expect((await usil("sendprivate hati@surabaya satu")).state).toBe("delivered");
  await usil("sendprivate hati@surabaya dua");
  const delivered = { results: [{ state: "delivered" }] };
  expect(await deliver("hati", "dari rina", "rina@malang", "u-1")).toMatchObject(delivered);
  // The peer sends it again.
  expect(await deliver("hati", "dari rina", "rina@malang", "u-1")).toMatchObject(delivered);
  // A neighbour of the own realm does not wait.
  await tetangga("sendprivate hati selamat pagi");
  expect(textsOf(await hati("inbox"))).toEqual(["selamat pagi"]);
  expect((await hati("requests")).data).toMatchObject([
    { from: "usil@jakarta", messages: 2, text: "satu" },
    { from: "rina@malang", messages: 1, text: "dari rina" },
  ]);

  expect(await hati("accept usil@jakarta")).toMatchObject({ status: 200 });
  expect(textsOf(await hati("inbox"))).toEqual(["selamat pagi", "satu", "dua"]);
  await usil("sendprivate hati@surabaya tiga");
  expect(textsOf(await hati("thread usil@jakarta"))).toEqual(["satu", "dua", "tiga"]);
  expect((await hati("accept usil@jakarta")).code).toBe("no-such-request");
  await hati("accept rina@malang");
  await deliver("hati", "dari rina", "rina@malang", "u-1");
  expect(textsOf(await hati("inbox")).filter((text) => text === "dari rina")).toHaveLength(1);
  expect((await hati("requests")).data).toEqual([]);
});

test("whoever the account has written to is accepted, and a block deletes what waits", async () => {
  const [token] = await server.seedAccounts(["pemalu"]);
  const [aToken, bToken] = await server.seedAccounts(["teman", "orang"], "jakarta");
  const [pemalu, teman, orang] = [as(token), as(aToken, jakartaHost), as(bToken, jakartaHost)];
  await pemalu("setting requests=on");
  await pemalu("sendprivate teman@jakarta halo");
  await teman("sendprivate pemalu@surabaya halo juga");
  expect(textsOf(await pemalu("inbox"))).toEqual(["halo juga"]);
  await orang("sendprivate pemalu@surabaya ganggu");
  await deliver("pemalu", "ganggu juga");
  await pemalu("block orang@jakarta");
  await pemalu("block @malang");
  expect((await pemalu("requests")).data).toEqual([]);
  await orang("sendprivate pemalu@surabaya lagi");
  expect((await pemalu("requests")).data).toEqual([]);
});

test("what waits is bounded, and its sender is told", async () => {
  const [token] = await server.seedAccounts(["populer"]);
  const populer = as(token);
  await populer("setting requests=on");
  for (let n = 0; n < 20; n++) await deliver("populer", `${n}`);
  expect(await deliver("populer", "terlalu banyak")).toMatchObject({
    results: [{ state: "failed", reason: "mailbox-full" }],
  });
  for (let n = 0; n < 99; n++) await deliver("populer", "halo", `orang${n}@malang`);
  expect(await deliver("populer", "halo", "satu-lagi@malang")).toMatchObject({ results: [{ state: "failed" }] });
  expect((await populer("requests")).data).toHaveLength(100);
});

test("the realm's default counts until the account chooses", async () => {
  await server.restart({ CONTACT_REQUESTS: "on" });
  const [token] = await server.seedAccounts(["baru"]);
  const baru = as(token);
  await deliver("baru", "halo");
  expect(textsOf(await baru("inbox"))).toEqual([]);
  expect((await baru("setting requests=off")).data).toEqual({ requests: "off" });
  await deliver("baru", "halo lagi", "lain@malang");
  expect(textsOf(await baru("inbox"))).toEqual(["halo lagi"]);
  await server.evict("baru");
  expect((await baru("setting")).data).toEqual({ requests: "off" });
});
