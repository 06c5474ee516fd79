import { expect, test } from "vitest";
import { errorBody } from "../support/command.ts";
import { commandHead, rawExchange, requestHead } from "../support/raw-http.ts";
import { useServer } from "../support/test-server.ts";

const server = useServer();

// Not for wrangler's development server, which reads every body to its end before it answers.
test.each([65_537, 9_999_999_999])(
  "a Content-Length of %d is rejected before any byte of the body is sent",
  async (bytes) => {
    const answer = await rawExchange(server.url, [commandHead(`Content-Length: ${bytes}`)]);
    expect(answer).toMatch(/^HTTP\/1.1 413 /);
    expect(answer).toMatch(/Error-Code: body-too-large/i);
    expect(answer.endsWith(errorBody("Isi request lebih dari 65536 byte"))).toBe(true);
  },
);

test.each([
  ["/command", 413],
  ["/commands", 401],
  ["/federation/deliver", 401],
  ["/healthz", 405],
  ["/salah", 404],
])("a client that writes a body of 1.5 MB to %s before reading still receives the error", async (path, status) => {
  const size = 1_500_000;
  for (let n = 0; n < 10; n++) {
    const parts = [requestHead(path, `Content-Length: ${size}`), "a".repeat(size)];
    expect(await rawExchange(server.url, parts, true)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  }
});

test.each([
  ["POST /command", "a b"],
  ["POST /command", "x:99999"],
  ["POST /command", "u:p@x"],
  ["POST /command", "a/b"],
  ["POST /commands", "1.2.3.4.5"],
  ["GET http://u:p@x/", "x"],
])("%s with the Host %j is answered with an error, and the server continues", async (request, host) => {
  const answer = await rawExchange(server.url, [
    `${request} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 6\r\n\r\nwhoami`,
  ]);
  expect(answer).toMatch(/^HTTP\/1.1 400 /);
  expect(answer).toMatch(/Error-Code: bad-request/i);
  expect((await server.command("help")).status).toBe(200);
});
