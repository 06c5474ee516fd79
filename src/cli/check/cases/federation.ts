import { generateKeyPairSync, randomUUID, sign } from "node:crypto";
import { type CheckCase, casesOf } from "../check-case.ts";
import type { CheckRun, Member } from "../check-run.ts";
import { until } from "../check-run.ts";
import { expectEqual, expectError, expectThat, okData, okObject, okRows } from "../expectations.ts";

const isoNow = () => new Date().toISOString();

/** Between two realms that know each other. The first URL sends, and both ways are tested. */
const between: CheckCase[] = casesOf("Message states", { needs: ["second"] }, [
  [
    "realms.send",
    "a message to an account of the other realm arrives there with the full address of its sender",
    async (check) => {
      const [budi, dewi] = [await check.budi, await check.dewi];
      for (const [from, to] of [
        [budi, dewi],
        [dewi, budi],
      ] as const) {
        const text = check.newName();
        await deliver(from, to, text);
        const row = okRows(await to.command("inbox last=1"))[0];
        expectEqual([row?.from, row?.text], [from.address, text], "row");
      }
    },
  ],
  [
    "realms.key",
    "a message to the other realm that is repeated with its key arrives once",
    async (check) => {
      const [budi, dewi] = [await check.budi, await check.dewi];
      const key = check.newName();
      for (let attempt = 0; attempt < 3; attempt++)
        okData(await budi.command(`sendprivate key=${key} ${dewi.address} sekali ${key}`));
      await until(
        async () => (okObject(await budi.command(`status ${key}`)).state === "delivered" ? true : null),
        "the delivery",
      );
      const rows = okRows(await dewi.command("inbox last=5")).filter(({ text }) => text === `sekali ${key}`);
      expectEqual(rows.length, 1, "messages in the inbox");
    },
  ],
  [
    "realms.order",
    "messages to the other realm arrive in their order",
    async (check) => {
      const [budi, dewi] = [await check.budi, await check.dewi];
      for (const text of ["1", "2", "3"]) await deliver(budi, dewi, text);
      expectEqual(
        okRows(await dewi.command("inbox last=3")).map(({ text }) => text),
        ["1", "2", "3"],
        "texts",
      );
    },
  ],
  [
    "realms.no-such-user",
    "a message to an account that the other realm does not have fails with no-such-user",
    async (check) => {
      const [budi, dewi] = [await check.budi, await check.dewi];
      const key = check.newName();
      await budi.command(`sendprivate key=${key} ${check.newName()}${realmOf(dewi)} hai`);
      const sent = await until(async () => {
        const data = okObject(await budi.command(`status ${key}`));
        return data.state === "queued" ? null : data;
      }, "the final state");
      expectEqual([sent.state, sent.reason], ["failed", "no-such-user"], "state and reason");
    },
  ],
  [
    "realms.group",
    "an account of the other realm writes to a group, becomes a member, and reads it",
    async (check) => {
      const [budi, dewi, group] = [await check.budi, await check.dewi, check.newName()];
      okData(await budi.command(`creategroup ${group}`));
      const address = group + realmOf(budi);
      okData(await dewi.command(`sendgroup ${address} dari jauh`));
      await until(
        async () => okRows(await budi.command(`inboxgroup ${group}`)).find(({ from }) => from === dewi.address),
        "the message",
      );
      await until(
        async () => okRows(await budi.command(`members ${group}`)).find(({ user }) => user === dewi.address),
        "the membership",
      );
      okData(await budi.command(`sendgroup ${group} jawaban`));
      await until(
        async () => okRows(await dewi.command(`inboxgroup ${address}`)).find(({ text }) => text === "jawaban"),
        "the answer",
      );
    },
  ],
  [
    "realms.private-group",
    "a private group is hidden from the other realm until an account there is invited",
    async (check) => {
      const [budi, dewi, group] = [await check.budi, await check.dewi, check.newName()];
      okData(await budi.command(`creategroup mode=private ${group}`));
      const address = group + realmOf(budi);
      expectError(await dewi.command(`members ${address}`), "no-such-group");
      expectError(await dewi.command(`joingroup ${address}`), "no-such-group");
      okData(await budi.command(`invite ${group} ${dewi.address}`));
      okData(await dewi.command(`joingroup ${address}`));
      okData(await dewi.command(`leavegroup ${address}`));
    },
  ],
  [
    "realms.documents",
    "both realms publish a document under their own name",
    async (check) => {
      const names = [];
      for (const url of [check.url, check.second ?? check.url]) {
        const { status, body } = await check.http({ path: "/.well-known/ranah" }, url);
        expectEqual(status, 200, "HTTP status");
        names.push(JSON.parse(body).realm);
      }
      expectThat(names[0] !== names[1], "two names");
    },
  ],
]);

/** Requests that claim to be from another realm. */
const forged: CheckCase[] = casesOf("Other paths", { needs: ["http"] }, [
  ...(["deliver", "query", "echo"] as const).map((endpoint): [string, string, CheckCase["run"]] => [
    `forged.${endpoint}.unsigned`,
    `an unsigned request to /federation/${endpoint} is refused`,
    async (check) => expectRefused(await post(check, endpoint, body(endpoint), {})),
  ]),
  [
    "forged.deliver.nonsense",
    "a request whose signature headers are nonsense is refused",
    async (check) => {
      const headers = { signature: "sig1=:AAAA:", "signature-input": "sig1=()", "content-digest": "sha-256=:AAAA:" };
      await expectRefused(await post(check, "deliver", body("deliver"), headers));
    },
  ],
  [
    "forged.deliver.own-key",
    "a well-formed signature with a key that no realm publishes is refused, and nothing is delivered",
    async (check) => {
      const ani = await check.ani;
      const before = okRows(await ani.command("inbox last=1"))[0]?.id ?? 0;
      const text = body("deliver");
      await expectRefused(await post(check, "deliver", text, signedHeaders(check.url, text)));
      expectEqual(okRows(await ani.command("inbox last=1"))[0]?.id ?? 0, before, "the newest message");
    },
  ],
  [
    "forged.token",
    "the token of a session opens no endpoint between realms",
    async (check) =>
      expectRefused(
        await post(check, "deliver", body("deliver"), { authorization: `Bearer ${(await check.budi).token}` }),
      ),
  ],
]);

export const federationCases: CheckCase[] = [...between, ...forged];

async function deliver(from: Member, to: Member, text: string): Promise<void> {
  const { delivery } = await from.command(`sendprivate ${to.address} ${text}`);
  expectThat(delivery !== null && delivery.state !== "failed", "the send is stored");
  await until(
    async () => (okObject(await from.command(`status ${delivery?.id}`)).state === "delivered" ? true : null),
    "the delivery",
  );
}

function realmOf(member: Member): string {
  return member.address.slice(member.address.indexOf("@"));
}

function body(endpoint: "deliver" | "query" | "echo"): string {
  return JSON.stringify(
    endpoint === "deliver"
      ? { messages: [{ uid: randomUUID(), from: "x@palsu.example", to: "y", text: "z", time: isoNow() }] }
      : {},
  );
}

async function post(check: CheckRun, endpoint: string, text: string, headers: Record<string, string>) {
  return check.http({
    path: `/federation/${endpoint}`,
    method: "POST",
    body: text,
    headers: { "content-type": "application/json", ...headers },
  });
}

async function expectRefused({ status, body: text }: { status: number; body: string }): Promise<void> {
  expectThat(status >= 400 && status < 500, `a status of 400 to 499, got ${status}`);
  expectEqual(JSON.parse(text).status, "ERROR", "status");
}

/** Headers as a realm signs them (RFC 9421), with a key of our own. */
function signedHeaders(url: URL, text: string): Record<string, string> {
  const { privateKey } = generateKeyPairSync("ed25519");
  const created = Math.floor(Date.now() / 1000);
  const parameters = `("@method" "@target-uri");created=${created};keyid="palsu.example#1";nonce="${randomUUID()}";alg="ed25519"`;
  const base = `"@method": POST\n"@target-uri": ${new URL("/federation/deliver", url)}\n"@signature-params": ${parameters}`;
  const digest = Buffer.from(text).toString("base64");
  return {
    "content-digest": `sha-256=:${digest}:`,
    "signature-input": `sig1=${parameters}`,
    signature: `sig1=:${sign(null, Buffer.from(base), privateKey).toString("base64")}:`,
  };
}
