import { expect, test } from "vitest";
import { errorBody, type Options } from "./command.ts";
import type { TestServer } from "./realm.ts";

/** A line that is refused, and exactly how. */
export interface Refusal {
  /** Completes the title "… is refused." */
  what: string;
  line: string | Uint8Array;
  status: number;
  code: string;
  /** The sentence in Indonesian and in English. */
  id: string;
  en: string;
}

/** Makes a test of each row: status, headers and the exact body, in both languages. */
export function testRefusals(server: TestServer, refusals: Refusal[], options: () => Options = () => ({})): void {
  test.for(refusals)("$what is refused.", async (refusal) => {
    for (const language of ["id", "en"] as const) {
      const reply = await server.command(refusal.line, { ...options(), english: language === "en" });
      expect(reply.text).toBe(errorBody(refusal[language]));
      expect(reply.status).toBe(refusal.status);
      expect(reply.headers).toMatchObject({
        "error-code": refusal.code,
        "content-type": "application/json; charset=utf-8",
        "content-language": language,
        "access-control-allow-origin": "*",
        "cache-control": "no-store",
        vary: "Accept-Language",
      });
      expect(reply.headers["www-authenticate"]).toBe(refusal.status === 401 ? "Bearer" : undefined);
      expect(reply.headers["retry-after"]).toBeUndefined();
      expect(reply.headers["content-length"]).toBe(String(Buffer.byteLength(reply.text)));
    }
  });
}
