import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { afterEach, beforeAll, expect, test } from "vitest";
import { CliUser } from "../support/cli.ts";
import { sendRequest } from "../support/command.ts";
import { type NewAccount, newAccount } from "../support/new-account.ts";
import { useServer } from "../support/test-server.ts";

const server = useServer();
const user = new CliUser();
let budi: NewAccount;
let front: Server;

beforeAll(async () => {
  budi = await newAccount(server, "budi");
});
afterEach(() => front.close());

/** Something that stands at the address of a realm. @returns the environment of a script that uses it */
async function standIn(listener: RequestListener): Promise<Record<string, string>> {
  front = createServer(listener).listen(0, "127.0.0.1");
  await once(front, "listening");
  const address = front.address();
  const port = typeof address === "object" ? address?.port : 0;
  return { RANAH_URL: `http://127.0.0.1:${port}`, RANAH_TOKEN: budi.token };
}

/** Passes a request on to the real server. */
const passOn: RequestListener = async (request, response) => {
  const body = Buffer.concat(await request.toArray());
  const headers = { authorization: String(request.headers.authorization), host: "surabaya.localhost" };
  const reply = await sendRequest(new URL("/command", server.url), "POST", body, headers);
  response.writeHead(reply.status, reply.headers).end(reply.text);
};

test.for([
  [429, "busy"],
  [503, "unavailable"],
] as const)("an answer %i is repeated after its Retry-After, for a read and for a send", async ([status, code]) => {
  let refusals = 0;
  const env = await standIn((request, response) => {
    if (++refusals % 2 === 0) return passOn(request, response);
    const headers = { "error-code": code, "retry-after": "1" };
    return response.writeHead(status, headers).end('{"status":"ERROR","data":"sibuk"}\r\n\r\n');
  });
  expect((await user.run(["whoami"], { env })).code).toBe(0);
  expect((await user.run(["send", "budi", "halo"], { env })).code).toBe(0);
  expect(refusals).toBe(4);
});

test("a send whose first answer was lost is uncertain, whatever refusal follows", async () => {
  let requests = 0;
  const env = await standIn(async (request, response) => {
    if (++requests > 1) {
      response.writeHead(429, { "error-code": "busy", "retry-after": "3600" });
      return response.end('{"status":"ERROR","data":"sibuk"}\r\n\r\n');
    }
    // It is carried out, and the answer is lost.
    const body = Buffer.concat(await request.toArray());
    await budi.command(body.toString());
    return request.socket.destroy();
  });
  const { code, stderr } = await user.run(["send", "--json", "--key", "ragu", "budi", "mungkin"], { env });
  expect([code, JSON.parse(stderr)]).toMatchObject([70, { error: "busy", key: "ragu" }]);
  expect((await budi.command("status ragu")).text).toContain('"state":"delivered"');
});

test("a Retry-After beyond the time-out is not waited for", async () => {
  let requests = 0;
  const env = await standIn((_request, response) => {
    requests++;
    response.writeHead(429, { "error-code": "busy", "retry-after": "3600" });
    response.end('{"status":"ERROR","data":"sibuk sekali"}\r\n\r\n');
  });
  const { code, stderr } = await user.run(["send", "budi", "halo"], { env });
  expect([code, stderr, requests]).toEqual([69, "ranah: sibuk sekali\n", 1]);
});

test("a proxy in the way of a server that is down is asked again", async () => {
  let requests = 0;
  const env = await standIn((request, response) => {
    if (++requests > 2) return passOn(request, response);
    return response.writeHead(502, { "content-type": "text/html" }).end("<h1>Bad Gateway</h1>");
  });
  expect((await user.run(["whoami"], { env })).code).toBe(0);
});

test("a server of something else is noticed at once", async () => {
  const env = await standIn((_request, response) => response.end("<html>"));
  expect(await user.run(["inbox"], { env })).toMatchObject({
    code: 70,
    stderr: expect.stringContaining("not of this protocol"),
  });
});

test("a redirect is not followed, because the token would go with it", async () => {
  let requests = 0;
  const env = await standIn((_request, response) => {
    requests++;
    response.writeHead(308, { location: "/lain" }).end();
  });
  expect((await user.run(["send", "budi", "halo"], { env })).code).toBe(70);
  expect(requests).toBe(1);
});

test("a reply that is cut off is no reply", async () => {
  const env = await standIn((_request, response) => response.end('{"status":"OK","data":"terkirim"}'));
  expect((await user.run(["send", "budi", "halo", "--timeout", "1s"], { env })).code).toBe(70);
});
