import { limits } from "../../../limits.ts";
import { type CheckCase, casesOf } from "../check-case.ts";
import { expectEqual, expectError, expectThat, okData, okObject, okRows } from "../expectations.ts";

export const accountCases: CheckCase[] = [
  ...casesOf("auth", {}, [
    [
      "auth.data",
      "auth gives the token, the full address and the end of the session",
      async (check) => {
        const citra = await check.citra;
        const data = okObject(await check.command(`auth ${citra.name.toUpperCase()} ${citra.password}`));
        expectEqual(data.user, citra.address, "user");
        expectThat(/^rnh_/.test(String(data.token)), "the form of the token");
        expectThat(Date.parse(String(data.expires)) > Date.now(), "expires lies ahead");
      },
    ],
    [
      "error.too-many-attempts",
      "five wrong passwords in a row lock the logins of an account, and not its session",
      async (check) => {
        const korban = await check.member("korban");
        for (let attempt = 0; attempt < limits.wrongPasswordsBeforeThrottle; attempt++) {
          expectError(await check.command(`auth ${korban.name} salah-sekali`), "wrong-credentials");
        }
        const locked = await check.command(`auth ${korban.name} ${korban.password}`);
        expectError(locked, "too-many-attempts");
        expectThat((locked.retryAfterSeconds ?? 0) > 0, "Retry-After");
        okData(await korban.command("whoami"));
      },
    ],
  ]),
  ...casesOf("whoami", {}, [
    [
      "whoami.data",
      "whoami gives the account, its realm and the end of the session",
      async (check) => {
        const budi = await check.budi;
        const data = okObject(await budi.command("whoami"));
        expectEqual([data.user, data.user], [budi.address, `${budi.name}@${data.realm}`], "user and realm");
      },
    ],
  ]),
  ...casesOf("token new", { needs: ["http"] }, [
    [
      "token.scope",
      "a token may do what its scope says, and nothing that needs a session",
      async (check) => {
        const [pemberi, ani] = [await check.member("pemberi"), await check.ani];
        const made = okObject(await pemberi.command(`token new label=ci scope=send to=${ani.name}`));
        const ci = check.withToken(String(made.token));
        okData(await ci.command(`sendprivate ${ani.name} dari program`));
        expectError(await ci.command(`sendprivate ${pemberi.name} halo`), "out-of-scope");
        expectError(await ci.command("inbox"), "out-of-scope");
        expectError(await ci.command("token new label=lain"), "session-required");
        okData(await pemberi.command("token revoke ci"));
        expectError(await ci.command("whoami"), "session-ended");
        expectError(await pemberi.command("token revoke ci"), "no-such-token");
      },
    ],
    [
      "token.rows",
      "tokens lists each token by its label, without the token",
      async (check) => {
        const pengarsip = await check.member("pengarsip");
        okObject(await pengarsip.command("token new label=arsip scope=read expires=90d"));
        expectError(await pengarsip.command("token new label=arsip"), "label-taken");
        expectError(await pengarsip.command("token new scope=read"), "bad-token-options");
        const rows = okRows(await pengarsip.command("tokens"));
        expectEqual(
          rows.map(({ label, scope, to, used }) => [label, scope, to, used]),
          [["arsip", "read", null, null]],
          "rows",
        );
      },
    ],
  ]),
  ...casesOf("unregister", {}, [
    [
      "unregister.account",
      "an account removes itself, and its name cannot be registered again at once",
      async (check) => {
        const pergi = await check.member("pergi");
        expectError(await pergi.command("unregister salah-sekali"), "wrong-password");
        okData(await pergi.command(`unregister ${pergi.password}`));
        expectError(await pergi.command("whoami"), "session-ended");
        expectError(await check.command(`auth ${pergi.name} ${pergi.password}`), "wrong-credentials");
        expectError(await check.command(`register ${pergi.name} rahasia-baru`), "name-taken");
      },
    ],
  ]),
  ...casesOf("block", {}, [
    [
      "block.private",
      "a blocked sender is answered as before, and its messages do not arrive",
      async (check) => {
        const [penolak, pengirim] = [await check.member("penolak"), await check.member("pengirim")];
        okData(await penolak.command(`block ${pengirim.name}`));
        const sent = await pengirim.command(`sendprivate ${penolak.name} halo`);
        expectThat(sent.ok, "the send is answered OK");
        expectEqual(okRows(await penolak.command("inbox")), [], "inbox");
        expectError(await penolak.command("report 1"), "no-such-message");
        expectError(await penolak.command(`accept ${pengirim.name}`), "no-such-request");
        okData(await penolak.command(`unblock ${pengirim.name}`));
        expectError(await penolak.command(`unblock ${pengirim.name}`), "no-such-block");
      },
    ],
  ]),
  ...casesOf("register", {}, [
    [
      "register.code",
      "a code that is none registers nobody",
      async (check) => {
        const name = check.newName();
        expectError(await check.command(`register code=inv-salah ${name} rahasia-sekali`), "bad-code");
      },
    ],
  ]),
  ...casesOf("sessions", {}, [
    [
      "sessions.rows",
      "sessions lists the open sessions, and one of them is the current one",
      async (check) => {
        const anggota = await check.member("anggota");
        await check.logIn(anggota.name, anggota.password);
        const rows = okRows(await anggota.command("sessions"));
        expectEqual(
          rows.map(({ current }) => current),
          [true, false],
          "current",
        );
      },
    ],
  ]),
  ...casesOf("logout", {}, [
    [
      "logout.one",
      "logout ends its own session and no other",
      async (check) => {
        const anggota = await check.member("anggota");
        const other = await check.logIn(anggota.name, anggota.password);
        okData(await other.command("logout"));
        expectThat(!(await other.command("whoami")).ok, "the session has ended");
        okData(await anggota.command("whoami"));
      },
    ],
    [
      "logout.all",
      "logout all=yes ends every session of the account",
      async (check) => {
        const keluar = await check.member("keluar");
        const other = await check.logIn(keluar.name, keluar.password);
        okData(await keluar.command("logout all=yes"));
        for (const session of [keluar, other])
          expectThat(!(await session.command("whoami")).ok, "the session has ended");
      },
    ],
  ]),
  ...casesOf("passwd", {}, [
    [
      "passwd.change",
      "a password change ends all other sessions, and the new password counts",
      async (check) => {
        const ganti = await check.member("ganti");
        const other = await check.logIn(ganti.name, ganti.password);
        okData(await ganti.command(`passwd ${ganti.password} rahasia=baru`));
        okData(await ganti.command("whoami"));
        expectError(await other.command("whoami"), "session-ended");
        expectError(await check.command(`auth ${ganti.name} ${ganti.password}`), "wrong-credentials");
        okData(await check.command(`auth ${ganti.name} rahasia=baru`));
      },
    ],
  ]),
  ...casesOf("realms", {}, [
    ["realms.rows", "realms is a list", async (check) => void okRows(await (await check.budi).command("realms"))],
  ]),
];
