import { beforeAll, expect, test } from "vitest";
import { useTwoDeployments } from "../support/deployments.ts";

// One realm on Node, the other on workerd: the two hosts sign, verify, fetch and store with different libraries.
const { surabaya, jakarta } = useTwoDeployments({ surabaya: "serve", jakarta: "wrangler" });
let budi: string;
let ani: string;

beforeAll(async () => {
  [budi, ani] = await Promise.all([surabaya.signUp("budi"), jakarta.signUp("ani")]);
});

test("the operators of both realms find each other", async () => {
  for (const [here, there] of [
    [surabaya, "jakarta"],
    [jakarta, "surabaya"],
  ] as const) {
    const steps = (await here.operatorCommand(`peertest ${there}`)).json.data as { step: string; ok: boolean }[];
    expect(steps.length).toBeGreaterThan(5);
    expect(steps.filter(({ ok }) => !ok)).toEqual([]);
  }
});

test("a private message is delivered in both directions, byte for byte", async () => {
  const text = "halo  dari\njauh 👋";
  for (const [from, token, to, realm, reader, sender] of [
    [surabaya, budi, "ani@jakarta", jakarta, ani, "budi@surabaya"],
    [jakarta, ani, "budi@surabaya", surabaya, budi, "ani@jakarta"],
  ] as const) {
    const reply = await from.server.command(`sendprivate ${to} ${text}`, { token });
    expect(reply.headers["delivery-state"]).toBe("delivered");
    expect(await realm.okData("inbox", { token: reader })).toMatchObject([{ id: 1, from: sender, text }]);
  }
});

test("the members of a group read the same messages in the same order, whichever host keeps the group", async () => {
  for (const [home, owner, there, member, realm] of [
    [surabaya, budi, jakarta, ani, "surabaya"],
    [jakarta, ani, surabaya, budi, "jakarta"],
  ] as const) {
    await home.okData("creategroup tim", { token: owner });
    await there.okData(`joingroup tim@${realm}`, { token: member });
    for (let n = 1; n <= 3; n++) {
      await home.okData(`sendgroup tim dari rumah ${n}`, { token: owner });
      await there.okData(`sendgroup tim@${realm} dari jauh ${n}`, { token: member });
    }
    const expected = await home.messageTexts(owner, "inboxgroup tim");
    expect(expected).toHaveLength(6);
    expect(await there.messageTexts(member, `inboxgroup tim@${realm}`)).toEqual(expected);
  }
});

test.for([
  ["on workerd", surabaya, jakarta, "ani@jakarta"],
  ["on Node", jakarta, surabaya, "budi@surabaya"],
] as const)("a message to a realm %s that was killed arrives once after its restart", async ([, from, to, address]) => {
  const [token, reader] = from === surabaya ? [budi, ani] : [ani, budi];
  await to.server.kill();
  const reply = await from.server.command(`sendprivate key=mati ${address} untuk nanti`, { token });
  expect(reply.headers["delivery-state"]).toBe("queued");
  await to.server.start();
  await expect.poll(() => from.sentStatus(token, "mati"), { timeout: 30_000 }).toMatchObject({ state: "delivered" });
  const texts = await to.messageTexts(reader);
  expect(texts.filter((text) => text === "untuk nanti")).toHaveLength(1);
});
