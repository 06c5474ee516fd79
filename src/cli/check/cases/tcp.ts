import { limits } from "../../../limits.ts";
import { TcpConnection } from "../../client/tcp-connection.ts";
import { type CheckCase, casesOf } from "../check-case.ts";
import type { CheckRun } from "../check-run.ts";
import { expectEqual, expectThat } from "../expectations.ts";

/** What plain TCP promises: where requests and replies begin and end. */
export const tcpCases: CheckCase[] = casesOf("Reply", { level: "seed", needs: ["tcp"] }, [
  [
    "tcp.one-segment",
    "several requests in one segment are answered in their order",
    async (check) => {
      const replies = await exchange(check, [Buffer.from("halo\r\nregister\r\nhalo\r\n")], 3);
      expectEqual(replies.map(statusOf), ["ERROR", "ERROR", "ERROR"], "status");
      expectThat(replies[0] === replies[2] && replies[0] !== replies[1], "the order of the replies");
    },
  ],
  [
    "tcp.many-segments",
    "a request over many segments is one request, also if a character is cut",
    async (check) => {
      const bytes = Buffer.from("halo é€😀\r\n");
      const replies = await exchange(
        check,
        [...bytes].map((byte) => Buffer.of(byte)),
        1,
      );
      expectEqual(replies.map(statusOf), ["ERROR"], "status");
    },
  ],
  [
    "tcp.ascii",
    "a reply is ASCII, so that its bytes are its characters",
    async (check) => {
      const [budi, ani] = [await check.budi, await check.ani];
      await budi.command(`sendprivate ${ani.name} é€😀`);
      const { text } = await ani.command("inbox");
      expectThat(/^[\r\n -~]+$/.test(text), "only ASCII characters");
      expectThat(text.includes("\\u00e9\\u20ac\\ud83d\\ude00"), "the text as \\u escapes");
    },
  ],
  [
    "tcp.session",
    "auth logs its connection in and no other",
    async (check) => {
      const budi = await check.budi;
      expectThat((await budi.command("inbox")).ok, "inbox is OK on the connection of auth");
      expectThat(!(await check.command("inbox")).ok, "inbox is an error on another connection");
    },
  ],
]);

async function exchange(check: CheckRun, parts: readonly Uint8Array[], count: number): Promise<string[]> {
  const connection = new TcpConnection(check.url);
  try {
    return await connection.exchangeBytes(parts, count, limits.checkRequestMs);
  } finally {
    connection.close();
  }
}

function statusOf(text: string): string {
  return JSON.parse(text).status;
}
