import type { Reply } from "./command.ts";
import { jakartaHost, type TestServer } from "./test-server.ts";

/** An account with an open session, and a function that sends its commands. */
export interface NewAccount {
  name: string;
  /** Full address. */
  address: string;
  token: string;
  command(line: string): Promise<Reply>;
}

/** Creates an account in surabaya or jakarta with an open session. */
export async function newAccount(server: TestServer, name: string, realm = "surabaya"): Promise<NewAccount> {
  const [token = ""] = await server.seedAccounts([name], realm);
  const host = realm === "jakarta" ? jakartaHost : undefined;
  return { name, address: `${name}@${realm}`, token, command: (line) => server.command(line, { token, host }) };
}
