import type { CommandSpec } from "./command-spec.ts";
import { bridgeCommand } from "./commands/bridge.ts";
import { chatCommand } from "./commands/chat.ts";
import { checkCommand } from "./commands/check.ts";
import { contextsCommand, useCommand } from "./commands/contexts.ts";
import { followCommand, replyCommand } from "./commands/follow.ts";
import { inboxCommand } from "./commands/inbox.ts";
import { loginCommand, logoutCommand, passwdCommand, registerCommand } from "./commands/login.ts";
import { protocolCommands } from "./commands/protocol-commands.ts";
import { rawCommand } from "./commands/raw-command.ts";
import { sendCommand } from "./commands/send.ts";
import { completionCommand, manCommand } from "./commands/shell-files.ts";
import { version } from "./version.ts";

/** Every command of the program, in the order of the help text. */
export function commandTable(): CommandSpec[] {
  return [
    loginCommand,
    registerCommand,
    contextsCommand,
    useCommand,
    logoutCommand,
    sendCommand,
    inboxCommand,
    followCommand,
    replyCommand,
    chatCommand,
    ...protocolCommands(),
    passwdCommand,
    rawCommand,
    bridgeCommand,
    checkCommand,
    completionCommand(commandTable),
    manCommand(commandTable, version),
  ];
}
