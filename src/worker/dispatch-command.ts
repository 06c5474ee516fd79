import { limits } from "../limits.ts";
import type { Command } from "../protocol/commands.ts";
import { type Answer, failure, retryableFailure } from "../protocol/replies.ts";
import { decodeAnswer } from "../shard-api/answer-codec.ts";
import { owningShard, type RealmContext, shardZero } from "../shard-api/realm-context.ts";
import { callWithPassword } from "./password-request.ts";
import type { Credentials } from "./request-credentials.ts";

/**
 * Routes a command to the shard that executes it: the shard of its account, or shard 0 for operator commands.
 *
 * @param isLoginAllowed asked before a password is hashed
 */
export async function dispatchCommand(
  context: RealmContext,
  command: Exclude<Command, { name: "help" }>,
  credentials: Credentials,
  isLoginAllowed: () => Promise<boolean>,
): Promise<Answer> {
  switch (command.name) {
    case "register":
    case "auth":
      if (!(await isLoginAllowed())) return retryableFailure("busy", limits.loginRateRetrySeconds);
      return owningShard(context, command.account).authenticateOrRegister(command, credentials.kind === "operator");
    case "retry":
    case "peertest":
    case "rotatekey":
    case "emptyaccount":
      if (credentials.kind === "none") return credentials.failure;
      if (credentials.kind !== "operator") return failure("operator-only");
      return shardZero(context).executeOperatorCommand(command);
  }
  switch (credentials.kind) {
    case "none":
      return credentials.failure;
    // The operator has no account.
    case "operator":
      return failure("session-ended");
    case "session": {
      const { session } = credentials;
      return decodeAnswer(await owningShard(context, session.account).execute(command, session));
    }
    case "password":
      return callWithPassword(context.realm, credentials.login, isLoginAllowed, async (login) =>
        decodeAnswer(await owningShard(context, login.account).executeWithPassword(command, login)),
      );
  }
}
