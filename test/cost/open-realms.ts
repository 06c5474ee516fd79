import { seedAccounts } from "../bench/bench-accounts.ts";
import { connectPeers } from "../bench/bench-server.ts";
import { ranahProgram } from "../bench/program.ts";
import { WorkerdServer } from "../bench/workerd-server.ts";

/** Starts two metered deployments that are peers of each other. Each has accounts 1 to `accounts`. */
export async function openRealms(accounts: number): Promise<{ surabaya: WorkerdServer; jakarta: WorkerdServer }> {
  const program = await ranahProgram("test/worker/cost-worker.ts");
  const realm = (name: string) => new WorkerdServer(program, { REALM: name, LOCAL_PEERS: "yes" });
  const [surabaya, jakarta] = [realm("surabaya"), realm("jakarta")];
  await connectPeers(surabaya, jakarta);
  for (const server of [surabaya, jakarta]) {
    // The first start creates the tables.
    await server.start();
    await server.kill();
    seedAccounts(server, 1, accounts);
    await server.start();
  }
  return { surabaya, jakarta };
}
