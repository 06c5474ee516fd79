import { type CheckCase, casesOf } from "../check-case.ts";
import { expectEqual, expectThat } from "../expectations.ts";

/** What the seven commands of the first protocol promise. Another implementation may say nothing but `status` and `data`. */
export const seedCases: CheckCase[] = [
  ...casesOf("Reply", { level: "seed" }, [
    [
      "seed.unknown-command",
      "a line that starts with no command is answered with the exact text of the protocol",
      async (check) => {
        const reply = await check.command("halo apa kabar");
        expectThat(!reply.ok, "status ERROR");
        expectEqual(reply.data, "Maaf, command tidak benar", "data");
      },
    ],
    [
      "seed.terminator",
      "a reply is one JSON object with status and data, ended by CRLFCRLF, which occurs nowhere else in it",
      async (check) => {
        const { text } = await check.command("halo");
        expectThat(text.endsWith("\r\n\r\n"), "the terminator");
        expectEqual(text.indexOf("\r\n\r\n"), text.length - 4, "position of the terminator");
      },
    ],
  ]),
  ...casesOf("Commands", { level: "seed" }, [
    ["seed.register", "a new account can be registered and log in", async (check) => void (await check.budi)],
    [
      "seed.register.taken",
      "a name is registered once",
      async (check) =>
        expectThat(!(await check.command(`register ${(await check.budi).name} rahasia-lain`)).ok, "status ERROR"),
    ],
    [
      "seed.register.password-missing",
      "register without a password is an error",
      async (check) => expectThat(!(await check.command(`register ${check.newName()}`)).ok, "status ERROR"),
    ],
    [
      "seed.auth.wrong-password",
      "a wrong password is refused",
      async (check) =>
        expectThat(!(await check.command(`auth ${(await check.budi).name} bukan-ini`)).ok, "status ERROR"),
    ],
    [
      "seed.auth.unknown-account",
      "an unknown account is refused",
      async (check) =>
        expectThat(!(await check.command(`auth ${check.newName()} rahasia-apa-saja`)).ok, "status ERROR"),
    ],
    [
      "seed.login-needed",
      "inbox without a login is an error",
      async (check) => expectThat(!(await check.command("inbox")).ok, "status ERROR"),
    ],
    [
      "seed.sendprivate",
      "a private message is in the inbox of its recipient with sender and text",
      async (check) => {
        const [budi, ani] = [await check.budi, await check.ani];
        const text = `halo dari benih ${check.newName()}`;
        expectThat((await budi.command(`sendprivate ${ani.name} ${text}`)).ok, "the send is OK");
        const inbox = await ani.command("inbox");
        expectThat(inbox.ok, "inbox is OK");
        expectThat(contains(inbox.data, text), "the text is in the inbox");
        expectThat(contains(inbox.data, budi.name), "the sender is in the inbox");
        expectThat(!contains((await (await check.citra).command("inbox")).data, text), "it is in no other inbox");
      },
    ],
    [
      "seed.sendprivate.verbatim",
      "spaces inside a text and characters of all scripts are kept",
      async (check) => {
        const [budi, ani] = [await check.budi, await check.ani];
        const text = `dua  spasi, é € 😀 日本 ${check.newName()}`;
        expectThat((await budi.command(`sendprivate ${ani.name} ${text}`)).ok, "the send is OK");
        expectThat(contains((await ani.command("inbox")).data, text), "the text is in the inbox as it was sent");
      },
    ],
    [
      "seed.sendprivate.unknown-recipient",
      "a message to an unknown account is an error",
      async (check) =>
        expectThat(!(await (await check.budi).command(`sendprivate ${check.newName()} hai`)).ok, "status ERROR"),
    ],
    [
      "seed.sendprivate.text-missing",
      "sendprivate without a text is an error",
      async (check) =>
        expectThat(!(await (await check.budi).command(`sendprivate ${(await check.ani).name}`)).ok, "status ERROR"),
    ],
    [
      "seed.group",
      "a group can be created once, gets a message, and shows it to another account",
      async (check) => {
        const [budi, ani] = [await check.budi, await check.ani];
        const group = check.newName();
        const text = `halo group ${check.newName()}`;
        expectThat((await budi.command(`creategroup ${group}`)).ok, "creategroup is OK");
        expectThat(!(await ani.command(`creategroup ${group}`)).ok, "a second creategroup is an error");
        expectThat((await ani.command(`sendgroup ${group} ${text}`)).ok, "sendgroup is OK");
        const inbox = await budi.command(`inboxgroup ${group}`);
        expectThat(
          inbox.ok && contains(inbox.data, text) && contains(inbox.data, ani.name),
          "sender and text are in the group",
        );
      },
    ],
    [
      "seed.group.unknown",
      "a group that does not exist can be neither sent to nor read",
      async (check) => {
        const [budi, group] = [await check.budi, check.newName()];
        expectThat(!(await budi.command(`sendgroup ${group} hai`)).ok, "sendgroup is an error");
        expectThat(!(await budi.command(`inboxgroup ${group}`)).ok, "inboxgroup is an error");
      },
    ],
  ]),
];

/** Whether a text occurs in a string anywhere in the data, whatever its shape. */
function contains(data: unknown, text: string): boolean {
  if (typeof data === "string") return data.includes(text);
  if (typeof data !== "object" || data === null) return false;
  return Object.entries(data).some(([key, value]) => key.includes(text) || contains(value, text));
}
