import { afterAll, beforeAll, expect } from "vitest";
import type { Options, Reply } from "./command.ts";
import { KillableServer } from "./process.ts";

export const operatorToken = "hanya-untuk-pengujian";

/** A realm that is deployed alone: its own server, its own folder. */
export class Deployment {
  readonly server: KillableServer;

  constructor(realm: string, variables: Record<string, string | number> = {}) {
    this.server = new KillableServer({
      REALM: realm,
      REALMS: "",
      LOCAL_PEERS: "yes",
      OPERATOR_TOKEN: operatorToken,
      ...variables,
    });
  }

  /** Registers and logs in. @returns the token */
  async person(name: string): Promise<string> {
    await this.server.command(`register ${name} rahasia-${name}`);
    const reply = await this.server.command(`auth ${name} rahasia-${name}`);
    return (reply.json.data as { token: string }).token;
  }

  operate(line: string): Promise<Reply> {
    return this.server.command(line, { token: operatorToken });
  }

  /** The data of a command that succeeds. */
  async data<T>(line: string, options: Options): Promise<T> {
    const reply = await this.server.command(line, options);
    expect(reply.text).toContain('"status":"OK"');
    return reply.json.data as T;
  }

  async texts(token: string, line = "inbox"): Promise<string[]> {
    return (await this.data<{ text: string }[]>(line, { token })).map(({ text }) => text);
  }

  async status(token: string, reference: string | number): Promise<Status> {
    return this.data<Status>(`status ${reference}`, { token });
  }
}

export interface Status {
  id: number;
  to: string;
  text: string;
  state: "delivered" | "queued" | "failed";
  reason?: string;
  key?: string;
  tries?: number;
  next?: string;
}

/** Two deployments that have each other as peers, started before the tests of a file and ended after them. */
export function useTwoDeployments(): { surabaya: Deployment; jakarta: Deployment } {
  const surabaya = new Deployment("surabaya");
  const jakarta = new Deployment("jakarta");
  beforeAll(async () => {
    const [here, there] = await Promise.all([surabaya.server.reserve(), jakarta.server.reserve()]);
    surabaya.server.set({ PEERS: JSON.stringify({ jakarta: there.origin }) });
    jakarta.server.set({ PEERS: JSON.stringify({ surabaya: here.origin }) });
    await Promise.all([surabaya.server.start(), jakarta.server.start()]);
  });
  afterAll(() => Promise.all([surabaya.server.dispose(), jakarta.server.dispose()]));
  return { surabaya, jakarta };
}

/** Has the operator try a dead peer again and again, until its link pauses for at least so long. */
export async function tireOut(from: Deployment, to: string, token: string, ms: number): Promise<void> {
  for (;;) {
    const [link] = await from.data<{ next: string | null }[]>("realms", { token });
    if (Date.parse(link?.next ?? "") - Date.now() > ms) return;
    await from.operate(`retry ${to}`);
    await expect
      .poll(async () => (await from.data<{ next: string | null }[]>("realms", { token }))[0]?.next ?? link?.next)
      .not.toBe(link?.next);
  }
}
