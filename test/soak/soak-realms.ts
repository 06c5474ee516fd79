import { seedAccounts } from "../bench/bench-accounts.ts";
import { connectPeers } from "../bench/bench-server.ts";
import { NodeServer } from "../bench/node-server.ts";
import { ranahProgram } from "../bench/program.ts";
import { WorkerdServer } from "../bench/workerd-server.ts";
import { RestartingRealm } from "./restarting-realm.ts";

export const realmNames = ["surabaya", "jakarta"] as const;
export type RealmName = (typeof realmNames)[number];
/** Accounts are named by numbers from 1. */
export const accountsPerRealm = 100;
/** The open groups of each realm. */
export const openGroups = ["satu", "dua", "tiga", "empat", "lima"] as const;
/** The private group of each realm. Account 1 owns it. */
export const privateGroup = "rahasia";

/** Starts two deployments that are peers of each other, one on each host, with their accounts and groups. */
export async function openRealms(): Promise<Record<RealmName, RestartingRealm>> {
  const program = await ranahProgram();
  const realms = {
    surabaya: new RestartingRealm("surabaya", new NodeServer({ REALM: "surabaya", LOCAL_PEERS: "yes" })),
    jakarta: new RestartingRealm("jakarta", new WorkerdServer(program, { REALM: "jakarta", LOCAL_PEERS: "yes" })),
  };
  await connectPeers(realms.surabaya.server, realms.jakarta.server);
  for (const realm of Object.values(realms)) {
    // The first start creates the tables.
    await realm.server.start();
    await realm.server.kill();
    seedAccounts(realm.server, 1, accountsPerRealm);
    await realm.server.start();
    for (const group of openGroups) await realm.sendUntilAnswered(1, `creategroup ${group}`);
    await realm.sendUntilAnswered(1, `creategroup mode=private ${privateGroup}`);
  }
  return realms;
}
