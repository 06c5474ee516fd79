import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { useServer } from "../support/realm.ts";
import { begin, entry, hasStates, inside, register, shows, useBrowser, write } from "./browser-session.ts";

// Nobody is at home at that port: what goes to bandung is queued.
const server = useServer({ PEERS: JSON.stringify({ bandung: "http://127.0.0.1:9" }), LOCAL_PEERS: "yes", SHARDS: 1 });
const { visit } = useBrowser();

/** A page of somebody who is logged in. */
async function at(name: string, realm = "surabaya", route = "") {
  const [token = ""] = await server.crowd([name], realm);
  return { token, page: await visit(server.url, { name, realm, token, route }) };
}

test("Two people in two browsers and two realms register, and chat live both ways.", async () => {
  const [budi, ani] = await Promise.all([visit(server.url), visit(server.url, { realm: "jakarta" })]);
  await expect.poll(() => ani.locator(".card .chip").textContent()).toBe("Realm jakarta");
  await Promise.all([register(budi, "budi"), register(ani, "ani")]);

  await begin(budi, "ani@jakarta");
  await write(budi, "halo dari Surabaya");
  await hasStates(budi, "delivered", 1);

  await expect.poll(() => entry(ani, "private/budi@surabaya").locator(".badge").textContent()).toContain("1");
  expect(await ani.title()).toBe("(1) Ranah");
  await entry(ani, "private/budi@surabaya").click();
  await shows(ani, ["halo dari Surabaya"]);
  await expect.poll(() => ani.title()).toBe("Ranah");

  await write(ani, "halo juga");
  await shows(budi, ["halo dari Surabaya", "halo juga"]);
  expect(await budi.locator("[role=status][data-heard]").textContent()).toBe("Pesan baru dari ani@jakarta: halo juga");
  await write(budi, "dua\nbaris");
  await shows(ani, ["halo dari Surabaya", "halo juga", "dua\nbaris"]);

  await budi.reload();
  await shows(budi, ["halo dari Surabaya", "halo juga", "dua\nbaris"]);
});

let times = 0;
test("An own message says what became of it: delivered, queued, or failed with the reason and another try.", async () => {
  // Names of its own each time: whoever was nobody the first time is somebody the second.
  const time = ++times;
  const { page } = await at(`edi${time}`);
  await server.crowd([`tini${time}`]);
  await begin(page, `tini${time}`);
  await write(page, "sampai");
  await hasStates(page, "delivered", 1);

  await begin(page, "ujang@bandung");
  await write(page, "nanti");
  await hasStates(page, "queued", 1);

  await begin(page, `hantu${time}`);
  await write(page, "ada orang?");
  await hasStates(page, "failed", 1);
  expect(await page.locator(".fate").textContent()).toContain("gagal: pengguna tidak ada");
  await server.crowd([`hantu${time}`]);
  await page.getByRole("button", { name: "Coba lagi" }).click();
  await hasStates(page, "delivered", 1);

  await begin(page, "ani@tak.dikenal");
  await write(page, "ke mana?");
  await hasStates(page, "failed", 1);
  expect(await page.locator(".fate").textContent()).toContain("gagal: realm tidak dikenal");
  await page.getByRole("button", { name: "Hapus" }).click();
  await shows(page, []);
});

test("A conversation that was chosen stands there at once: nothing that is written can go to the one before.", async () => {
  const { page, token } = await at("wati");
  await server.crowd(["sari", "tono"]);
  await server.command("sendprivate sari halo", { token });
  await begin(page, "sari");
  await Promise.all([page.locator(".composer").waitFor(), entry(page, "private/sari@surabaya").waitFor()]);
  /** Who is written to in the very turn in which something was clicked. */
  const after = (clicked: string) =>
    inside<string>(
      page,
      `(async () => {
        document.querySelector(${JSON.stringify(clicked)}).click();
        await null;
        return document.querySelector(".composer textarea").ariaLabel;
      })()`,
    );
  await page.getByRole("button", { name: "Percakapan baru" }).click();
  await page.getByLabel("Nama, atau nama@realm").fill("tono");
  expect(await after("dialog [type=submit]")).toBe("Pesan untuk tono@surabaya");
  expect(await after(`[data-conversation="private/sari@surabaya"]`)).toBe("Pesan untuk sari@surabaya");
});

test("A private group: made, invited to, accepted from another realm, talked in, and left without one who was removed.", async () => {
  const [{ page: owner }, { page: guest }] = await Promise.all([at("ketua"), at("tamu", "jakarta")]);
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
  await write(owner, "selamat datang");
  await hasStates(owner, "delivered", 1);

  await entry(guest, "group/panitia@surabaya").click();
  await guest.getByRole("button", { name: "Terima", exact: true }).click();
  await shows(guest, ["selamat datang"]);
  await write(guest, "terima kasih");
  await shows(owner, ["selamat datang", "terima kasih"]);
  await write(owner, "sama-sama");
  await shows(guest, ["selamat datang", "terima kasih", "sama-sama"]);

  await owner.getByRole("button", { name: "Anggota" }).click();
  await owner.getByRole("button", { name: "Keluarkan tamu@jakarta", exact: true }).click();
  await expect.poll(() => entry(guest, "group/panitia@surabaya").count()).toBe(0);
  await owner.getByRole("button", { name: "Tinggalkan group", exact: true }).click();
  await owner.getByRole("button", { name: "Yakin tinggalkan group?" }).click();
  await expect.poll(() => entry(owner, "group/panitia@surabaya").count()).toBe(0);
});

test("An open group is joined by its name.", async () => {
  const { page } = await at("joko");
  const { token } = await at("pemilik");
  await server.command("creategroup warung", { token });
  await server.command("sendgroup warung buka jam 8", { token });
  await page.getByRole("button", { name: "Percakapan baru" }).click();
  await page.getByLabel("Gabung group").check();
  await page.getByLabel("Nama, atau nama@realm").fill("warung");
  await page.getByRole("button", { name: "Gabung", exact: true }).click();
  await shows(page, ["buka jam 8"]);
  for (const text of ["satu", "satu", "dua"]) await write(page, text);
  await shows(page, ["buka jam 8", "satu", "satu", "dua"]);
  await hasStates(page, "delivered", 3);
});

test("Two devices of one account agree on what was sent and read.", async () => {
  const { page: first, token } = await at("dewi");
  const second = await visit(server.url, { name: "dewi", token });
  const [other] = await server.crowd(["rudi"]);
  await server.command("sendprivate dewi apa kabar?", { token: other });
  for (const page of [first, second]) {
    await expect.poll(() => entry(page, "private/rudi@surabaya").locator(".badge").count()).toBe(1);
  }
  await entry(first, "private/rudi@surabaya").click();
  await write(first, "baik");
  await expect.poll(() => entry(second, "private/rudi@surabaya").locator(".badge").count()).toBe(0);
  await entry(second, "private/rudi@surabaya").click();
  await shows(second, ["apa kabar?", "baik"]);
});

test("A copied curl line does in a shell what the page does.", async () => {
  const { page, token } = await at("kiki");
  await server.crowd(["nina"]);
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await begin(page, "nina");
  const text = `it's "so" $HOME \`id\` \\n\nbaris dua`;
  await page.locator(".composer textarea").fill(text);
  await page.getByRole("button", { name: "Salin sebagai curl: Kirim" }).click();
  await expect.poll(() => page.locator(".toast p").textContent()).toBe("Disalin");
  const line = await inside<string>(page, "navigator.clipboard.readText()");
  expect(line).toContain("sendprivate nina@surabaya ");
  await promisify(execFile)("sh", ["-c", line], { env: { ...process.env, TOKEN: token } });
  await shows(page, [text]);
});

test("A session that ends elsewhere leads back to the way in, and so does logging out.", async () => {
  const { page, token } = await at("lina");
  await page.getByText("Belum ada percakapan").waitFor();
  await server.command("logout all=yes", { token });
  await page.getByText("Sesi berakhir. Silakan masuk lagi.").waitFor();
  expect(await inside(page, `sessionStorage.getItem("ranah-session")`)).toBeNull();

  const { page: other, token: second } = await at("maya");
  await other.getByRole("button", { name: "Pengaturan" }).click();
  await other.getByRole("button", { name: "Keluar", exact: true }).click();
  await other.getByLabel("Nama pengguna").waitFor();
  expect((await server.command("whoami", { token: second })).status).toBe(401);
});

test("A wrong password is answered in the language of the page, which can be changed, as can its colours.", async () => {
  const page = await visit(server.url);
  await page.getByLabel("Nama pengguna").fill("siapa");
  await page.getByLabel("Password").fill("salah-sekali");
  await page.getByRole("button", { name: "Masuk", exact: true }).click();
  await expect.poll(() => page.getByRole("alert").textContent()).toBe("nama atau password salah");
  await page.getByLabel("English").check();
  await page.getByRole("button", { name: "Log in", exact: true }).click();
  await expect.poll(() => page.getByRole("alert").textContent()).toBe("wrong name or password");
  const ground = () => inside<string>(page, "getComputedStyle(document.body).backgroundColor");
  const before = await ground();
  await page.getByLabel("Dark").check();
  await expect.poll(ground).not.toBe(before);
  await page.reload();
  await page.getByRole("button", { name: "Log in", exact: true }).waitFor();
  await expect.poll(ground).not.toBe(before);
});
