import type { Command } from "../protocol/commands.ts";
import { type Answer, type Failure, failure } from "../protocol/replies.ts";
import { decodeAnswer } from "../shard-api/answer-codec.ts";
import { owningShard, type RealmContext, shardZero } from "../shard-api/realm-context.ts";
import { callWithPassword } from "./password-request.ts";
import type { Credentials } from "./request-credentials.ts";

/**
 * Routes a command to the shard that executes it: the shard of its account, or shard 0 for operator commands.
 *
 * @param admitLogin asked before a password is hashed
 */
export async function dispatchCommand(
  context: RealmContext,
  command: Exclude<Command, { name: "help" }>,
  credentials: Credentials,
  admitLogin: () => Promise<Failure | null>,
): Promise<Answer> {
  switch (command.name) {
    case "register":
    case "auth": {
      const byOperator = credentials.kind === "operator";
      const refused = byOperator ? null : await admitLogin();
      return refused ?? owningShard(context, command.account).authenticateOrRegister(command, byOperator);
    }
    case "retry":
    case "peertest":
    case "rotatekey":
    case "invitecode":
    case "invitecodes":
    case "revokecode":
    case "resetpassword":
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
      return callWithPassword(context.realm, credentials.login, admitLogin, async (login) =>
        decodeAnswer(await owningShard(context, login.account).executeWithPassword(command, login)),
      );
  }
}
