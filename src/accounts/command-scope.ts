import { type CommandSpec, commands, type UserCommand } from "../protocol/commands.ts";
import type { FullAddress } from "../protocol/names.ts";
import { type Failure, failure } from "../protocol/replies.ts";
import type { TokenGrant } from "./token-store.ts";

/**
 * Whether a token may send a command. @returns null, or why not
 *
 * @param grant null: a session, or name and password, which may send every command
 * @param recipient of a send; null for other commands
 */
export function checkScope(
  grant: TokenGrant | null,
  command: UserCommand,
  recipient: FullAddress | null,
): Failure | null {
  if (!grant) return null;
  const { scope }: CommandSpec = commands[command.name];
  if (scope === "owner") return failure("session-required");
  const isInScope = scope === "any" || grant.scope === "all" || grant.scope === scope;
  const isForRecipient = grant.sendTo === null || recipient === null || recipient === grant.sendTo;
  return isInScope && isForRecipient ? null : failure("out-of-scope");
}

/** Whether a token may open a live socket, which is sent everything that the account receives. */
export function mayListen(grant: TokenGrant | null): boolean {
  return grant === null || grant.scope !== "send";
}
