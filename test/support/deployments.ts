import { afterAll, beforeAll, expect } from "vitest";
import type { CommandOptions, Reply } from "./command.ts";
import type { FakePeer } from "./fake-peer.ts";
import { KillableServer, type Launcher } from "./killable-server.ts";

export const operatorToken = "hanya-untuk-pengujian";

/** One realm with its own server process and data folder. */
export class Deployment {
  readonly server: KillableServer;

  constructor(realm: string, variables: Record<string, string | number> = {}, launcher?: Launcher) {
    this.server = new KillableServer(
      { REALM: realm, REALMS: "", LOCAL_PEERS: "yes", OPERATOR_TOKEN: operatorToken, ...variables },
      launcher,
    );
  }

  /** Registers an account and logs in. @returns the token */
  async signUp(name: string): Promise<string> {
    await this.server.command(`register ${name} rahasia-${name}`);
    const reply = await this.server.command(`auth ${name} rahasia-${name}`);
    return (reply.json.data as { token: string }).token;
  }

  operatorCommand(line: string): Promise<Reply> {
    return this.server.command(line, { token: operatorToken });
  }

  /** Sends a command that must succeed. @returns its data */
  async okData<T>(line: string, options: CommandOptions): Promise<T> {
    const reply = await this.server.command(line, options);
    expect(reply.text).toContain('"status":"OK"');
    return reply.json.data as T;
  }

  async messageTexts(token: string, line = "inbox"): Promise<string[]> {
    return (await this.okData<{ text: string }[]>(line, { token })).map(({ text }) => text);
  }

  async sentStatus(token: string, reference: string | number): Promise<SentStatus> {
    return this.okData<SentStatus>(`status ${reference}`, { token });
  }
}

export interface SentStatus {
  id: number;
  to: string;
  text: string;
  state: "delivered" | "queued" | "failed";
  reason?: string;
  key?: string;
  tries?: number;
  next?: string;
}

/** Two deployments that are peers of each other. They start before the tests of a file and stop after them. */
export function useTwoDeployments(launchers: { surabaya?: Launcher; jakarta?: Launcher } = {}): {
  surabaya: Deployment;
  jakarta: Deployment;
} {
  const surabaya = new Deployment("surabaya", {}, launchers.surabaya);
  const jakarta = new Deployment("jakarta", {}, launchers.jakarta);
  beforeAll(async () => {
    const [here, there] = await Promise.all([surabaya.server.reservePort(), jakarta.server.reservePort()]);
    surabaya.server.setVariables({ PEERS: JSON.stringify({ jakarta: there.origin }) });
    jakarta.server.setVariables({ PEERS: JSON.stringify({ surabaya: here.origin }) });
    await Promise.all([surabaya.server.start(), jakarta.server.start()]);
  });
  afterAll(() => Promise.all([surabaya.server.dispose(), jakarta.server.dispose()]));
  return { surabaya, jakarta };
}

/** Surabaya with peers that are listening. It starts before the tests of a file, and all stop after them. */
export function useDeploymentWithPeers(
  peers: readonly FakePeer[],
  variables: Record<string, string | number> = {},
): Deployment {
  const surabaya = new Deployment("surabaya", {
    PEERS: JSON.stringify(Object.fromEntries(peers.map((peer) => [peer.realm, peer.origin]))),
    ...variables,
  });
  beforeAll(() => surabaya.server.start());
  afterAll(() => {
    for (const peer of peers) peer.stop();
    return surabaya.server.dispose();
  });
  return surabaya;
}

/** Retries a dead peer as operator until the back-off of its delivery queue exceeds `ms`. */
export async function growBackoff(from: Deployment, to: string, token: string, ms: number): Promise<void> {
  for (;;) {
    const [queue] = await from.okData<{ next: string | null }[]>("realms", { token });
    if (Date.parse(queue?.next ?? "") - Date.now() > ms) return;
    await from.operatorCommand(`retry ${to}`);
    await expect
      .poll(async () => (await from.okData<{ next: string | null }[]>("realms", { token }))[0]?.next ?? queue?.next)
      .not.toBe(queue?.next);
  }
}
