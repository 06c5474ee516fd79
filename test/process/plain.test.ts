import { expect, test } from "vitest";
import { errorBody } from "../support/command.ts";
import { head, headOf, rawExchange } from "../support/raw-http.ts";
import { useServer } from "../support/realm.ts";

const server = useServer();

// wrangler's development server reads every body to its end before it answers; the runtime itself doesn't.
test.each([65_537, 9_999_999_999])(
  "A Content-Length of %d is refused though no byte of the body is sent.",
  async (bytes) => {
    const answer = await rawExchange(server.url, [head(`Content-Length: ${bytes}`)]);
    expect(answer).toMatch(/^HTTP\/1.1 413 /);
    expect(answer).toMatch(/Error-Code: body-too-large/i);
    expect(answer.endsWith(errorBody("Isi request lebih dari 65536 byte"))).toBe(true);
  },
);

test.each([
  ["/command", 413],
  ["/commands", 413],
  ["/federation/deliver", 401],
  ["/healthz", 405],
  ["/salah", 404],
])(
  "Whoever writes a body of 1.5 MB to %s before reading anything still reads why it is refused.",
  async (path, status) => {
    const size = 1_500_000;
    for (let n = 0; n < 10; n++) {
      const parts = [headOf(path, `Content-Length: ${size}`), "a".repeat(size)];
      expect(await rawExchange(server.url, parts, true)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    }
  },
);

test("A Host that is none is answered as every fault is, and stops nothing.", async () => {
  const answer = await rawExchange(server.url, [
    "POST /command HTTP/1.1\r\nHost: a b\r\nContent-Length: 6\r\n\r\nwhoami",
  ]);
  expect(answer).toMatch(/^HTTP\/1.1 500 /);
  expect(answer).toMatch(/Error-Code: internal/i);
  expect((await server.command("help")).status).toBe(200);
});
