import type { Reply } from "./command.ts";
import { jakarta, type TestServer } from "./realm.ts";

/** Somebody who is logged in, and what they say. */
export interface Newcomer {
  name: string;
  /** Full address. */
  address: string;
  token: string;
  say(line: string): Promise<Reply>;
}

/** An account of surabaya or jakarta that was not there before, with an open session. */
export async function newcomer(server: TestServer, name: string, realm = "surabaya"): Promise<Newcomer> {
  const [token = ""] = await server.crowd([name], realm);
  const host = realm === "jakarta" ? jakarta : undefined;
  return { name, address: `${name}@${realm}`, token, say: (line) => server.command(line, { token, host }) };
}
