import { expect, test } from "vitest";
import { errorBody } from "../support/command.ts";
import { head, rawExchange } from "../support/raw.ts";
import { useServer } from "../support/realm.ts";

const server = useServer();

// wrangler's development server reads every body to its end before it answers; the runtime itself doesn't.
test.each([65_537, 9_999_999_999])(
  "A Content-Length of %d is refused before a byte of the body is sent.",
  async (bytes) => {
    const answer = await rawExchange(server.url, [head(`Content-Length: ${bytes}`)]);
    expect(answer).toMatch(/^HTTP\/1.1 413 /);
    expect(answer).toMatch(/Error-Code: body-too-large/i);
    expect(answer.endsWith(errorBody("Isi request lebih dari 65536 byte"))).toBe(true);
  },
);
