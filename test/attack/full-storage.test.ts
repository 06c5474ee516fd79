import { afterAll, beforeAll, expect, test } from "vitest";
import { limits } from "../../src/limits.ts";
import { sendRequest } from "../support/command.ts";
import { FakePeer, sendSigned } from "../support/fake-peer.ts";
import { newAccount } from "../support/new-account.ts";
import { useServer } from "../support/test-server.ts";

const operatorToken = "operator-token-untuk-uji";
const peer = new FakePeer("malang");
const vars = { ACCOUNT_QUOTA_MB: 1, OPERATOR_TOKEN: operatorToken, LOCAL_PEERS: "yes", PEERS: "" };
const server = useServer(vars);
beforeAll(async () => {
  await server.restart({ PEERS: JSON.stringify({ malang: await peer.start() }) });
});
afterAll(() => peer.stop());

const text = "x".repeat(64_000);
/** Messages of this text that fit into one quota. */
const fitting = Math.floor(2 ** 20 / (text.length + limits.messageOverheadBytes));
type Account = Awaited<ReturnType<typeof newAccount>>;

/** Sends until a send is refused. @returns the number of accepted messages, and the refusal */
async function fill(sender: Account, line: string) {
  for (let sent = 0; ; sent++) {
    const reply = await sender.command(`${line} ${text}`);
    if (reply.status !== 200) return { sent, reply };
    expect(sent).toBeLessThan(1_000);
  }
}

test.each([
  ["to itself", (name: string) => `sendprivate ${name}`],
  ["to others", () => "sendprivate korban"],
  ["to a group", () => "sendgroup ramai"],
  ["to another realm", () => "sendprivate rina@malang"],
])(
  "an account that sends %s without end is stopped at its quota and told so, and its restart changes nothing",
  async (how, line) => {
    const sender = await newAccount(server, `penulis-${how.replaceAll(" ", "-")}`);
    const creator = await newAccount(server, "korban");
    await creator.command("creategroup ramai");
    const { sent, reply } = await fill(sender, line(sender.name));
    expect(sent).toBe(fitting);
    expect([reply.status, reply.headers["error-code"], reply.headers["message-id"]]).toEqual([
      ...[507, "quota-exceeded", undefined],
    ]);
    await server.evict(sender.name);
    expect((await sender.command(`${line(sender.name)} ${text}`)).headers["error-code"]).toBe("quota-exceeded");
    // Nothing of a refused message is stored, and what fits still goes through.
    expect((await sender.command("sent")).json.data).toHaveLength(fitting);
    expect((await creator.command(`${line(creator.name)} kecil`)).status).toBe(200);
  },
);

test("a full mailbox refuses the messages of accounts and of peers, and one account alone cannot fill it", async () => {
  const victim = await newAccount(server, "sasaran");
  const senders: Account[] = [];
  let reply = await victim.command("whoami");
  while (reply.status === 200 || reply.headers["error-code"] === "quota-exceeded") {
    const sender = await newAccount(server, `massa-${senders.length}`);
    senders.push(sender);
    ({ reply } = await fill(sender, `sendprivate ${victim.name}`));
  }
  expect([reply.status, reply.headers["error-code"]]).toEqual([507, "mailbox-full"]);
  expect(senders.length).toBeGreaterThanOrEqual(limits.quotasPerMessageLog);
  const delivery = peer.signedDelivery("surabaya", [{ to: victim.address, text }, { to: senders[0]?.address ?? "" }]);
  const answer = JSON.parse((await sendSigned(server.url, delivery)).text);
  expect(answer.results).toEqual([{ state: "failed", reason: "mailbox-full" }, { state: "delivered" }]);
});

test("the operator empties an account while others go on, and then it can send again", async () => {
  const [full, other] = [await newAccount(server, "penuh"), await newAccount(server, "tetangga")];
  await other.command(`sendprivate ${full.name} dari tetangga`);
  await full.command(`sendprivate ${other.name} dari penuh`);
  const { sent } = await fill(full, `sendprivate ${full.name}`);
  const byOperator = (line: string) => server.command(line, { token: operatorToken });
  const [emptied] = await Promise.all([
    byOperator(`emptyaccount ${full.name}`),
    other.command("whoami").then(({ status }) => expect(status).toBe(200)),
  ]);
  expect(emptied.json.data).toEqual({ account: full.name, deleted: 2 * sent + 2, more: false });
  expect((await byOperator(`emptyaccount ${full.name}`)).json.data).toMatchObject({ deleted: 0, more: false });
  for (const list of ["inbox", "sent"]) expect((await full.command(list)).json.data).toEqual([]);
  expect((await other.command("inbox")).json.data).toMatchObject([{ text: "dari penuh" }]);
  expect((await full.command(`sendprivate ${full.name} ${text}`)).status).toBe(200);
  // Ids are never given twice.
  const [{ id } = { id: 0 }] = (await full.command("inbox")).json.data as { id: number }[];
  expect(id).toBe(sent + 2);
  expect((await byOperator("emptyaccount tiada")).headers["error-code"]).toBe("no-such-user");
  expect((await full.command(`emptyaccount ${other.name}`)).headers["error-code"]).toBe("operator-only");
});

test("many sends at once do not get past the quota together", async () => {
  const sender = await newAccount(server, "serentak");
  const lines = Array.from({ length: 15 }, () => `sendprivate ${sender.name} ${text}`).join("\n");
  const bulks = await Promise.all(
    [1, 2, 3].map(() =>
      sendRequest(new URL("/commands", server.url), "POST", lines, { authorization: `Bearer ${sender.token}` }),
    ),
  );
  const accepted = bulks.flatMap(({ text }) => text.split("\r\n\r\n")).filter((reply) => reply.includes('"OK"'));
  expect(accepted).toHaveLength(fitting);
});
