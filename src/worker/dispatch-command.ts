import { type Command, commands, type OperatorCommand } from "../protocol/commands.ts";
import type { Name } from "../protocol/names.ts";
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
  if (command.name === "register" || command.name === "auth") {
    const byOperator = credentials.kind === "operator";
    const refused = byOperator ? null : await admitLogin();
    return refused ?? owningShard(context, command.account).authenticateOrRegister(command, byOperator);
  }
  if (isOperatorCommand(command)) {
    const actor = credentials.kind === "operator" ? null : await operatorOf(context, credentials, admitLogin);
    if (actor !== null && typeof actor !== "string") return actor;
    return shardZero(context).executeOperatorCommand(command, actor);
  }
  switch (credentials.kind) {
    case "none":
      return refuse(credentials.failure, admitLogin);
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

/** A token that is none of a session may be a guess at the operator's: it is rated as a wrong password is. */
async function refuse(refusal: Failure, admitLogin: () => Promise<Failure | null>): Promise<Failure> {
  return (refusal.error === "token-malformed" ? await admitLogin() : null) ?? refusal;
}

/** The account that sends an operator command, or why it may not. */
async function operatorOf(
  context: RealmContext,
  credentials: Exclude<Credentials, { kind: "operator" }>,
  admitLogin: () => Promise<Failure | null>,
): Promise<Name | Failure> {
  switch (credentials.kind) {
    case "none":
      return refuse(credentials.failure, admitLogin);
    case "session":
      return owningShard(context, credentials.session.account).operatorOf(credentials.session);
    case "password":
      return (
        (await admitLogin()) ?? owningShard(context, credentials.login.account).operatorWithPassword(credentials.login)
      );
  }
}

function isOperatorCommand(command: Command): command is OperatorCommand {
  return commands[command.name].by === "operator";
}
