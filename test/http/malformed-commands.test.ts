import { describe, expect, test } from "vitest";
import { queryAllShards } from "../support/all-shards.ts";
import { type ErrorCase, testErrorCases } from "../support/error-cases.ts";
import { useServer } from "../support/test-server.ts";

// Malformed commands. They are rejected before authentication.
const server = useServer();

type Row = [what: string, line: string];
type Texts = Pick<ErrorCase, "code" | "id" | "en">;
const refused = (texts: Texts, rows: Row[]): ErrorCase[] =>
  rows.map(([what, line]) => ({ what, line, status: 400, ...texts }));
const usage = (id: string, en: string): Texts => ({ code: "usage", id: `Pemakaian: ${id}`, en: `Usage: ${en}` });

describe("unknown commands", () => {
  const texts = { code: "unknown-command", id: "Maaf, command tidak benar", en: "Sorry, unknown command" };
  testErrorCases(
    server,
    refused(texts, [
      ["an empty body", ""],
      ["a body of only spaces", "     "],
      ["a body of only a line end", "\r\n"],
      ["a body of two line ends", "\n\n"],
      ["a NUL alone", "\0"],
      ["a command that does not exist", "kirim ani halo"],
      ["a command with a space before it", " inbox"],
      ["a command with a tab after it", "inbox\tafter=1"],
      ["a command with two byte order marks before it", "\u{feff}\u{feff}inbox"],
      ["a command with a second line", "inbox\ninbox"],
      ["a command in Unicode look-alikes", "\u0131nbox"],
      ["a command in full-width letters", "ｉｎｂｏｘ"],
      ["a command named constructor", "constructor"],
      ["a command named __proto__", "__proto__ a b"],
      ["a command named hasOwnProperty", "hasOwnProperty"],
      ["a command of 60,000 letters", "a".repeat(60_000)],
      ["help on a command that does not exist", "help kirim"],
      ["help on __proto__", "help __proto__"],
      ["JSON instead of a command line", '{"command":"inbox"}'],
    ]),
  );
});

describe("missing or surplus parameters", () => {
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
  testErrorCases(server, [
    ...refused(register, [
      ["a registration without parameters", "register"],
      ["a registration without a password", "register budi"],
      ["a registration with an empty password", "register budi "],
      ["a registration with two spaces", "register  rahasia-sekali"],
      ["a registration with three parameters", "register budi rahasia sekali"],
      ["a registration with a trailing space", "register budi rahasia-sekali "],
      ["a registration of a name with a space", "register budi santoso rahasia-sekali"],
    ]),
    ...refused(auth, [
      ["a login without parameters", "auth"],
      ["a login without a password", "auth budi"],
      ["a login with three parameters", "auth budi rahasia sekali"],
    ]),
    ...refused(sendprivate, [
      ["a message without a recipient", "sendprivate"],
      ["a message without a text", "sendprivate ani"],
      ["a message with two spaces before its recipient", "sendprivate  ani halo"],
    ]),
    ...refused(sendgroup, [["a group message without a text", "sendgroup key=a tim"]]),
    ...refused(creategroup, [
      ["a group without a name", "creategroup"],
      ["a group with two names", "creategroup tim dua"],
      ["an option after the parameters", "creategroup tim mode=open"],
    ]),
    ...refused(inbox, [
      ["an inbox with a parameter", "inbox semua"],
      ["an inbox with a trailing space", "inbox after=1 "],
    ]),
    ...refused(inboxgroup, [
      ["a group's inbox without a group", "inboxgroup after=1"],
      ["a group's inbox with two groups", "inboxgroup tim dua"],
    ]),
    ...refused(usage("whoami", "whoami"), [["whoami with a surplus parameter", "whoami saya"]]),
    ...refused(usage("sessions", "sessions"), [["sessions with a surplus parameter", "sessions saya"]]),
    ...refused(usage("help [command]", "help [command]"), [["help on two commands", "help inbox auth"]]),
    ...refused(usage("logout {all=yes}", "logout {all=yes}"), [["a logout with a parameter", "logout semua"]]),
    ...refused(usage("passwd [password lama] [password baru]", "passwd [old password] [new password]"), [
      ["a new password without the old one", "passwd rahasia-sekali"],
      ["a new password with a space", "passwd rahasia-lama rahasia baru"],
    ]),
  ]);
});

describe("names, addresses and passwords", () => {
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
  const reserved = (reservedName: string): Texts => ({
    code: "reserved-name",
    id: `Nama ${reservedName} dipakai oleh sistem`,
    en: `The name ${reservedName} belongs to the system`,
  });
  testErrorCases(server, [
    ...refused(name("nama pengguna", "user name"), [
      ["a user name of 33 characters", `register ${"a".repeat(33)} rahasia-sekali`],
      ["a user name with a realm", "register budi@surabaya rahasia-sekali"],
      ["a user name with an accent", "register búdi rahasia-sekali"],
      ["a user name with the Kelvin sign", "register \u212aadek rahasia-sekali"],
      ["a user name that is an emoji", "register 🙂 rahasia-sekali"],
      ["a user name with a NUL", "register bu\0di rahasia-sekali"],
      ["a user name with a line end", "register bu\ndi rahasia-sekali"],
      ["a user name that is two dots", "register .. rahasia-sekali"],
      ["a user name that is a relative path", "register ../budi rahasia-sekali"],
      ["the user name __proto__", "register __proto__ rahasia-sekali"],
      ["a user name with a quote", "register budi' rahasia-sekali"],
      ["a user name with a LIKE pattern", "register bu% rahasia-sekali"],
      ["a login with a name of 33 characters", `auth ${"a".repeat(33)} x`],
      ["a login as __proto__", "auth __proto__ x"],
    ]),
    ...refused(name("nama group", "group name"), [
      ["a group name of 33 characters", `creategroup ${"a".repeat(33)}`],
      ["a group name with a realm", "creategroup tim@surabaya"],
      ["a group name that is two dots", "creategroup .."],
      ["the group name __proto__", "creategroup __proto__"],
      ["a group name with an accent", "creategroup tím"],
    ]),
    ...refused(address("tujuan", "recipient"), [
      ["a recipient of 33 characters", `sendprivate ${"a".repeat(33)} halo`],
      ["the recipient __proto__", "sendprivate __proto__ halo"],
      ["a recipient that is two dots", "sendprivate .. halo"],
      ["a recipient with an empty realm", "sendprivate ani@ halo"],
      ["a recipient without a name", "sendprivate @jakarta halo"],
      ["a recipient with two realms", "sendprivate ani@jakarta@bandung halo"],
      ["a recipient in the realm __proto__", "sendprivate ani@__proto__ halo"],
      ["a recipient in a realm that is two dots", "sendprivate ani@.. halo"],
      ["a recipient in a realm with a path", "sendprivate ani@jakarta/0 halo"],
      ["a recipient in a realm with a port", "sendprivate ani@jakarta:80 halo"],
      ["a recipient in a realm of 254 characters", `sendprivate ani@${"a.".repeat(126)}aa halo`],
      ["a recipient with an accent", "sendprivate áni halo"],
    ]),
    ...refused(address("nama group", "group name"), [
      ["the group address __proto__", "inboxgroup __proto__"],
      ["a group address with an empty realm", "sendgroup tim@ halo"],
    ]),
    ...refused(password, [
      ["a password of 7 bytes", "register budi 1234567"],
      ["a password of 129 bytes", `register budi ${"a".repeat(129)}`],
      ["a password of 43 characters that are 129 bytes", `register budi ${"€".repeat(43)}`],
      ["a password with a line end", "register budi rahasia\nsekali"],
      ["a new password of 7 bytes", "passwd rahasia-lama 1234567"],
    ]),
    ...refused(reserved("sistem"), [["the name of the system", "register sistem rahasia-sekali"]]),
    ...refused(reserved("admin"), [["a name that suggests the operator", "register Admin rahasia-sekali"]]),
  ]);
});

describe("options", () => {
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
  testErrorCases(server, [
    ...refused(whoami("after=1"), [["an option of another command", "whoami after=1"]]),
    ...refused(whoami("__proto__=1"), [["an option named __proto__", "whoami __proto__=1"]]),
    ...refused(whoami("constructor=1"), [["an option named constructor", "whoami constructor=1"]]),
    ...refused(whoami("AFTER=1"), [["an option in capitals", "whoami AFTER=1"]]),
    ...refused(whoami("=1"), [["an option without a name", "whoami =1"]]),
    ...refused(whoami(`${"o".repeat(40)}…`), [["an option of 60,000 letters", `whoami ${"o".repeat(60_000)}=1`]]),
    ...refused(
      unknown("wait=1", "sendgroup {key=KUNCI} [nama group] [pesan]", "sendgroup {key=KEY} [group name] [message]"),
      [["an option that sendgroup does not have", "sendgroup wait=1 tim halo"]],
    ),
    ...refused(repeated("after"), [
      ["an option given twice", "inbox after=1 after=2"],
      ["an option given twice with the same value", "inbox after=1 limit=5 after=1"],
      ["an option given twice, once as zero", "inbox after=0 after=0"],
    ]),
    ...refused(repeated("key"), [["a key given twice", "sendprivate key=a key=a ani halo"]]),
    ...refused(whole("after"), [
      ["a cursor below zero", "inbox after=-1"],
      ["a cursor with a sign", "inbox after=+1"],
      ["a cursor that is not a number", "inbox after=satu"],
      ["a cursor without a value", "inbox after="],
      ["a cursor with a fraction", "inbox after=1.5"],
      ["a cursor with an exponent", "inbox after=1e3"],
      ["a hexadecimal cursor", "inbox after=0x10"],
      ["a cursor in full-width digits", "inbox after=１"],
      ["a cursor above the largest safe integer", "inbox after=9007199254740993"],
      ["a cursor of a thousand digits", `inbox after=${"9".repeat(1000)}`],
      ["a cursor with a second value", "inbox after=1=1"],
    ]),
    ...refused(whole("before"), [["a bound below zero", "inboxgroup before=-1 tim"]]),
    ...refused(rows("limit"), [
      ["a page of 0 messages", "inbox limit=0"],
      ["a page of 10,001 messages", "inbox limit=10001"],
      ["a page of NaN messages", "inboxgroup limit=NaN tim"],
    ]),
    ...refused(rows("last"), [
      ["a last page of 0 messages", "inbox last=0"],
      ["a last page of 10,001 messages", "inboxgroup last=10001 tim"],
    ]),
    ...refused(bad("wait", "bilangan bulat 0 sampai 25", "a whole number from 0 to 25"), [
      ["a wait of 26 seconds", "inbox wait=26"],
      ["a wait of half a second", "inbox wait=0.5"],
      ["an endless wait", "inboxgroup wait=Infinity tim"],
    ]),
    ...refused(bad("all", "yes", "yes"), [["a logout with all=no", "logout all=no"]]),
    ...refused(key, [
      ["an empty key", "sendprivate key= ani halo"],
      ["a key of 65 characters", `sendgroup key=${"k".repeat(65)} tim halo`],
      ["a key with an equals sign", "sendprivate key=a=b ani halo"],
      ["a key with an accent", "sendprivate key=kúnci ani halo"],
      ["a key with a NUL", "sendprivate key=a\0b ani halo"],
    ]),
    ...refused(
      {
        code: "conflicting-options",
        id: "Opsi limit dan last tidak bisa dipakai bersama",
        en: "Options limit and last cannot be used together",
      },
      [
        ["a page with limit and last", "inbox limit=1 last=1"],
        ["a group's page with last and limit", "inboxgroup last=1 limit=1 tim"],
      ],
    ),
    ...refused({ code: "empty-message", id: "Pesan kosong", en: "The message is empty" }, [
      ["an empty message", "sendprivate ani "],
      ["a message of only a line end", "sendprivate ani \r\n"],
      ["an empty group message", "sendgroup key=a tim "],
    ]),
  ]);
});

test("malformed commands store nothing in any object", async () => {
  for (const [realm, host] of [["surabaya"], ["jakarta", "jakarta.localhost"]] as const) {
    for (const table of ["message_logs", "accounts", "sessions", "groups", "messages", "sent_messages"]) {
      const rows = await queryAllShards<{ n: number }>(server, `select count(*) n from ${table}`, realm, host);
      expect([table, rows.reduce((sum, { n }) => sum + n, 0)]).toEqual([table, 0]);
    }
  }
});
