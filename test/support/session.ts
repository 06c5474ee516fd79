import { createHash, randomBytes, scryptSync } from "node:crypto";
import type { TestServer } from "./realm.ts";

/** A new token of an account, in the form that `auth` gives, which no object knows. */
export const newToken = (account: string) => `rnh_${account}_${randomBytes(32).toString("base64url")}`;

export const digestOf = (token: string) => createHash("sha256").update(token).digest("hex");

/** Opens one more session of an account, written straight into its object. @returns the token */
export async function openSession(server: TestServer, account: string, used = Date.now()): Promise<string> {
  const token = newToken(account);
  const owner = `(select id from logs where kind = 'mailbox' and name = '${account}')`;
  await server.sql(account, `insert into sessions values ('${digestOf(token)}', ${owner}, ${used}, ${used})`);
  return token;
}

/** Gives an account a password at a cost that takes no time. A realm hashes it anew when it is first used. */
export async function setPassword(server: TestServer, account: string, password: string): Promise<void> {
  const salt = randomBytes(16);
  const key = scryptSync(password, salt, 32, { N: 2, r: 1, p: 1 });
  const verifier = `$scrypt$ln=1,r=1,p=1$${[salt, key].map((raw) => raw.toString("base64").replace(/=+$/, "")).join("$")}`;
  const owner = `(select id from logs where kind = 'mailbox' and name = '${account}')`;
  await server.sql(account, `update accounts set verifier = '${verifier}' where id = ${owner}`);
}
