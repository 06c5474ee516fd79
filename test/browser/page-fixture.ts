import { request } from "node:http";
import { text as readText } from "node:stream/consumers";
import { Plain, ranah } from "../bench/workerd-server.ts";

/** A server with two realms, for programs that show or measure the page. */
export interface Stage {
  readonly port: string;
  /** Sends a command to a realm. @returns `data` of its reply */
  command<T>(realm: string, line: string, token?: string): Promise<T>;
  /** Registers and logs in. @returns the token */
  person(realm: string, name: string): Promise<string>;
  close(): Promise<void>;
}

export async function openStage(): Promise<Stage> {
  const realms = { "surabaya.localhost": "surabaya", "jakarta.localhost": "jakarta" };
  const server = new Plain(await ranah(), {
    REALM: "surabaya",
    REALMS: JSON.stringify(realms),
    // Nobody is at home at that port: what goes to bandung is queued.
    PEERS: JSON.stringify({ bandung: "http://127.0.0.1:9" }),
    LOCAL_PEERS: "yes",
  });
  await server.start();
  async function command<T>(realm: string, line: string, token?: string): Promise<T> {
    const reply = await say(`${server.url}/command`, `${realm}.localhost`, line, token);
    return JSON.parse(reply).data;
  }
  return {
    port: new URL(server.url).port,
    command,
    async person(realm, name) {
      await command(realm, `register ${name} rahasia-${name}`);
      return (await command<{ token: string }>(realm, `auth ${name} rahasia-${name}`)).token;
    },
    close: () => server.kill(),
  };
}

/** Not `fetch`: that one sets the Host header itself, and realms are told apart by it. */
function say(url: string, host: string, line: string, token?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { host, ...(token && { authorization: `Bearer ${token}` }) };
    request(url, { method: "POST", headers }, (response) => readText(response).then(resolve, reject))
      .on("error", reject)
      .end(line);
  });
}
