import { helpEntries } from "../../../protocol/texts.ts";
import { type CheckCase, casesOf } from "../check-case.ts";
import { expectEqual, expectThat, okRows } from "../expectations.ts";

const replyHeaders = {
  "content-type": "application/json; charset=utf-8",
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "access-control-allow-origin": "*",
};

export const httpCases: CheckCase[] = [
  ...casesOf("Reply", { needs: ["http"] }, [
    [
      "reply.members",
      "a reply over HTTP has exactly the members status and data, in this order",
      async (check) => {
        for (const line of ["halo", "help auth"]) {
          const { body } = await check.http({ path: "/command", method: "POST", body: line });
          expectEqual(Object.keys(JSON.parse(body)), ["status", "data"], "members");
        }
      },
    ],
    [
      "reply.headers",
      "a reply has the headers of the protocol",
      async (check) => {
        const { headers, status } = await check.http({ path: "/command", method: "POST", body: "halo" });
        expectEqual(status, 400, "HTTP status");
        for (const [name, value] of Object.entries(replyHeaders)) expectEqual(headers[name], value, name);
        expectThat(String(headers.vary).includes("Accept-Language"), "Vary: Accept-Language");
        expectEqual(headers["error-code"], "unknown-command", "Error-Code");
      },
    ],
    [
      "reply.control-characters",
      "control characters of a text are escaped in a reply, and other characters are not",
      async (check) => {
        const [budi, ani] = [await check.budi, await check.ani];
        const text = "a\u0000b\u0001\u2028😀";
        await budi.command(`sendprivate ${ani.name} ${text}`);
        const { text: body } = await ani.command("inbox last=1");
        expectThat(body.includes('"a\\u0000b\\u0001\\u2028😀"'), "the text in the form of the protocol");
      },
    ],
  ]),
  ...casesOf("Language", { needs: ["http"] }, [
    [
      "language.default",
      "texts are Indonesian without Accept-Language, and with one that names neither language",
      async (check) => {
        for (const headers of [{}, { "accept-language": "fr, *" }]) {
          const reply = await check.http({ path: "/command", method: "POST", body: "halo", headers });
          expectEqual(JSON.parse(reply.body).data, "Maaf, command tidak benar", "text");
          expectEqual(reply.headers["content-language"], "id", "Content-Language");
        }
      },
    ],
    [
      "language.quality",
      "the language with the highest quality wins, and among equals the first",
      async (check) => {
        const rows = [
          ["en", "en"],
          ["id;q=0.5, en;q=0.8", "en"],
          ["en;q=0.5, id;q=0.8", "id"],
          ["en, id", "en"],
          ["en;q=0, id", "id"],
          ["en-GB", "en"],
        ] as const;
        for (const [header, language] of rows) {
          const { headers } = await check.http({
            path: "/command",
            method: "POST",
            body: "halo",
            headers: { "accept-language": header },
          });
          expectEqual(headers["content-language"], language, header);
        }
      },
    ],
  ]),
  ...casesOf("Request", { needs: ["http"] }, [
    [
      "request.content-type",
      "the content type and the query string of a request do not matter",
      async (check) => {
        for (const type of ["application/x-www-form-urlencoded", "application/json", "text/plain"]) {
          const { body } = await check.http({
            path: "/command?x=1",
            method: "POST",
            body: "help auth",
            headers: { "content-type": type },
          });
          expectEqual(JSON.parse(body).data.command, "auth", "data.command");
        }
      },
    ],
    [
      "request.bearer-case",
      "the scheme Bearer is case-insensitive",
      async (check) => {
        const headers = { authorization: `bEARER ${(await check.budi).token}` };
        const { status } = await check.http({ path: "/command", method: "POST", body: "whoami", headers });
        expectEqual(status, 200, "HTTP status");
      },
    ],
    [
      "request.line-end",
      "one line end at the end of a body is dropped, and only one",
      async (check) => {
        const [budi, ani] = [await check.budi, await check.ani];
        const connection = check.connect();
        for (const end of ["\n", "\r\n", "\n\n", "\r\n\r\n", "\r"]) {
          await connection.command(`sendprivate ${ani.name} baris${end}`, { token: budi.token, timeoutMs: 10_000 });
        }
        const rows = okRows(await ani.command("inbox last=5"));
        expectEqual(
          rows.map(({ text }) => text),
          ["baris", "baris", "baris\n", "baris\r\n", "baris\r"],
          "texts",
        );
      },
    ],
  ]),
  ...casesOf("Request", { needs: ["http"] }, [
    [
      "request.byte-order-mark",
      "one byte order mark at the start of a body is dropped",
      async (check) => {
        const { body } = await check.http({ path: "/command", method: "POST", body: "\ufeffhelp auth" });
        expectEqual(JSON.parse(body).data.command, "auth", "data.command");
      },
    ],
    [
      "error.utf-16",
      "a body in UTF-16 is answered utf-16",
      async (check) => {
        for (const start of [[0xff, 0xfe], []]) {
          const body = Buffer.from([...start, ...Buffer.from("whoami", "utf16le")]);
          const { status, headers } = await check.http({ path: "/command", method: "POST", body });
          expectEqual([status, headers["error-code"]], [400, "utf-16"], "status and code");
        }
      },
    ],
    [
      "error.encoded-body",
      "a compressed body is answered encoded-body",
      async (check) => {
        const headers = { "content-encoding": "gzip" };
        const reply = await check.http({ path: "/command", method: "POST", body: "whoami", headers });
        expectEqual([reply.status, reply.headers["error-code"]], [415, "encoded-body"], "status and code");
      },
    ],
    [
      "error.basic-malformed",
      "HTTP Basic that is not base64 of name:password is answered basic-malformed, and is never asked for",
      async (check) => {
        for (const credentials of ["%%%", Buffer.from("tanpa-titik-dua").toString("base64")]) {
          const headers = { authorization: `Basic ${credentials}` };
          const reply = await check.http({ path: "/command", method: "POST", body: "whoami", headers });
          expectEqual(reply.headers["error-code"], "basic-malformed", credentials);
        }
        const { headers } = await check.http({ path: "/command", method: "POST", body: "whoami" });
        expectEqual(headers["www-authenticate"], "Bearer", "WWW-Authenticate");
      },
    ],
    [
      "error.basic-from-browser",
      "HTTP Basic in a request with Origin is refused",
      async (check) => {
        const authorization = `Basic ${Buffer.from("budi:rahasia-budi").toString("base64")}`;
        const headers = { authorization, origin: check.url.origin };
        const reply = await check.http({ path: "/command", method: "POST", body: "whoami", headers });
        expectEqual([reply.status, reply.headers["error-code"]], [403, "basic-from-browser"], "status and code");
      },
    ],
  ]),
  ...casesOf("help", {}, [
    [
      "help.all",
      "help lists every command of the protocol in its order",
      async (check) => {
        const rows = okRows(await check.command("help"));
        const names = helpEntries("id").map(({ command }) => command);
        expectEqual(
          rows.map(({ command }) => command).filter((name) => names.some((each) => each === name)),
          names,
          "commands",
        );
      },
    ],
    [
      "help.one",
      "help of one command gives its usage line and its purpose, whatever its case",
      async (check) => {
        const reply = await check.command("HELP SendPrivate");
        expectEqual(
          reply.data,
          helpEntries("id").find(({ command }) => command === "sendprivate"),
          "data",
        );
      },
    ],
  ]),
  ...casesOf("Other paths", { needs: ["http"] }, [
    [
      "paths.home",
      "GET / is a page of text that teaches the first commands",
      async (check) => {
        const { status, headers, body } = await check.http({ path: "/" });
        expectEqual([status, headers["content-type"]], [200, "text/plain; charset=utf-8"], "status and content type");
        expectThat(body.includes("/command"), "the page names /command");
      },
    ],
    [
      "paths.healthz",
      "GET /healthz names the realm that serves",
      async (check) => {
        const { status, body } = await check.http({ path: "/healthz" });
        expectEqual(status, 200, "HTTP status");
        expectThat(typeof JSON.parse(body).data.realm === "string", "data.realm");
      },
    ],
    [
      "paths.well-known",
      "GET /.well-known/ranah is JSON without a terminator",
      async (check) => {
        const { status, body } = await check.http({ path: "/.well-known/ranah" });
        expectEqual(status, 200, "HTTP status");
        expectThat(!body.endsWith("\r\n\r\n") && typeof JSON.parse(body) === "object", "a JSON document");
      },
    ],
    [
      "error.no-such-page",
      "another path, also one with an additional slash, is answered no-such-page",
      async (check) => {
        for (const path of ["/tidak-ada", "/command/", "/healthz/"]) {
          const { status, headers } = await check.http({ path });
          expectEqual([status, headers["error-code"]], [404, "no-such-page"], path);
        }
      },
    ],
    [
      "error.method-not-allowed",
      "another method is answered method-not-allowed with Allow",
      async (check) => {
        for (const [path, method, allow] of [
          ["/healthz", "POST", "GET, OPTIONS"],
          ["/commands", "GET", "POST, OPTIONS"],
          ["/federation/deliver", "GET", "POST, OPTIONS"],
        ] as const) {
          const { status, headers } = await check.http({ path, method });
          expectEqual([status, headers["error-code"], headers.allow], [405, "method-not-allowed", allow], path);
        }
        const { status, headers } = await check.http({ path: "/command" });
        expectEqual([status, headers.allow], [405, "POST, OPTIONS"], "/command");
      },
    ],
    [
      "paths.options",
      "OPTIONS lets a page of any origin call the server",
      async (check) => {
        const { status, headers } = await check.http({
          path: "/command",
          method: "OPTIONS",
          headers: { origin: "https://lain.example" },
        });
        expectEqual([status, headers["access-control-allow-origin"]], [204, "*"], "status and origin");
        expectThat(
          String(headers["access-control-allow-headers"]).includes("Authorization"),
          "Authorization is allowed",
        );
      },
    ],
  ]),
];
