import { request } from "node:http";
import { text as readText } from "node:stream/consumers";
import { ranahProgram } from "../bench/program.ts";
import { WorkerdServer } from "../bench/workerd-server.ts";

/** A server with the realms surabaya and jakarta, for programs that show or measure the page. */
export interface PageFixture {
  readonly port: string;
  /** Sends a command to a realm. @returns `data` of the reply */
  command<T>(realm: string, text: string, token?: string): Promise<T>;
  /** Registers an account and logs in. @returns the session token */
  logIn(realm: string, name: string): Promise<string>;
  close(): Promise<void>;
}

export async function openPageFixture(): Promise<PageFixture> {
  const realms = { "surabaya.localhost": "surabaya", "jakarta.localhost": "jakarta" };
  const server = new WorkerdServer(await ranahProgram(), {
    REALM: "surabaya",
    REALMS: JSON.stringify(realms),
    // No server listens on that port, so messages to bandung stay queued.
    PEERS: JSON.stringify({ bandung: "http://127.0.0.1:9" }),
    LOCAL_PEERS: "yes",
  });
  await server.start();
  async function command<T>(realm: string, text: string, token?: string): Promise<T> {
    const reply = await post(`${server.url}/command`, `${realm}.localhost`, text, token);
    return JSON.parse(reply).data;
  }
  return {
    port: new URL(server.url).port,
    command,
    async logIn(realm, name) {
      await command(realm, `register ${name} rahasia-${name}`);
      return (await command<{ token: string }>(realm, `auth ${name} rahasia-${name}`)).token;
    },
    close: () => server.kill(),
  };
}

/** `fetch` cannot set the Host header, which selects the realm. */
function post(url: string, host: string, text: string, token?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { host, ...(token && { authorization: `Bearer ${token}` }) };
    request(url, { method: "POST", headers }, (response) => readText(response).then(resolve, reject))
      .on("error", reject)
      .end(text);
  });
}
