import { describe, expect, test } from "vitest";
import { sqlEverywhere } from "../support/all-shards.ts";
import { type Refusal, testRefusals } from "../support/error-cases.ts";
import { useServer } from "../support/realm.ts";

// Lines that are no command at all: they are refused before anybody asks who sends them.
const server = useServer();

type Row = [what: string, line: string];
type Texts = Pick<Refusal, "code" | "id" | "en">;
const refused = (texts: Texts, rows: Row[]): Refusal[] =>
  rows.map(([what, line]) => ({ what, line, status: 400, ...texts }));
const usage = (id: string, en: string): Texts => ({ code: "usage", id: `Pemakaian: ${id}`, en: `Usage: ${en}` });

describe("Words that are no command", () => {
  const texts = { code: "unknown-command", id: "Maaf, command tidak benar", en: "Sorry, unknown command" };
  testRefusals(
    server,
    refused(texts, [
      ["An empty body", ""],
      ["A body of only spaces", "     "],
      ["A body of only a line end", "\r\n"],
      ["A body of two line ends", "\n\n"],
      ["A NUL alone", "\0"],
      ["A command that doesn't exist", "kirim ani halo"],
      ["A command with a space before it", " inbox"],
      ["A command with a tab behind it", "inbox\tafter=1"],
      ["A command with a byte order mark before it", "\u{feff}inbox"],
      ["A command with a second line", "inbox\ninbox"],
      ["A command in Unicode look-alikes", "\u0131nbox"],
      ["A command in full-width letters", "ｉｎｂｏｘ"],
      ["The name of an object's constructor", "constructor"],
      ["The name of an object's prototype", "__proto__ a b"],
      ["The name of a method of every object", "hasOwnProperty"],
      ["A command of 60,000 letters", "a".repeat(60_000)],
      ["Help on a command that doesn't exist", "help kirim"],
      ["Help on an object's prototype", "help __proto__"],
      ["JSON in place of a line", '{"command":"inbox"}'],
    ]),
  );
});

describe("Parameters that are missing or too many", () => {
  const register = usage("register [nama pengguna] [password]", "register [user name] [password]");
  const auth = usage("auth [nama pengguna] [password]", "auth [user name] [password]");
  const creategroup = usage(
    "creategroup {mode=open|private} [nama group]",
    "creategroup {mode=open|private} [group name]",
  );
  const sendprivate = usage("sendprivate {key=KUNCI} [tujuan] [pesan]", "sendprivate {key=KEY} [recipient] [message]");
  const sendgroup = usage("sendgroup {key=KUNCI} [nama group] [pesan]", "sendgroup {key=KEY} [group name] [message]");
  const page = "{after=ID} {before=ID} {limit=N} {last=N}";
  const inbox = usage(`inbox ${page} {wait=DETIK}`, `inbox ${page} {wait=SECONDS}`);
  const inboxgroup = usage(
    `inboxgroup ${page} {wait=DETIK} [nama group]`,
    `inboxgroup ${page} {wait=SECONDS} [group name]`,
  );
  testRefusals(server, [
    ...refused(register, [
      ["A registration without anything", "register"],
      ["A registration without a password", "register budi"],
      ["A registration with an empty password", "register budi "],
      ["A registration with two spaces", "register  rahasia-sekali"],
      ["A registration with three parameters", "register budi rahasia sekali"],
      ["A registration with a trailing space", "register budi rahasia-sekali "],
      ["A registration of a name with a space", "register budi santoso rahasia-sekali"],
    ]),
    ...refused(auth, [
      ["A login without anything", "auth"],
      ["A login without a password", "auth budi"],
      ["A login with three parameters", "auth budi rahasia sekali"],
    ]),
    ...refused(sendprivate, [
      ["A message without recipient", "sendprivate"],
      ["A message without text", "sendprivate ani"],
      ["A message with two spaces before its recipient", "sendprivate  ani halo"],
    ]),
    ...refused(sendgroup, [["A group message without text", "sendgroup key=a tim"]]),
    ...refused(creategroup, [
      ["A group without a name", "creategroup"],
      ["A group with two names", "creategroup tim dua"],
      ["An option behind the parameters", "creategroup tim mode=open"],
    ]),
    ...refused(inbox, [
      ["An inbox with a parameter", "inbox semua"],
      ["An inbox with a trailing space", "inbox after=1 "],
    ]),
    ...refused(inboxgroup, [
      ["A group's inbox without group", "inboxgroup after=1"],
      ["A group's inbox with two groups", "inboxgroup tim dua"],
    ]),
    ...refused(usage("whoami", "whoami"), [["A question with a surplus parameter", "whoami saya"]]),
    ...refused(usage("sessions", "sessions"), [["A list with a surplus parameter", "sessions saya"]]),
    ...refused(usage("help [command]", "help [command]"), [["Help on two commands", "help inbox auth"]]),
    ...refused(usage("logout {all=yes}", "logout {all=yes}"), [["A logout with a parameter", "logout semua"]]),
    ...refused(usage("passwd [password lama] [password baru]", "passwd [old password] [new password]"), [
      ["A new password without the old one", "passwd rahasia-sekali"],
      ["A new password with a space", "passwd rahasia-lama rahasia baru"],
    ]),
  ]);
});

describe("Names, addresses and passwords", () => {
  const name = (id: string, en: string): Texts => ({
    code: "bad-name",
    id: `Nama tidak sah: ${id} harus 1 sampai 32 karakter a-z 0-9 . _ -, diawali huruf atau angka`,
    en: `Bad name: ${en} must be 1 to 32 characters of a-z 0-9 . _ -, starting with a letter or digit`,
  });
  const address = (id: string, en: string): Texts => ({
    code: "bad-address",
    id: `Alamat tidak sah: ${id} harus nama atau nama@realm`,
    en: `Bad address: ${en} must be name or name@realm`,
  });
  const password = {
    code: "bad-password",
    id: "Password harus 8 sampai 128 byte",
    en: "A password must have 8 to 128 bytes",
  };
  const reserved = (word: string): Texts => ({
    code: "reserved-name",
    id: `Nama ${word} dipakai oleh sistem`,
    en: `The name ${word} belongs to the system`,
  });
  testRefusals(server, [
    ...refused(name("nama pengguna", "user name"), [
      ["A user name of 33 characters", `register ${"a".repeat(33)} rahasia-sekali`],
      ["A user name with a realm", "register budi@surabaya rahasia-sekali"],
      ["A user name with an accent", "register búdi rahasia-sekali"],
      ["A user name with the Kelvin sign", "register \u212aadek rahasia-sekali"],
      ["A user name of an emoji", "register 🙂 rahasia-sekali"],
      ["A user name with a NUL", "register bu\0di rahasia-sekali"],
      ["A user name with a line end", "register bu\ndi rahasia-sekali"],
      ["A user name of two dots", "register .. rahasia-sekali"],
      ["A user name that climbs a path", "register ../budi rahasia-sekali"],
      ["A user name of a prototype", "register __proto__ rahasia-sekali"],
      ["A user name with a quote", "register budi' rahasia-sekali"],
      ["A user name with a LIKE pattern", "register bu% rahasia-sekali"],
      ["A login with a name of 33 characters", `auth ${"a".repeat(33)} x`],
      ["A login with a name of a prototype", "auth __proto__ x"],
    ]),
    ...refused(name("nama group", "group name"), [
      ["A group name of 33 characters", `creategroup ${"a".repeat(33)}`],
      ["A group name with a realm", "creategroup tim@surabaya"],
      ["A group name of two dots", "creategroup .."],
      ["A group name of a prototype", "creategroup __proto__"],
      ["A group name with an accent", "creategroup tím"],
    ]),
    ...refused(address("tujuan", "recipient"), [
      ["A recipient of 33 characters", `sendprivate ${"a".repeat(33)} halo`],
      ["A recipient of a prototype", "sendprivate __proto__ halo"],
      ["A recipient of two dots", "sendprivate .. halo"],
      ["A recipient with an empty realm", "sendprivate ani@ halo"],
      ["A recipient without a name", "sendprivate @jakarta halo"],
      ["A recipient with two realms", "sendprivate ani@jakarta@bandung halo"],
      ["A recipient in a realm of a prototype", "sendprivate ani@__proto__ halo"],
      ["A recipient in a realm of two dots", "sendprivate ani@.. halo"],
      ["A recipient in a realm with a path", "sendprivate ani@jakarta/0 halo"],
      ["A recipient in a realm with a port", "sendprivate ani@jakarta:80 halo"],
      ["A recipient in a realm of 254 characters", `sendprivate ani@${"a.".repeat(126)}aa halo`],
      ["A recipient with an accent", "sendprivate áni halo"],
    ]),
    ...refused(address("nama group", "group name"), [
      ["A group address of a prototype", "inboxgroup __proto__"],
      ["A group address with an empty realm", "sendgroup tim@ halo"],
    ]),
    ...refused(password, [
      ["A password of 7 bytes", "register budi 1234567"],
      ["A password of 129 bytes", `register budi ${"a".repeat(129)}`],
      ["A password of 43 characters that are 129 bytes", `register budi ${"€".repeat(43)}`],
      ["A password with a line end", "register budi rahasia\nsekali"],
      ["A new password of 7 bytes", "passwd rahasia-lama 1234567"],
    ]),
    ...refused(reserved("sistem"), [["The name of the system", "register sistem rahasia-sekali"]]),
    ...refused(reserved("admin"), [["A name that could pass for the operator", "register Admin rahasia-sekali"]]),
  ]);
});

describe("Options", () => {
  const repeated = (option: string): Texts => ({
    code: "repeated-option",
    id: `Opsi ${option} diulang`,
    en: `Option ${option} is repeated`,
  });
  const unknown = (option: string, id: string, en: string): Texts => ({
    code: "unknown-option",
    id: `Opsi ${option} tidak dikenal. Pemakaian: ${id}`,
    en: `Unknown option ${option}. Usage: ${en}`,
  });
  const bad = (option: string, id: string, en: string): Texts => ({
    code: "bad-option",
    id: `Nilai opsi ${option} harus ${id}`,
    en: `The value of option ${option} must be ${en}`,
  });
  const whole = (option: string) => bad(option, "bilangan bulat dari 0", "a whole number from 0");
  const rows = (option: string) => bad(option, "bilangan bulat 1 sampai 10000", "a whole number from 1 to 10000");
  const key = bad(
    "key",
    "1 sampai 64 karakter ASCII tanpa spasi dan =",
    "1 to 64 ASCII characters without spaces and =",
  );
  const whoami = (option: string) => unknown(option, "whoami", "whoami");
  testRefusals(server, [
    ...refused(whoami("after=1"), [["An option of another command", "whoami after=1"]]),
    ...refused(whoami("__proto__=1"), [["An option named as a prototype", "whoami __proto__=1"]]),
    ...refused(whoami("constructor=1"), [["An option named as a constructor", "whoami constructor=1"]]),
    ...refused(whoami("AFTER=1"), [["An option that names no option", "whoami AFTER=1"]]),
    ...refused(whoami("=1"), [["An option without a name", "whoami =1"]]),
    ...refused(whoami(`${"o".repeat(40)}…`), [["An option of 60,000 letters", `whoami ${"o".repeat(60_000)}=1`]]),
    ...refused(
      unknown("wait=1", "sendgroup {key=KUNCI} [nama group] [pesan]", "sendgroup {key=KEY} [group name] [message]"),
      [["An option that sending doesn't have", "sendgroup wait=1 tim halo"]],
    ),
    ...refused(repeated("after"), [
      ["An option given twice", "inbox after=1 after=2"],
      ["An option given twice with the same value", "inbox after=1 limit=5 after=1"],
      ["An option given twice, once as zero", "inbox after=0 after=0"],
    ]),
    ...refused(repeated("key"), [["A key given twice", "sendprivate key=a key=a ani halo"]]),
    ...refused(whole("after"), [
      ["A cursor below zero", "inbox after=-1"],
      ["A cursor with a sign", "inbox after=+1"],
      ["A cursor that is no number", "inbox after=satu"],
      ["A cursor without a value", "inbox after="],
      ["A cursor with a fraction", "inbox after=1.5"],
      ["A cursor with an exponent", "inbox after=1e3"],
      ["A hexadecimal cursor", "inbox after=0x10"],
      ["A cursor in full-width digits", "inbox after=１"],
      ["A cursor that no number holds exactly", "inbox after=9007199254740993"],
      ["A cursor of a thousand digits", `inbox after=${"9".repeat(1000)}`],
      ["A cursor with a second value", "inbox after=1=1"],
    ]),
    ...refused(whole("before"), [["A bound below zero", "inboxgroup before=-1 tim"]]),
    ...refused(rows("limit"), [
      ["A page of no messages", "inbox limit=0"],
      ["A page of 10,001 messages", "inbox limit=10001"],
      ["A page of a number that is none", "inboxgroup limit=NaN tim"],
    ]),
    ...refused(rows("last"), [
      ["A tail of no messages", "inbox last=0"],
      ["A tail of 10,001 messages", "inboxgroup last=10001 tim"],
    ]),
    ...refused(bad("wait", "bilangan bulat 0 sampai 25", "a whole number from 0 to 25"), [
      ["A wait of 26 seconds", "inbox wait=26"],
      ["A wait of a fraction", "inbox wait=0.5"],
      ["An endless wait", "inboxgroup wait=Infinity tim"],
    ]),
    ...refused(bad("all", "yes", "yes"), [["A logout from everywhere that says no", "logout all=no"]]),
    ...refused(key, [
      ["An empty key", "sendprivate key= ani halo"],
      ["A key of 65 characters", `sendgroup key=${"k".repeat(65)} tim halo`],
      ["A key with an equals sign", "sendprivate key=a=b ani halo"],
      ["A key with an accent", "sendprivate key=kúnci ani halo"],
      ["A key with a NUL", "sendprivate key=a\0b ani halo"],
    ]),
    ...refused(
      {
        code: "conflicting-options",
        id: "Opsi limit dan last tidak bisa dipakai bersama",
        en: "Options limit and last cannot be used together",
      },
      [
        ["A page that is first and last", "inbox limit=1 last=1"],
        ["A group's page that is last and first", "inboxgroup last=1 limit=1 tim"],
      ],
    ),
    ...refused({ code: "empty-message", id: "Pesan kosong", en: "The message is empty" }, [
      ["An empty message", "sendprivate ani "],
      ["A message of only a line end", "sendprivate ani \r\n"],
      ["An empty group message", "sendgroup key=a tim "],
    ]),
  ]);
});

test("After all that, nothing is stored in any object.", async () => {
  for (const [realm, host] of [["surabaya"], ["jakarta", "jakarta.localhost"]] as const) {
    for (const table of ["logs", "accounts", "sessions", "groups", "messages", "sent"]) {
      const rows = await sqlEverywhere<{ n: number }>(server, `select count(*) n from ${table}`, realm, host);
      expect([table, rows.reduce((sum, { n }) => sum + n, 0)]).toEqual([table, 0]);
    }
  }
});
