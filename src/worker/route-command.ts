import { type Command, type CommandName, commands } from "../protocol/commands.ts";
import { type Answer, dataReply, failure } from "../protocol/replies.ts";
import { help, helpEntry, type Language } from "../protocol/texts.ts";
import { unpacked } from "../shard-api/answer-codec.ts";
import { firstObject, type Host, objectOf } from "../shard-api/realm-context.ts";
import type { Bearer } from "./bearer-token.ts";

/** Brings a command to the object that carries it out: its account's, or for the operator the realm's first. */
export async function dispatch(host: Host, command: Command, bearer: Bearer, language: Language): Promise<Answer> {
  switch (command.name) {
    case "help":
      return explain(command.topic, language);
    case "register":
    case "auth":
      return objectOf(host, command.account).enter(command, bearer.kind === "operator");
    case "retry":
    case "peertest":
    case "rotatekey":
      if (bearer.kind === "nobody") return failure(bearer.error);
      if (bearer.kind !== "operator") return failure("operator-only");
      return firstObject(host).operate(command);
  }
  if (bearer.kind === "nobody") return failure(bearer.error);
  // The operator is no account: it has no mailbox, and nothing to send from.
  if (bearer.kind === "operator") return failure("session-ended");
  return unpacked(await objectOf(host, bearer.claim.account).execute(command, bearer.claim));
}

/** What a command comes to where only a session's own are taken and it is none; null: it is one. */
export function notOfSession(command: Command, language: Language): Answer | null {
  if (command.name === "help") return explain(command.topic, language);
  return commands[command.name].by === "user" ? null : failure("post-command-only");
}

export function explain(topic: CommandName | null, language: Language): Answer {
  return dataReply(topic ? helpEntry(topic, language) : help(language));
}
