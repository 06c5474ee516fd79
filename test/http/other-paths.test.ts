import { describe, expect, test } from "vitest";
import { errorBody, okBody, sendRequest } from "../support/command.ts";
import { jakartaHost, surabayaHost, useServer } from "../support/test-server.ts";

const server = useServer();

const ask = (method: string, path: string, headers: Record<string, string> = {}) =>
  sendRequest(new URL(path, server.url), method, "", headers);

const common = {
  "access-control-allow-origin": "*",
  "access-control-expose-headers": "Error-Code, Message-Id, Delivery-State, Retry-After",
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
};
const noPage = {
  id: "Alamat ini tidak ada; coba GET /",
  en: "There is nothing at this address; try GET /",
};
const noMethod = { id: "Method tidak dilayani di sini", en: "This method is not served here" };

describe("paths and methods", () => {
  test.for([
    ["GET", "/tidak-ada"],
    ["POST", "/"],
    ["POST", "/Command"],
    ["POST", "/command/"],
    ["POST", "/command/inbox"],
    ["GET", "/..%2fcommand"],
    ["GET", "/__proto__"],
    ["GET", `/${"a".repeat(8000)}`],
    ["PUT", "/healthz"],
    ["DELETE", "/"],
    ["PATCH", "/healthz"],
    ["PROPFIND", "/"],
    ["DELETE", "/tidak-ada"],
  ] as const)("%s %s gets an ERROR reply", async ([method, path]) => {
    const exists = ["/", "/healthz"].includes(path);
    for (const language of ["id", "en"] as const) {
      const reply = await ask(method, path, { "accept-language": language });
      expect(reply.text).toBe(errorBody((exists ? noMethod : noPage)[language]));
      expect(reply.status).toBe(exists ? 405 : 404);
      expect(reply.headers).toMatchObject({
        ...common,
        "content-type": "application/json; charset=utf-8",
        "error-code": exists ? "method-not-allowed" : "no-such-page",
      });
      expect(reply.headers.allow).toBe(exists ? "GET, OPTIONS" : undefined);
    }
  });

  test.for(["GET", "PUT", "DELETE", "PATCH"])("%s /command gets 405 and the welcome text", async (method) => {
    const home = await ask("GET", "/");
    const reply = await ask(method, "/command");
    expect(reply.status).toBe(405);
    expect(reply.headers).toMatchObject({
      ...common,
      allow: "POST, OPTIONS",
      "content-type": "text/plain; charset=utf-8",
    });
    expect(reply.text).toBe(home.text);
  });

  test("a command in the query of a URL is ignored, because URLs are logged", async () => {
    const reply = await ask("POST", "/command?help");
    expect(reply.text).toBe(errorBody("Maaf, command tidak benar"));
    expect(reply.status).toBe(400);
  });

  test("HEAD answers like GET, without a body", async () => {
    for (const [path, status] of [
      ["/", 200],
      ["/healthz", 200],
      ["/command", 405],
      ["/tidak-ada", 404],
    ] as const) {
      const [get, headOnly] = [await ask("GET", path), await ask("HEAD", path)];
      expect([path, headOnly.status, headOnly.text]).toEqual([path, status, ""]);
      expect(headOnly.headers).toMatchObject(common);
      expect(headOnly.headers["content-type"]).toBe(get.headers["content-type"]);
    }
  });
});

describe("the welcome text at /", () => {
  test("shows the first five commands as lines to paste, in two languages", async () => {
    const page = await ask("GET", "/", { host: `${jakartaHost}:8787` });
    expect(page.status).toBe(200);
    expect(page.headers).toMatchObject({
      ...common,
      "content-type": "text/plain; charset=utf-8",
      "content-language": "id",
      vary: "Accept, Accept-Language",
    });
    expect(page.text).toContain("Realm ini: jakarta\n");
    for (const line of [
      "register budi rahasia-sekali",
      "auth budi rahasia-sekali",
      "sendprivate budi halo",
      "inbox",
      "creategroup tim",
    ]) {
      expect(page.text).toMatch(new RegExp(`curl .*-s?d "${line}" http://jakarta\\.localhost:8787/command`));
    }
    const english = await ask("GET", "/", { "accept-language": "en-GB,en;q=0.9,id;q=0.8" });
    expect(english.headers["content-language"]).toBe("en");
    expect(english.text).toContain("This realm: surabaya\n");
  });

  test("uses the most preferred language of Accept-Language that is available", async () => {
    for (const [accepted, language] of [
      ["", "id"],
      ["*", "id"],
      ["fr", "id"],
      ["fr, en;q=0.1", "en"],
      ["id, en", "id"],
      ["en;q=0.3, id;q=0.4", "id"],
      ["en;q=0", "id"],
      ["EN-us", "en"],
      ["in-ID,en;q=0.5", "id"],
      ["en;q=abc", "id"],
      ["x".repeat(8000), "id"],
    ] as const) {
      const reply = await ask("GET", "/", { "accept-language": accepted });
      expect([accepted, reply.headers["content-language"]]).toEqual([accepted, language]);
    }
  });
});

describe("cross-origin requests", () => {
  test.for(["/command", "/", "/healthz", "/tidak-ada"])("a preflight of %s allows any origin", async (path) => {
    const reply = await ask("OPTIONS", path, {
      origin: "https://halaman.example",
      "access-control-request-method": "POST",
      "access-control-request-headers": "authorization, content-type",
    });
    expect(reply.status).toBe(204);
    expect(reply.text).toBe("");
    expect(reply.headers["access-control-allow-origin"]).toBe("*");
    expect(reply.headers["access-control-allow-methods"]?.split(",")).toEqual(expect.arrayContaining(["GET", "POST"]));
    const allowed = reply.headers["access-control-allow-headers"]?.toLowerCase().split(/ *, */);
    expect(allowed).toEqual(expect.arrayContaining(["authorization", "content-type", "accept-language"]));
    expect(reply.headers["access-control-max-age"]).toBe("86400");
    // The server has no cookies, so it does not allow credentials.
    expect(reply.headers["access-control-allow-credentials"]).toBeUndefined();
  });

  test("any origin can read replies of success and failure, and no cookie is set", async () => {
    for (const line of ["help", "whoami", "kirim"]) {
      const reply = await server.command(line, { headers: { origin: "https://halaman.example" } });
      expect(reply.headers).toMatchObject(common);
      expect(reply.headers["set-cookie"]).toBeUndefined();
    }
  });
});

test("the welcome text uses the client's scheme and host, also behind a proxy that terminates TLS", async () => {
  const first = async (proto: string) => {
    const { text } = await ask("GET", "/", { host: surabayaHost, "x-forwarded-proto": proto });
    return /curl .* (\S+)$/m.exec(text)?.[1];
  };
  expect(await first("https")).toBe(`https://${surabayaHost}/command`);
  expect(await first("https,http")).toBe(`https://${surabayaHost}/command`);
  for (const none of ["", "http", "javascript", "a b", "http, https"])
    expect(await first(none)).toBe(`http://${surabayaHost}/command`);
});

describe("the health check", () => {
  test("names the realm of the requested host", async () => {
    for (const [host, realm] of [
      [surabayaHost, "surabaya"],
      [jakartaHost, "jakarta"],
      ["JAKARTA.localhost:80", "jakarta"],
      ["127.0.0.1", "surabaya"],
      ["lain.example", "surabaya"],
    ] as const) {
      const reply = await ask("GET", "/healthz", { host });
      expect([host, reply.status, reply.text]).toEqual([host, 200, okBody({ realm })]);
      expect(reply.headers).toMatchObject({ ...common, "content-type": "application/json; charset=utf-8" });
    }
  });
});

test("help needs no session, lists every command and describes one", async () => {
  const all = (await server.command("help")).json.data as { command: string; usage: string; purpose: string }[];
  expect(all.slice(0, 7).map(({ command }) => command)).toEqual([
    "register",
    "auth",
    "sendprivate",
    "inbox",
    "creategroup",
    "sendgroup",
    "inboxgroup",
  ]);
  for (const row of all) {
    expect((await server.command(`HELP ${row.command}`)).text).toBe(okBody(row));
    expect(row.usage.startsWith(row.command)).toBe(true);
    expect(row.purpose).not.toBe("");
  }
  expect((await server.command("help auth", { english: true })).text).toBe(
    okBody({
      command: "auth",
      usage: "auth [user name] [password]",
      purpose: "log in; data.token serves the other commands",
    }),
  );
});
