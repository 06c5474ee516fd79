import type { Command } from "../protocol/commands.ts";
import { type Answer, failure } from "../protocol/replies.ts";
import { decodeAnswer } from "../shard-api/answer-codec.ts";
import { owningShard, type RealmContext, shardZero } from "../shard-api/realm-context.ts";
import type { Bearer } from "./bearer-token.ts";

/** Routes a command to the shard that executes it: the shard of its account, or shard 0 for operator commands. */
export async function dispatchCommand(
  context: RealmContext,
  command: Exclude<Command, { name: "help" }>,
  bearer: Bearer,
): Promise<Answer> {
  switch (command.name) {
    case "register":
    case "auth":
      return owningShard(context, command.account).authenticateOrRegister(command, bearer.kind === "operator");
    case "retry":
    case "peertest":
    case "rotatekey":
    case "emptyaccount":
      if (bearer.kind === "none") return failure(bearer.error);
      if (bearer.kind !== "operator") return failure("operator-only");
      return shardZero(context).executeOperatorCommand(command);
  }
  if (bearer.kind === "none") return failure(bearer.error);
  // The operator has no account.
  if (bearer.kind === "operator") return failure("session-ended");
  return decodeAnswer(await owningShard(context, bearer.session.account).execute(command, bearer.session));
}
