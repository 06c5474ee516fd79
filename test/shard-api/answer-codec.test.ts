import { expect, test } from "vitest";
import { type Answer, dataReply, failure, textReply } from "../../src/protocol/replies.ts";
import { packed, unpacked } from "../../src/shard-api/answer-codec.ts";

const answers: Answer[] = [
  dataReply([]),
  dataReply({ text: '="\\\u0000\ud83d\ude00\u2028' }),
  { kind: "data", json: "=" },
  textReply("message-delivered", { to: "ani@surabaya" }, { id: 3, state: "delivered", thread: 2 }),
  failure("busy", { seconds: 5 }, 5),
  failure("no-such-user", { address: "=@jakarta" }),
];

test.each(answers)("What is unpacked is what was packed: %j", (answer) => {
  expect(typeof packed(answer)).toBe("string");
  expect(unpacked(packed(answer))).toEqual(answer);
});

test("A stream crosses as it is.", () => {
  const stream: Answer = { kind: "stream", body: new ReadableStream() };
  expect(packed(stream)).toBe(stream);
  expect(unpacked(packed(stream))).toBe(stream);
});
