import { createHash } from "node:crypto";

/** What a code is for: an invitation to register, or a new password for an account whose owner has forgotten it. */
export type CodeKind = "invite" | "reset";

const prefixes: Record<CodeKind, string> = { invite: "inv", reset: "rst" };
/** The id is shown in lists; the secret is 120 random bits. Letters and digits that look alike are not used. */
const pattern = /^(inv|rst)-([a-z2-9]{6})-([a-z2-9]{24})$/;
const alphabet = "abcdefghjkmnpqrstuvwxyz23456789".padEnd(32, "y");

export interface AccessCode {
  kind: CodeKind;
  id: string;
  /** SHA-256 of the whole code, in hex. The code itself is stored nowhere. */
  digest: string;
}

export function newAccessCode(kind: CodeKind): { code: string; id: string; digest: string } {
  const [id, secret] = [randomText(6), randomText(24)];
  const code = `${prefixes[kind]}-${id}-${secret}`;
  return { code, id, digest: digestOf(code) };
}

/** @returns null where the text is no code */
export function parseAccessCode(text: string): AccessCode | null {
  const [, prefix, id = ""] = pattern.exec(text) ?? [];
  if (!prefix) return null;
  return { kind: prefix === prefixes.invite ? "invite" : "reset", id, digest: digestOf(text) };
}

function randomText(length: number): string {
  return [...crypto.getRandomValues(new Uint8Array(length))].map((byte) => alphabet[byte % 32]).join("");
}

function digestOf(code: string): string {
  return createHash("sha256").update(code).digest("hex");
}
