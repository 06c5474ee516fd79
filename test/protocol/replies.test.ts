import fc from "fast-check";
import { expect, test } from "vitest";
import { limits } from "../../src/limits.ts";
import { type ErrorCode, errors } from "../../src/protocol/error-texts.ts";
import {
  type Answer,
  dataReply,
  failure,
  frameJson,
  frameLiveReply,
  frameReply,
  httpStatusOf,
  replyClosing,
  replyOpening,
  retryableFailure,
  textReply,
} from "../../src/protocol/replies.ts";
import { errorText } from "../../src/protocol/texts.ts";
import { anyText } from "./arbitraries.ts";

const codes = Object.keys(errors) as ErrorCode[];
const language = fc.constantFrom("id" as const, "en" as const);
const answer: fc.Arbitrary<Exclude<Answer, { kind: "stream" }>> = fc.oneof(
  anyText.map((name) => textReply("registered", { name })),
  anyText.map((to) => textReply("message-delivered", { to }, { id: 1, state: "delivered" })),
  fc.array(anyText).map((texts) => dataReply(texts.map((text) => ({ id: 1, text })))),
  fc.tuple(fc.constantFrom(...codes), anyText).map(([code, text]) => failure(code, { option: text, address: text })),
);

test("a reply is JSON with exactly `status` and `data`, and has the terminator at its end only", () => {
  fc.assert(
    fc.property(answer, language, (any, lang) => {
      const text = frameReply(any, lang);
      expect(text.indexOf("\r\n\r\n")).toBe(text.length - 4);
      const reply = JSON.parse(text);
      expect(Object.keys(reply)).toEqual(["status", "data"]);
      expect(reply.status).toBe(any.kind === "failure" ? "ERROR" : "OK");
      expect(httpStatusOf(any) === 200).toBe(reply.status === "OK");
    }),
    { numRuns: 500 },
  );
});

test("the three kinds of replies have exactly these bytes", () => {
  expect(frameReply(textReply("registered", { name: "budi" }), "id")).toBe(
    '{"status":"OK","data":"Pengguna budi terdaftar"}\r\n\r\n',
  );
  expect(frameReply(dataReply([{ id: 1, text: 'a\u0000"\n👋' }]), "id")).toBe(
    '{"status":"OK","data":[{"id":1,"text":"a\\u0000\\"\\n👋"}]}\r\n\r\n',
  );
  expect(frameReply(failure("unknown-command"), "id")).toBe(
    '{"status":"ERROR","data":"Maaf, command tidak benar"}\r\n\r\n',
  );
  expect(frameReply(failure("unknown-command"), "en")).toBe(
    '{"status":"ERROR","data":"Sorry, unknown command"}\r\n\r\n',
  );
});

test("a well-formed text in a reply is unchanged", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const bytes = new TextEncoder().encode(frameReply(dataReply([{ text }]), "id"));
      expect(JSON.parse(new TextDecoder().decode(bytes)).data[0].text).toBe(text);
    }),
  );
});

test("a streamed reply has the bytes of a whole one", () => {
  expect(`${replyOpening}[]${replyClosing}`).toBe(frameJson("[]"));
  expect(frameJson("[]")).toBe(frameReply(dataReply([]), "id"));
});

test("a reply that exceeds the limit of a frame becomes `reply-too-large`", async () => {
  const members = (chars: number) => dataReply([{ user: "x".repeat(chars) }]);
  expect(JSON.parse(await frameLiveReply(members(limits.replyFrameMaxBytes), "en"))).toMatchObject({
    status: "ERROR",
    error: "reply-too-large",
  });
  expect(JSON.parse(await frameLiveReply(members(limits.replyFrameMaxBytes - 50), "en"))).toMatchObject({
    status: "OK",
  });
});

test("every failure has the HTTP status and the two texts of its row", () => {
  for (const code of codes) {
    expect(httpStatusOf(failure(code))).toBe(errors[code][0]);
    for (const lang of ["id", "en"] as const) {
      expect(JSON.parse(frameReply(failure(code), lang)).data).toBe(errorText(code, {}, lang));
    }
  }
});

test("a temporary failure has the same number of seconds in its text and in `Retry-After`", () => {
  const answer = retryableFailure("too-many-attempts", 15);
  expect(answer.retryAfter).toBe(15);
  expect(JSON.parse(frameReply(answer, "en")).data).toBe("Too many wrong passwords; try again in 15 s");
});
