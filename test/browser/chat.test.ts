import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { useServer } from "../support/test-server.ts";
import {
  conversationLink,
  evaluate,
  expectMessages,
  expectStates,
  register,
  sendMessage,
  startConversation,
  useBrowser,
} from "./browser-session.ts";

// No server listens on that port, so messages to bandung stay queued.
const server = useServer({ PEERS: JSON.stringify({ bandung: "http://127.0.0.1:9" }), LOCAL_PEERS: "yes", SHARDS: 1 });
const { open } = useBrowser();

/** The page of a new account that is logged in. */
async function openFor(name: string, realm = "surabaya", route = "") {
  const [token = ""] = await server.seedAccounts([name], realm);
  return { token, page: await open(server.url, { name, realm, token, route }) };
}

test("two users of two realms register and sendRequest messages live", async () => {
  const [budi, ani] = await Promise.all([open(server.url), open(server.url, { realm: "jakarta" })]);
  await expect.poll(() => ani.locator(".card .chip").textContent()).toBe("Realm jakarta");
  await Promise.all([register(budi, "budi"), register(ani, "ani")]);

  await startConversation(budi, "ani@jakarta");
  await sendMessage(budi, "halo dari Surabaya");
  await expectStates(budi, "delivered", 1);

  await expect
    .poll(() => conversationLink(ani, "private/budi@surabaya").locator(".badge").textContent())
    .toContain("1");
  expect(await ani.title()).toBe("(1) Ranah");
  await conversationLink(ani, "private/budi@surabaya").click();
  await expectMessages(ani, ["halo dari Surabaya"]);
  await expect.poll(() => ani.title()).toBe("Ranah");

  await sendMessage(ani, "halo juga");
  await expectMessages(budi, ["halo dari Surabaya", "halo juga"]);
  expect(await budi.locator("[role=status][data-announced]").textContent()).toBe(
    "Pesan baru dari ani@jakarta: halo juga",
  );
  await sendMessage(budi, "dua\nbaris");
  await expectMessages(ani, ["halo dari Surabaya", "halo juga", "dua\nbaris"]);

  await budi.reload();
  await expectMessages(budi, ["halo dari Surabaya", "halo juga", "dua\nbaris"]);
});

let runs = 0;
test("an own message shows delivered, queued, or failed with a reason, and can be retried or discarded", async () => {
  // A retry of this test needs a name that is not registered yet.
  const run = ++runs;
  const { page } = await openFor(`edi${run}`);
  await server.seedAccounts([`tini${run}`]);
  await startConversation(page, `tini${run}`);
  await sendMessage(page, "sampai");
  await expectStates(page, "delivered", 1);

  await startConversation(page, "ujang@bandung");
  await sendMessage(page, "nanti");
  await expectStates(page, "queued", 1);

  await startConversation(page, `hantu${run}`);
  await sendMessage(page, "ada orang?");
  await expectStates(page, "failed", 1);
  expect(await page.locator(".delivery-note").textContent()).toContain("gagal: pengguna tidak ada");
  await server.seedAccounts([`hantu${run}`]);
  await page.getByRole("button", { name: "Coba lagi" }).click();
  await expectStates(page, "delivered", 1);

  await startConversation(page, "ani@tak.dikenal");
  await sendMessage(page, "ke mana?");
  await expectStates(page, "failed", 1);
  expect(await page.locator(".delivery-note").textContent()).toContain("gagal: realm tidak dikenal");
  await page.getByRole("button", { name: "Hapus" }).click();
  await expectMessages(page, []);
});

test("the composer switches to a chosen conversation at once, so no text goes to the previous one", async () => {
  const { page, token } = await openFor("wati");
  await server.seedAccounts(["sari", "tono"]);
  await server.command("sendprivate sari halo", { token });
  await startConversation(page, "sari");
  await Promise.all([page.locator(".composer").waitFor(), conversationLink(page, "private/sari@surabaya").waitFor()]);
  /** The label of the composer in the same task as a click. */
  const labelAfterClick = (clicked: string) =>
    evaluate<string>(
      page,
      `(async () => {
        document.querySelector(${JSON.stringify(clicked)}).click();
        await null;
        return document.querySelector(".composer textarea").ariaLabel;
      })()`,
    );
  await page.getByRole("button", { name: "Percakapan baru" }).click();
  await page.getByLabel("Nama, atau nama@realm").fill("tono");
  expect(await labelAfterClick("dialog [type=submit]")).toBe("Pesan untuk tono@surabaya");
  expect(await labelAfterClick(`[data-conversation="private/sari@surabaya"]`)).toBe("Pesan untuk sari@surabaya");
});

test("a private group: create, invite, accept from another realm, sendRequest messages, remove a member, leave", async () => {
  const [{ page: owner }, { page: guest }] = await Promise.all([openFor("ketua"), openFor("tamu", "jakarta")]);
  await owner.getByRole("button", { name: "Percakapan baru" }).click();
  await owner.getByLabel("Buat group").check();
  await owner.getByLabel("Nama group").fill("panitia");
  await owner.getByLabel("Tertutup").check();
  await owner.getByRole("button", { name: "Buat", exact: true }).click();
  await owner.getByRole("button", { name: "Anggota" }).click();
  await owner.getByLabel("Undang siapa?").fill("tamu@jakarta");
  await owner.getByRole("button", { name: "Undang", exact: true }).click();
  await expect.poll(() => owner.locator(".members li").count()).toBe(2);
  await owner.keyboard.press("Escape");
  await sendMessage(owner, "selamat datang");
  await expectStates(owner, "delivered", 1);

  await conversationLink(guest, "group/panitia@surabaya").click();
  await guest.getByRole("button", { name: "Terima", exact: true }).click();
  await expectMessages(guest, ["selamat datang"]);
  await sendMessage(guest, "terima kasih");
  await expectMessages(owner, ["selamat datang", "terima kasih"]);
  await sendMessage(owner, "sama-sama");
  await expectMessages(guest, ["selamat datang", "terima kasih", "sama-sama"]);

  await owner.getByRole("button", { name: "Anggota" }).click();
  await owner.getByRole("button", { name: "Keluarkan tamu@jakarta", exact: true }).click();
  await expect.poll(() => conversationLink(guest, "group/panitia@surabaya").count()).toBe(0);
  await owner.getByRole("button", { name: "Tinggalkan group", exact: true }).click();
  await owner.getByRole("button", { name: "Yakin tinggalkan group?" }).click();
  await expect.poll(() => conversationLink(owner, "group/panitia@surabaya").count()).toBe(0);
});

test("an open group is joined by its name", async () => {
  const { page } = await openFor("joko");
  const { token } = await openFor("pemilik");
  await server.command("creategroup warung", { token });
  await server.command("sendgroup warung buka jam 8", { token });
  await page.getByRole("button", { name: "Percakapan baru" }).click();
  await page.getByLabel("Gabung group").check();
  await page.getByLabel("Nama, atau nama@realm").fill("warung");
  await page.getByRole("button", { name: "Gabung", exact: true }).click();
  await expectMessages(page, ["buka jam 8"]);
  for (const text of ["satu", "satu", "dua"]) await sendMessage(page, text);
  await expectMessages(page, ["buka jam 8", "satu", "satu", "dua"]);
  await expectStates(page, "delivered", 3);
});

test("two devices of one account show the same sent messages and unread counts", async () => {
  const { page: first, token } = await openFor("dewi");
  const second = await open(server.url, { name: "dewi", token });
  const [other] = await server.seedAccounts(["rudi"]);
  await server.command("sendprivate dewi apa kabar?", { token: other });
  for (const page of [first, second]) {
    await expect.poll(() => conversationLink(page, "private/rudi@surabaya").locator(".badge").count()).toBe(1);
  }
  await conversationLink(first, "private/rudi@surabaya").click();
  await sendMessage(first, "baik");
  await expect.poll(() => conversationLink(second, "private/rudi@surabaya").locator(".badge").count()).toBe(0);
  await conversationLink(second, "private/rudi@surabaya").click();
  await expectMessages(second, ["apa kabar?", "baik"]);
});

test("a copied curl command sends the message of the composer", async () => {
  const { page, token } = await openFor("kiki");
  await server.seedAccounts(["nina"]);
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await startConversation(page, "nina");
  const text = `it's "so" $HOME \`id\` \\n\nbaris dua`;
  await page.locator(".composer textarea").fill(text);
  await page.getByRole("button", { name: "Salin sebagai curl: Kirim" }).click();
  await expect.poll(() => page.locator(".toast p").textContent()).toBe("Disalin");
  const command = await evaluate<string>(page, "navigator.clipboard.readText()");
  expect(command).toContain("sendprivate nina@surabaya ");
  await promisify(execFile)("sh", ["-c", command], { env: { ...process.env, TOKEN: token } });
  await expectMessages(page, [text]);
});

test("the login page appears after the server ends the session, and after a logout", async () => {
  const { page, token } = await openFor("lina");
  await page.getByText("Belum ada percakapan").waitFor();
  await server.command("logout all=yes", { token });
  await page.getByText("Sesi berakhir. Silakan masuk lagi.").waitFor();
  expect(await evaluate(page, `sessionStorage.getItem("ranah-session")`)).toBeNull();

  const { page: other, token: second } = await openFor("maya");
  await other.getByRole("button", { name: "Pengaturan" }).click();
  await other.getByRole("button", { name: "Keluar", exact: true }).click();
  await other.getByLabel("Nama pengguna").waitFor();
  expect((await server.command("whoami", { token: second })).status).toBe(401);
});

test("a wrong password is reported in the chosen language, and language and theme can be changed", async () => {
  const page = await open(server.url);
  await page.getByLabel("Nama pengguna").fill("siapa");
  await page.getByLabel("Password").fill("salah-sekali");
  await page.getByRole("button", { name: "Masuk", exact: true }).click();
  await expect.poll(() => page.getByRole("alert").textContent()).toBe("nama atau password salah");
  await page.getByLabel("English").check();
  await page.getByRole("button", { name: "Log in", exact: true }).click();
  await expect.poll(() => page.getByRole("alert").textContent()).toBe("wrong name or password");
  const background = () => evaluate<string>(page, "getComputedStyle(document.body).backgroundColor");
  const before = await background();
  await page.getByLabel("Dark").check();
  await expect.poll(background).not.toBe(before);
  await page.reload();
  await page.getByRole("button", { name: "Log in", exact: true }).waitFor();
  await expect.poll(background).not.toBe(before);
});
