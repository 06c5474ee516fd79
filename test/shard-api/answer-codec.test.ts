import { expect, test } from "vitest";
import { type Answer, dataReply, failure, textReply } from "../../src/protocol/replies.ts";
import { decodeAnswer, encodeAnswer } from "../../src/shard-api/answer-codec.ts";

const answers: Answer[] = [
  dataReply([]),
  dataReply({ text: '="\\\u0000\ud83d\ude00\u2028' }),
  { kind: "data", json: "=" },
  textReply("message-delivered", { to: "ani@surabaya" }, { id: 3, state: "delivered", thread: 2 }),
  failure("busy", { seconds: 5 }, 5),
  failure("no-such-user", { address: "=@jakarta" }),
];

test.each(answers)("an answer is decoded as it was encoded: %j", (answer) => {
  expect(typeof encodeAnswer(answer)).toBe("string");
  expect(decodeAnswer(encodeAnswer(answer))).toEqual(answer);
});

test("a stream is passed on as it is", () => {
  const stream: Answer = { kind: "stream", body: new ReadableStream() };
  expect(encodeAnswer(stream)).toBe(stream);
  expect(decodeAnswer(encodeAnswer(stream))).toBe(stream);
});

test("a text that encodeAnswer did not write is rejected", () => {
  for (const text of ["", "{", "null", "7", "[]", "{}", '{"kind":"data","json":"1"}', '{"kind":"stream"}']) {
    expect(() => decodeAnswer(text), text).toThrow();
  }
});
