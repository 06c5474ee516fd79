import { once } from "node:events";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { errorBody, okBody, sendRequest } from "../support/command.ts";
import { testErrorCases } from "../support/error-cases.ts";
import { openLive } from "../support/live-socket.ts";
import { chunk, commandHead, lastChunk, rawExchange } from "../support/raw-http.ts";
import { hibernates, useServer } from "../support/test-server.ts";

const server = useServer();
const mark = "\ufeff";
let budi = "";
beforeAll(async () => {
  [budi = ""] = await server.seedAccounts(["budi"]);
});

const inbox = async () =>
  ((await server.command("inbox", { token: budi })).json.data as { text: string }[]).map(({ text }) => text);
const bulk = (body: string | Uint8Array, headers: Record<string, string> = {}) =>
  sendRequest(new URL("/commands", server.url), "POST", body, { authorization: `Bearer ${budi}`, ...headers });

describe("a byte order mark at the start of a body", () => {
  test("is dropped, once", async () => {
    expect((await server.command(`${mark}sendprivate budi satu`, { token: budi })).status).toBe(200);
    // A body without a length takes another way through the self-hosted server.
    const chunked = [commandHead("Transfer-Encoding: chunked", `Authorization: Bearer ${budi}`)];
    const answer = await rawExchange(server.url, [...chunked, chunk(`${mark}sendprivate budi dua`), lastChunk]);
    expect(answer).toMatch(/^HTTP\/1.1 200 /);
    const twice = await server.command(`${mark}${mark}whoami`, { token: budi });
    expect(twice.headers["error-code"]).toBe("unknown-command");
    expect((await inbox()).slice(-2)).toEqual(["satu", "dua"]);
  });

  test("is dropped from a bulk request, whose first line is carried out", async () => {
    const reply = await bulk(`${mark}sendprivate budi awal\r\nsendprivate budi ${mark}akhir\r\n`);
    expect(reply.text.match(/"status":"OK"/g)).toHaveLength(2);
    expect((await inbox()).slice(-2)).toEqual(["awal", `${mark}akhir`]);
  });

  test("is dropped from a frame", async () => {
    const live = await openLive(server.url, budi);
    expect(await live.command(`${mark}whoami`)).toMatchObject({ status: "OK", data: { user: "budi@surabaya" } });
    live.close();
  });
});

describe("a body in UTF-16", () => {
  const line = "sendprivate budi halo";
  const little = Buffer.from(line, "utf16le");
  const utf16 = {
    line: "",
    status: 400,
    code: "utf-16",
    id: "Isi request berupa UTF-16; simpan dan kirim sebagai UTF-8",
    en: "The request body is UTF-16; save and send it as UTF-8",
  };
  const bodies = [
    { what: "with the mark of little endian", body: Buffer.concat([Buffer.from([0xff, 0xfe]), little]) },
    {
      what: "with the mark of big endian",
      body: Buffer.concat([Buffer.from([0xfe, 0xff]), Buffer.from(little).swap16()]),
    },
    { what: "little endian without a mark", body: little },
    { what: "big endian without a mark", body: Buffer.from(little).swap16() },
  ];
  testErrorCases(
    server,
    bodies.map(({ what, body }) => ({ ...utf16, what, line: body })),
    () => ({ token: budi }),
  );

  test("is named by a bulk request too, and nothing is carried out", async () => {
    const before = await inbox();
    for (const { body } of bodies) expect((await bulk(body)).text).toBe(errorBody(utf16.id));
    expect(await inbox()).toEqual(before);
  });
});

describe("a compressed body", () => {
  const id = "Isi request dikompresi (Content-Encoding); kirim tanpa kompresi";

  test.each(["gzip", "GZIP", "br", "identity, gzip", "x"])(
    "with Content-Encoding %s is answered 415",
    async (coding) => {
      const headers = { "content-encoding": coding };
      const body = gzipSync("sendprivate budi halo");
      const command = await server.command(body, { token: budi, headers });
      expect([command.status, command.text]).toEqual([415, errorBody(id)]);
      expect(command.headers).toMatchObject({ "error-code": "encoded-body", "accept-encoding": "identity" });
      expect((await bulk(body, headers)).text).toBe(errorBody(id));
      const peer = await sendRequest(new URL("/federation/deliver", server.url), "POST", body, headers);
      expect(peer.status).toBe(415);
    },
  );

  test.each(["", "identity", "Identity"])("with Content-Encoding %j is none", async (coding) => {
    const reply = await server.command("whoami", { token: budi, headers: { "content-encoding": coding } });
    expect(reply.status).toBe(200);
  });
});

describe("a text frame that is not UTF-8", () => {
  const frame = Buffer.concat([Buffer.from("sendprivate budi a"), Buffer.from([0xff]), Buffer.from("b")]);

  async function send() {
    const address = new URL("/live", server.url);
    address.protocol = "ws:";
    const socket = new WebSocket(String(address), ["ranah", budi]);
    await once(socket, "open");
    const answer = Promise.race([firstReply(socket), once(socket, "close").then(([code]) => ({ code }))]);
    socket.send(frame, { binary: false });
    const result = await answer;
    socket.terminate();
    return result;
  }

  function firstReply(socket: WebSocket): Promise<{ status: string }> {
    return new Promise((resolve) => {
      socket.on("message", (data) => {
        const frame = JSON.parse(String(data));
        if ("status" in frame) resolve(frame);
      });
    });
  }

  test.runIf(!hibernates)("closes the socket of a self-hosted server, and nothing is carried out", async () => {
    const before = await inbox();
    expect(await send()).toEqual({ code: 1007 });
    expect(await inbox()).toEqual(before);
  });

  test.runIf(hibernates)("is decoded by Cloudflare's runtime with a replacement character", async () => {
    expect(await send()).toMatchObject({ status: "OK" });
    await expect.poll(async () => (await inbox()).at(-1)).toBe("a\ufffdb");
  });

  test("is refused over HTTP on every server", async () => {
    const reply = await server.command(frame, { token: budi });
    expect(reply.headers["error-code"]).toBe("not-utf8");
  });
});

describe("the host of a request", () => {
  const askFor = (host: string, target = "/healthz") =>
    rawExchange(server.url, [`GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`]);

  // The proxy of wrangler's development server refuses these itself, with 500.
  test
    .skipIf(process.env.TEST_SERVER === "wrangler")
    .each(["a:99999", "a b", "%zz", 'a"b', "$(id)", "a;b", "a`b`", "a'b", "a&b", "u:p@a", "1.2.3.4.5"])(
    "%j is refused with 400, and nothing is logged",
    async (host) => {
      const before = server.logs();
      for (const target of ["/healthz", "/", "/command"]) {
        expect(await askFor(host, target)).toMatch(/^HTTP\/1\.1 400 [\s\S]*error-code: bad-request/i);
      }
      expect(server.logs().slice(before.length)).not.toContain("request-failed");
      expect((await server.command("help")).status).toBe(200);
    },
  );

  test.each(["localhost", "SURABAYA.localhost:8787", "127.0.0.1:1", "[::1]:8787", "a_b.example", "a."])(
    "%s is accepted",
    async (host) => {
      const answer = await rawExchange(server.url, [
        `POST /command HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 4\r\n\r\nhelp`,
      ]);
      expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    },
  );
});

test("every second line of a bulk answer is empty, and the others are JSON", async () => {
  const reply = await bulk("whoami\nwhoami\n");
  const whoami = (await server.command("whoami", { token: budi })).json;
  const lines = reply.text.split("\r\n");
  expect(lines).toEqual([JSON.stringify(whoami), "", JSON.stringify(whoami), "", ""]);
  expect(okBody(whoami.data)).toBe(`${lines[0]}\r\n\r\n`);
});
