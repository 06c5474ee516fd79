import type { Reply } from "./http-client.ts";
import { type RestartingRealm, UnexpectedReply } from "./restarting-realm.ts";

/** Registers an account, logs in, changes the password and ends all sessions: the commands that hash passwords. */
export async function runAccountLifecycle(realm: RestartingRealm, name: string): Promise<void> {
  // A kill can lose the answer to a completed command. The repeated command then fails with `allowedError`.
  const run = async (token: string | null, line: string, allowedError?: string): Promise<Reply> => {
    const reply = await realm.sendUntilAnswered(token, line);
    if (reply.status !== 200 && reply.error !== allowedError) {
      throw new UnexpectedReply(`${line} was answered ${reply.status} ${reply.error}`);
    }
    return reply;
  };
  await run(null, `register ${name} rahasia-pertama`, "name-taken");
  await run(null, `auth ${name} bukan-rahasia`, "wrong-credentials");
  const { data } = await run(null, `auth ${name} rahasia-pertama`);
  const { token } = data as { token: string };
  await run(token, "passwd rahasia-pertama rahasia-kedua", "wrong-old-password");
  await run(token, "logout all=yes", "session-ended");
}
