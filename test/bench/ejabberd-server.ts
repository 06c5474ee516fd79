import { execFile } from "node:child_process";
import { globSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { BenchServer, type Launch } from "./bench-server.ts";

/** ejabberd as Debian packages it, with its HTTP API and offline messages in Mnesia. Mnesia's log is not synced for each message. */
export class EjabberdServer extends BenchServer {
  protected override readonly healthPath = "/api/status";

  static async isInstalled(): Promise<boolean> {
    return promisify(execFile)("erl", ["-version"]).then(
      () => globSync("/usr/lib/*/ejabberd-*/ebin/ejabberd.app").length > 0,
      () => false,
    );
  }

  protected override launch(): Launch {
    const config = join(this.folder, "ejabberd.yml");
    writeFileSync(config, configText(this.port));
    const [application = ""] = globSync("/usr/lib/*/ejabberd-*/ebin/ejabberd.app");
    return {
      program: "erl",
      args: [
        ...["-noinput", "-mnesia", "dir", `"${join(this.folder, "mnesia")}"`],
        ...["-ejabberd", "config", `"${config}"`, "-s", "ejabberd"],
      ],
      env: { ERL_LIBS: join(application, "../../..") },
    };
  }

  async call(command: string, parameters: Record<string, string>): Promise<void> {
    const body = JSON.stringify(parameters);
    const reply = await fetch(`${this.url}/api/${command}`, { method: "POST", body });
    if (!reply.ok) throw new Error(`ejabberd answered ${command} with ${await reply.text()}`);
  }
}

function configText(port: number): string {
  return `hosts: [localhost]
loglevel: error
auth_method: internal
listen:
  - {port: ${port}, ip: "127.0.0.1", module: ejabberd_http, request_handlers: {/api: mod_http_api}}
api_permissions:
  bench: {from: [mod_http_api], who: all, what: [status, register, send_message]}
modules:
  mod_http_api: {}
  mod_admin_extra: {}
  mod_roster: {}
  mod_offline: {access_max_user_messages: 1000000000}
`;
}
