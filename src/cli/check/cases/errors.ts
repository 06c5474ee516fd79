import type { ErrorCode } from "../../../protocol/error-texts.ts";
import { type CheckCase, casesOf } from "../check-case.ts";
import type { CheckRun } from "../check-run.ts";
import { expectEqual, expectError, expectThat } from "../expectations.ts";

type Line = string | Uint8Array | ((check: CheckRun) => string | Promise<string>);
type Row = [id: string, what: string, code: ErrorCode, line: Line];

/** Lines that need no session: the grammar is checked before the token. */
const malformed: readonly Row[] = [
  ["empty", "an empty line", "unknown-command", ""],
  ["blank", "a blank line", "unknown-command", " "],
  ["tab", "a tab behind the command", "unknown-command", "inbox\t1"],
  ["kelvin", "a command with the Kelvin sign", "unknown-command", "\u212Aick tim budi"],
  ["help-topic", "help of no command", "unknown-command", "help halo"],
  ["register-nothing", "register without parameters", "usage", "register"],
  ["register-three", "register with a third parameter", "usage", "register budi rahasia-sekali lagi"],
  ["auth-one", "auth without a password", "usage", "auth budi"],
  ["inbox-parameter", "inbox with a parameter", "usage", "inbox x"],
  ["double-space", "two spaces between parameters", "usage", "invite tim  ani"],
  ["trailing-space", "a space at the end", "usage", "members tim "],
  ["status-nothing", "status without a reference", "usage", "status"],
  ["status-equals", "a reference with an equals sign", "unknown-option", "status a=b"],
  ["read-id", "a read marker that is no number", "usage", "read tim x"],
  ["name-at", "a name with a realm in register", "bad-name", "register budi@jakarta rahasia-sekali"],
  ["name-long", "a name of 33 characters", "bad-name", `register ${"a".repeat(33)} rahasia-sekali`],
  ["name-dot", "a name that starts with a dot", "bad-name", "creategroup .tim"],
  ["address-at", "an address that ends with an at sign", "bad-address", "sendprivate ani@ hai"],
  ["address-label", "a realm with an underscore", "bad-address", "inboxgroup tim@ja_karta"],
  ["address-members", "a malformed address in members", "bad-address", "members a@b@c"],
  ["realm", "a malformed realm", "bad-realm", "retry ja_karta"],
  ["target", "a ban of an address", "bad-target", "ban budi@jakarta"],
  ["reserved-alike", "a name that looks like a reserved one", "reserved-name", "register s1stem rahasia-sekali"],
  ["reserved", "a reserved name", "reserved-name", "register sistem rahasia-sekali"],
  ["reserved-case", "a reserved name in capitals", "reserved-name", "register ADMIN rahasia-sekali"],
  ["password-short", "a password of 7 bytes", "bad-password", "register cek-salah 1234567"],
  ["password-long", "a password of 129 bytes", "bad-password", `register cek-salah ${"x".repeat(129)}`],
  ["message-empty", "a text of no character", "empty-message", "sendprivate ani "],
  ["option-unknown", "an unknown option", "unknown-option", "inbox from=1"],
  ["option-case", "an option in capitals", "unknown-option", "inbox After=1"],
  ["option-foreign", "an option of another command", "unknown-option", "sent wait=1"],
  ["option-as-address", "an equals sign in the first parameter", "unknown-option", "sendprivate ani=jakarta hai"],
  ["option-repeated", "an option twice", "repeated-option", "inbox after=1 after=2"],
  ["option-wait", "a wait of 26 seconds", "bad-option", "inbox wait=26"],
  ["option-limit-zero", "a limit of 0", "bad-option", "inbox limit=0"],
  ["option-limit-big", "a limit above the maximum", "bad-option", "inbox limit=10001"],
  ["option-negative", "a negative id", "bad-option", "inbox after=-1"],
  ["option-unsafe", "an id above 2^53", "bad-option", "inbox after=9007199254740992"],
  ["option-mode", "an unknown mode", "bad-option", "creategroup mode=secret dewan"],
  ["option-kind", "an unknown kind", "bad-option", "read kind=both tim 1"],
  ["option-all", "another value of all", "bad-option", "logout all=no"],
  ["option-key-empty", "an empty key", "bad-option", "sendprivate key= ani hai"],
  ["option-key-equals", "a key with an equals sign", "bad-option", "sendprivate key=a=b ani hai"],
  ["option-key-long", "a key of 65 characters", "bad-option", `sendprivate key=${"k".repeat(65)} ani hai`],
  ["option-conflict", "limit together with last", "conflicting-options", "inbox limit=1 last=1"],
  ["order-option-first", "an unknown option before a bad address", "unknown-option", "inboxgroup x=1 tim@"],
  ["order-count-first", "a wrong number of parameters before a bad name", "usage", "register .x"],
  ["utf8", "bytes that are not UTF-8", "not-utf8", new Uint8Array([...Buffer.from("help "), 0xff, 0xfe])],
];

/** Lines of a session that the server understands and refuses. */
const refused: readonly Row[] = [
  [
    "user",
    "a message to an account that does not exist",
    "no-such-user",
    (check) => `sendprivate ${check.newName()} hai`,
  ],
  [
    "user-invite",
    "an invitation of an account that does not exist",
    "no-such-user",
    async (check) => `invite ${await groupOf(check)} ${check.newName()}`,
  ],
  [
    "group-send",
    "a message to a group that does not exist",
    "no-such-group",
    (check) => `sendgroup ${check.newName()} hai`,
  ],
  ["group-read", "reading a group that does not exist", "no-such-group", (check) => `inboxgroup ${check.newName()}`],
  [
    "group-members",
    "the members of a group that does not exist",
    "no-such-group",
    (check) => `members ${check.newName()}`,
  ],
  ["group-join", "joining a group that does not exist", "no-such-group", (check) => `joingroup ${check.newName()}`],
  ["group-leave", "leaving a group that does not exist", "no-such-group", (check) => `leavegroup ${check.newName()}`],
  [
    "group-marker",
    "a read marker of a group that does not exist",
    "no-such-group",
    (check) => `read kind=group ${check.newName()} 1`,
  ],
  [
    "conversation",
    "a read marker of no conversation",
    "no-such-conversation",
    (check) => `read kind=private ${check.newName()} 1`,
  ],
  ["message-id", "the state of a message never sent", "no-such-message", "status 999999999"],
  ["message-key", "the state of a key never used", "no-such-message", (check) => `status ${check.newName()}`],
  ["realm-send", "a message to an unknown realm", "no-such-realm", "sendprivate ani@realm-yang-tidak-ada hai"],
  ["realm-group", "a group of an unknown realm", "no-such-realm", "inboxgroup tim@realm-yang-tidak-ada"],
  ["realm-join", "joining a group of an unknown realm", "no-such-realm", "joingroup tim@realm-yang-tidak-ada"],
  [
    "member-kick",
    "removing an account that is not in the group",
    "no-such-member",
    async (check) => `kick ${await groupOf(check)} ${check.newName()}`,
  ],
  [
    "name-taken",
    "registering a name again",
    "name-taken",
    async (check) => `register ${(await check.budi).name} rahasia-lain`,
  ],
  ["group-exists", "creating a group again", "group-exists", async (check) => `creategroup ${await groupOf(check)}`],
  [
    "old-password",
    "a password change with a wrong old password",
    "wrong-old-password",
    "passwd bukan-password-lama rahasia-baru",
  ],
  ["operator-retry", "retry with the token of a session", "operator-only", "retry jakarta"],
  ["operator-test", "peertest with the token of a session", "operator-only", "peertest jakarta"],
  ["operator-key", "rotatekey with the token of a session", "operator-only", "rotatekey"],
];

/** Every command of a session, once, without one. */
const withoutSession = [
  ...[
    "sendprivate ani hai",
    "inbox",
    "creategroup tim",
    "sendgroup tim hai",
    "inboxgroup tim",
    "sent",
    "status 1",
    "threads",
    "thread ani",
  ],
  ...[
    "read tim 1",
    "joingroup tim",
    "leavegroup tim",
    "groups",
    "members tim",
    "invite tim ani",
    "kick tim ani",
    "whoami",
    "sessions",
  ],
  ...["passwd rahasia-lama rahasia-baru", "logout", "realms"],
];

export const errorCases: CheckCase[] = [
  ...casesOf(
    "Grammar",
    {},
    malformed.map(([id, what, code, line]) => [
      `error.${code}.${id}`,
      `${what} is answered ${code}`,
      async (check) => {
        const text = typeof line === "function" ? await line(check) : line;
        expectError(await check.command(text), code);
        if (!check.isTcp) expectError(await check.command(text, "en"), code, "en");
      },
    ]),
  ),
  ...casesOf(
    "Errors",
    {},
    refused.map(([id, what, code, line]) => [
      `error.${code}.${id}`,
      `${what} is answered ${code}`,
      async (check) => {
        const budi = await check.budi;
        const text = typeof line === "function" ? await line(check) : line;
        expectError(await budi.command(text), code);
        if (!check.isTcp && code !== "wrong-old-password") expectError(await budi.command(text, "en"), code, "en");
      },
    ]),
  ),
  ...casesOf(
    "whoami",
    {},
    withoutSession.map((line) => [
      `error.token-missing.${line.split(" ", 1)[0]}`,
      `${line.split(" ", 1)[0]} without a session is answered token-missing`,
      async (check) => {
        expectError(await check.command(line), "token-missing");
      },
    ]),
  ),
  ...casesOf("whoami", { needs: ["http"] }, [
    [
      "error.token-malformed",
      "a bearer that has not the form of a token is answered token-malformed, with WWW-Authenticate",
      async (check) => {
        for (const authorization of ["Bearer rusak", "Basic YTpi", "Bearer"]) {
          const response = await check.http({
            path: "/command",
            method: "POST",
            body: "whoami",
            headers: { authorization },
          });
          expectEqual(response.status, 401, "HTTP status");
          expectThat(String(response.headers["www-authenticate"]).startsWith("Bearer"), "WWW-Authenticate: Bearer");
        }
      },
    ],
    [
      "error.session-ended",
      "a token that was never given out is answered session-ended",
      async (check) => {
        const budi = await check.budi;
        const token = `${budi.token.slice(0, -43)}${"A".repeat(43)}`;
        const reply = await check.connect().command("whoami", { token, timeoutMs: 10_000 });
        expectError(reply, "session-ended");
      },
    ],
  ]),
  ...casesOf("auth", {}, [
    [
      "error.wrong-credentials",
      "a wrong password and an unknown account are answered alike",
      async (check) => {
        expectError(await check.command(`auth ${(await check.citra).name} bukan-ini`), "wrong-credentials");
        expectError(await check.command(`auth ${check.newName()} bukan-ini`), "wrong-credentials");
      },
    ],
  ]),
  ...casesOf("Request", {}, [
    [
      "error.body-too-large",
      "a line of more than 64 KiB is answered body-too-large",
      async (check) => expectError(await check.command(`sendprivate ani ${"x".repeat(70_000)}`), "body-too-large"),
    ],
  ]),
];

/** A group of budi. */
async function groupOf(check: CheckRun): Promise<string> {
  const group = check.newName();
  const reply = await (await check.budi).command(`creategroup ${group}`);
  expectThat(reply.ok, "creategroup is OK");
  return group;
}
