import { type Command, type CommandName, commands, type UserCommand } from "../protocol/commands.ts";
import { type Answer, dataReply, failure } from "../protocol/replies.ts";
import { helpEntries, helpEntry, type Language } from "../protocol/texts.ts";
import type { BulkItem } from "./shard-api.ts";

/** Sorts a command that came over a live socket or in a bulk request: a session's own command, or the answer it gets at once. */
export function toSessionCommand(command: Command, language: Language): BulkItem {
  if (command.name === "help") return { answer: helpReply(command.topic, language) };
  // Registration, login and operator commands go through POST /command, and its rate limits.
  return isUserCommand(command) ? { command } : { answer: failure("post-command-only") };
}

function isUserCommand(command: Command): command is UserCommand {
  return commands[command.name].by === "user";
}

/** Answers `help`. */
export function helpReply(topic: CommandName | null, language: Language): Answer {
  const key = `${language} ${topic ?? ""}`;
  const known = helpReplies.get(key);
  if (known) return known;
  const reply = dataReply(topic ? helpEntry(topic, language) : helpEntries(language));
  helpReplies.set(key, reply);
  return reply;
}

/** One for each command and language: the list is 3 KiB of JSON, and a bulk request may ask for it a thousand times. */
const helpReplies = new Map<string, Answer>();
