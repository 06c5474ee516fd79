import { expect, test } from "vitest";
import { type CommandOptions, errorBody } from "./command.ts";
import type { TestServer } from "./test-server.ts";

/** A command line that the server rejects, and the expected reply. */
export interface ErrorCase {
  /** Completes the test title "… is rejected". */
  what: string;
  line: string | Uint8Array;
  status: number;
  code: string;
  /** The exact error text in Indonesian and in English. */
  id: string;
  en: string;
}

/** Defines one test for each row. It checks status, headers and the exact body in both languages. */
export function testErrorCases(
  server: TestServer,
  cases: ErrorCase[],
  options: () => CommandOptions = () => ({}),
): void {
  test.for(cases)("$what is rejected", async (errorCase) => {
    for (const language of ["id", "en"] as const) {
      const reply = await server.command(errorCase.line, { ...options(), english: language === "en" });
      expect(reply.text).toBe(errorBody(errorCase[language]));
      expect(reply.status).toBe(errorCase.status);
      expect(reply.headers).toMatchObject({
        "error-code": errorCase.code,
        "content-type": "application/json; charset=utf-8",
        "content-language": language,
        "access-control-allow-origin": "*",
        "cache-control": "no-store",
        vary: "Accept-Language",
      });
      expect(reply.headers["www-authenticate"]).toBe(errorCase.status === 401 ? "Bearer" : undefined);
      expect(reply.headers["retry-after"]).toBeUndefined();
      expect(reply.headers["content-length"]).toBe(String(Buffer.byteLength(reply.text)));
    }
  });
}
