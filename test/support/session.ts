import { createHash, randomBytes } from "node:crypto";
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

/** Gives accounts the password of another account, since hashing one takes a quarter of a second. */
export async function sharePassword(server: TestServer, from: string, to: string[]): Promise<void> {
  const [row] = await server.sql<{ verifier: string }>(
    from,
    `select verifier from accounts join logs using (id) where name = '${from}'`,
  );
  for (const name of to) {
    const id = `(select id from logs where kind = 'mailbox' and name = '${name}')`;
    await server.sql(name, `update accounts set verifier = '${row?.verifier}' where id = ${id}`);
  }
}
