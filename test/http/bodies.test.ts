import { beforeAll, describe, expect, test } from "vitest";
import { queryAllShards } from "../support/all-shards.ts";
import { errorBody, okBody } from "../support/command.ts";
import { type ErrorCase, testErrorCases } from "../support/error-cases.ts";
import { chunk, commandHead, lastChunk, rawExchange } from "../support/raw-http.ts";
import { openSession } from "../support/session.ts";
import { jakartaHost, useServer } from "../support/test-server.ts";

const server = useServer();
const kib64 = 64 * 1024;
let budi = "";
let ani = "";

beforeAll(async () => {
  [budi = "", ani = ""] = await server.seedAccounts(["budi", "ani"]);
});

const inboxOf = async (token: string, line = "inbox") =>
  (await server.command(line, { token })).json.data as { id: number; text: string }[];

describe("a body that is not UTF-8", () => {
  const notUtf8 = {
    status: 400,
    code: "not-utf8",
    id: "Isi request bukan UTF-8",
    en: "The request body is not UTF-8",
  };
  const rows: [what: string, bytes: number[]][] = [
    ["an invalid byte", [0xff]],
    ["a continuation byte without a lead byte", [0x80]],
    ["a lead byte without its continuation", [0xc3, 0x28]],
    ["a truncated character at the end", [0xf0, 0x9f, 0x99]],
    ["an overlong NUL", [0xc0, 0x80]],
    ["an overlong slash", [0xe0, 0x80, 0xaf]],
    ["a surrogate", [0xed, 0xa0, 0x80]],
    ["a surrogate pair in CESU-8", [0xed, 0xa0, 0xbd, 0xed, 0xb9, 0x82]],
    ["a code point above U+10FFFF", [0xf4, 0x90, 0x80, 0x80]],
    ["UTF-16", [0xff, 0xfe, 0x69, 0x00]],
  ];
  const refusals = rows.map(
    ([what, bytes]): ErrorCase => ({
      what,
      line: Buffer.concat([Buffer.from("sendprivate ani "), Buffer.from(bytes)]),
      ...notUtf8,
    }),
  );
  testErrorCases(server, refusals, () => ({ token: budi }));

  test("nothing of a rejected body is stored", async () => {
    expect(await inboxOf(ani)).toEqual([]);
    expect(await queryAllShards(server, "select * from sent_messages")).toEqual([]);
  });
});

describe("the size of a body", () => {
  const tooLarge: Omit<ErrorCase, "what" | "line"> = {
    status: 413,
    code: "body-too-large",
    id: "Isi request lebih dari 65536 byte",
    en: "The request body has more than 65536 bytes",
  };
  const command = "sendprivate ani ";
  const filled = (bytes: number) => command + "a".repeat(bytes - command.length);
  testErrorCases(
    server,
    [
      { what: "a body of 64 KiB and one byte", line: filled(kib64 + 1), ...tooLarge },
      { what: "a body that a line end makes too large", line: `${filled(kib64)}\n`, ...tooLarge },
      { what: "a body that a two-byte character makes too large", line: `${filled(kib64 - 1)}é`, ...tooLarge },
      { what: "a body of 4 MiB", line: filled(4 * 1024 * 1024), ...tooLarge },
    ],
    () => ({ token: budi }),
  );

  test("a body of exactly 64 KiB is accepted and returned unchanged", async () => {
    const reader = await openSession(server, "ani");
    const before = (await inboxOf(reader)).length;
    for (const line of [filled(kib64), `${command}${"é".repeat((kib64 - command.length) / 2)}`]) {
      expect(Buffer.byteLength(line)).toBe(kib64);
      expect((await server.command(line, { token: budi })).text).toBe(okBody("Pesan terkirim ke ani@surabaya"));
      const newest = await inboxOf(reader, "inbox last=1");
      expect(newest[0]?.text === line.slice(command.length)).toBe(true);
    }
    expect(await inboxOf(reader)).toHaveLength(before + 2);
  });

  const refusedRaw = (answer: string) => {
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toMatch(/\r\nError-Code: body-too-large\r\n/i);
    expect(answer.endsWith(`\r\n\r\n${errorBody(tooLarge.id)}`)).toBe(true);
  };

  test("a chunked body above 64 KiB is rejected before it ends", async () => {
    const kib = chunk("a".repeat(1024));
    refusedRaw(await rawExchange(server.url, [commandHead("Transfer-Encoding: chunked"), kib.repeat(64), chunk("a")]));
  });

  test("a chunked body of exactly 64 KiB is accepted", async () => {
    const parts = [commandHead("Transfer-Encoding: chunked", `Authorization: Bearer ${budi}`)];
    for (let at = 0; at < kib64; at += 4096) parts.push(chunk(filled(kib64).slice(at, at + 4096)));
    const answer = await rawExchange(server.url, [...parts, lastChunk]);
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer.endsWith(okBody("Pesan terkirim ke ani@surabaya"))).toBe(true);
    const newest = await inboxOf(ani, "inbox last=1");
    expect(newest[0]?.text === filled(kib64).slice(command.length)).toBe(true);
  });
});

describe("a message text", () => {
  const controls = String.fromCharCode(...Array.from({ length: 32 }, (_, code) => code));
  const texts: [what: string, text: string][] = [
    ["only a NUL", "\0"],
    ["NULs between letters", "a\0b\0\0c"],
    ["every control character", `${controls}\x7f\x80\x85\x9f.`],
    ["a NUL at its end", "akhir\0"],
    ["a carriage return at its end", "akhir\r"],
    ["emoji with joiners and skin tones", "👩🏽‍🚀 👨‍👩‍👧‍👦 🏴‍☠️ 🇮🇩"],
    ["right-to-left letters", "مرحبا שלום"],
    ["overrides of direction", "\u202eterbalik\u202c \u2066dalam\u2069"],
    ["only a combining mark", "\u0301"],
    ["composed and decomposed letters", "é e\u0301 \ufb01"],
    ["a stack of combining marks", `Z${"\u0335\u0322\u0348".repeat(40)}`],
    ["javanese, Balinese and Han", "ꦲꦏ꧀ꦱꦫ ᬅᬓ᭄ᬱᬭ 漢字 𠀋"],
    ["a byte order mark", "\ufeffawal"],
    ["replacement and non-characters", "\ufffd\uffff\ufdd0\u{10ffff}"],
    ["line separators of JavaScript", "a\u2028b\u2029c"],
    ["zero-width characters", "a\u200bb\u2060c\u00ad"],
    ["inner line ends", "baris 1\nbaris 2\r\n\r\nbaris 4"],
    ["an inner reply terminator", '"}\r\n\r\n{"status":"OK","data":"'],
    ["JSON escapes", '\\u0000 \\" \\\\ \\n "'],
    ["surrounding spaces", "   tengah   "],
    ["only a space", " "],
    ["option syntax", "key=a after=1"],
    ["form syntax", "a=1&b=%00+%20"],
    ["SQL", "'); drop table messages; -- ?1"],
    ["placeholders", "{name} {usage} $& $1"],
    ["markup", "<script>alert(1)</script>"],
  ];

  test.for(texts)("a text with %s is returned exactly as it was sent", async ([, text]) => {
    const sent = await server.command(`sendprivate ani ${text}`, { token: budi });
    expect(sent.text).toBe(okBody("Pesan terkirim ke ani@surabaya"));
    const reply = await server.command("inbox last=1", { token: ani });
    const [message] = reply.json.data as { text: string }[];
    expect(message?.text).toBe(text);
    // JSON escapes control characters, so the reply terminator cannot occur inside the body.
    expect(reply.text).toBe(okBody([message]));
    expect(reply.text.indexOf("\r\n\r\n")).toBe(reply.text.length - 4);
  });

  test("a text reaches another realm and its groups unchanged", async () => {
    const [reader] = await server.seedAccounts(["dewi"], "jakarta");
    await server.command("creategroup tim", { token: reader, host: jakartaHost });
    const all = texts.map(([, text]) => text);
    for (const text of all) {
      await server.command(`sendprivate dewi@jakarta ${text}`, { token: budi });
      await server.command(`sendgroup tim@jakarta ${text}`, { token: budi });
    }
    const inbox = await server.command("inbox", { token: reader, host: jakartaHost });
    const group = await server.command("inboxgroup tim@jakarta", { token: budi });
    for (const { json } of [inbox, group]) {
      expect((json.data as { text: string }[]).map(({ text }) => text)).toEqual(all);
    }
  });

  test("one line end at the end of a body is removed, and only one", async () => {
    for (const [ending, left] of [
      ["\n", ""],
      ["\r\n", ""],
      ["\n\n", "\n"],
      ["\r\n\r\n", "\r\n"],
      ["\n\r", "\n\r"],
      ["\r\r\n", "\r"],
    ]) {
      await server.command(`sendprivate ani akhir${ending}`, { token: budi });
      expect((await inboxOf(ani, "inbox last=1"))[0]?.text).toBe(`akhir${left}`);
    }
  });

  test("the Content-Type of a request does not change the text", async () => {
    for (const type of [
      "",
      "text/plain",
      "application/json",
      "multipart/form-data; boundary=x",
      "x/y; charset=utf-16",
    ]) {
      const reply = await server.command("sendprivate ani é=1&b", { token: budi, headers: { "content-type": type } });
      expect(reply.status).toBe(200);
      expect((await inboxOf(ani, "inbox last=1"))[0]?.text).toBe("é=1&b");
    }
  });
});
