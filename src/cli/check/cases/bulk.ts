import { type CheckCase, casesOf } from "../check-case.ts";
import { expectEqual, expectError } from "../expectations.ts";

export const bulkCases: CheckCase[] = casesOf("Bulk requests", { needs: ["http"] }, [
  [
    "bulk.order",
    "each line of a bulk request has its reply, in order, and sees the lines before it",
    async (check) => {
      const [budi, ani] = [await check.budi, await check.ani];
      const lines = [`sendprivate ${ani.name} satu`, "halo", `sendprivate ${ani.name} dua`, "sent last=2"];
      const replies = await bulk(check, budi.token, lines.join("\n"));
      expectEqual(
        replies.map(({ status }) => status),
        ["OK", "ERROR", "OK", "OK"],
        "status of the replies",
      );
      expectEqual(replies[1]?.error, "unknown-command", "error");
      expectEqual(
        (replies[3]?.data as { text: string }[] | undefined)?.map(({ text }) => text),
        ["satu", "dua"],
        "sent",
      );
    },
  ],
  [
    "bulk.stop-on-error",
    "with Stop-On-Error nothing starts after a failed line",
    async (check) => {
      const [budi, ani] = [await check.budi, await check.ani];
      const key = check.newName();
      const replies = await bulk(check, budi.token, `halo\r\nsendprivate key=${key} ${ani.name} tidak\r\n`, {
        "stop-on-error": "1",
      });
      expectEqual(replies.length, 1, "number of replies");
      expectError(await budi.command(`status ${key}`), "no-such-message");
    },
  ],
  [
    "bulk.empty",
    "the answer to an empty body is empty",
    async (check) => expectEqual(await bulk(check, (await check.budi).token, ""), [], "replies"),
  ],
  [
    "error.post-command-only",
    "register, auth, passwd and operator commands go through POST /command only",
    async (check) => {
      const lines = [
        "register x rahasia-sekali",
        "auth x rahasia-sekali",
        "passwd rahasia-lama rahasia-baru",
        "rotatekey",
      ];
      const replies = await bulk(check, (await check.budi).token, lines.join("\n"));
      expectEqual(
        replies.map(({ error }) => error),
        lines.map(() => "post-command-only"),
        "errors",
      );
    },
  ],
  [
    "error.too-many-lines",
    "a bulk request of 1,001 lines is answered too-many-lines, and none is carried out",
    async (check) => {
      const replies = await bulk(check, (await check.budi).token, "help\n".repeat(1_001));
      expectEqual(
        replies.map(({ status }) => status),
        ["ERROR"],
        "replies",
      );
    },
  ],
  [
    "error.bulk-too-large",
    "a bulk request of more than 1 MiB is answered bulk-too-large",
    async (check) => {
      const token = (await check.budi).token;
      const response = await check.http({
        path: "/commands",
        method: "POST",
        body: "x".repeat(1_100_000),
        headers: { authorization: `Bearer ${token}` },
      });
      expectEqual([response.status, response.headers["error-code"]], [413, "bulk-too-large"], "status and error");
    },
  ],
]);

async function bulk(
  check: Parameters<CheckCase["run"]>[0],
  token: string,
  body: string,
  headers: Record<string, string> = {},
): Promise<{ status: string; data: unknown; error?: string }[]> {
  const response = await check.http({
    path: "/commands",
    method: "POST",
    body,
    headers: { authorization: `Bearer ${token}`, ...headers },
  });
  const parts = response.body.split("\r\n\r\n");
  expectEqual(parts.at(-1), "", "the end of the last reply");
  return parts.slice(0, -1).map((part) => JSON.parse(part));
}
