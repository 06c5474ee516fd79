import { createHash, randomBytes, scryptSync } from "node:crypto";
import type { TestServer } from "./test-server.ts";

/** A token in the form that `auth` returns, for a session that does not exist yet. */
export const newToken = (account: string) => `rnh_${account}_${randomBytes(32).toString("base64url")}`;

export const tokenDigest = (token: string) => createHash("sha256").update(token).digest("hex");

/** Adds a session to an account directly in its shard's storage. @returns the token */
export async function openSession(server: TestServer, account: string, used = Date.now()): Promise<string> {
  const token = newToken(account);
  const owner = `(select id from message_logs where kind = 'mailbox' and name = '${account}')`;
  await server.sql(account, `insert into sessions values ('${tokenDigest(token)}', ${owner}, ${used}, ${used})`);
  return token;
}

/** Sets a password with the cheapest scrypt parameters. The realm rehashes it at the first login. */
export async function setPassword(server: TestServer, account: string, password: string): Promise<void> {
  const salt = randomBytes(16);
  const key = scryptSync(password, salt, 32, { N: 2, r: 1, p: 1 });
  const verifier = `$scrypt$ln=1,r=1,p=1$${[salt, key].map((raw) => raw.toString("base64").replace(/=+$/, "")).join("$")}`;
  const owner = `(select id from message_logs where kind = 'mailbox' and name = '${account}')`;
  await server.sql(account, `update accounts set password_verifier = '${verifier}' where id = ${owner}`);
}
