import { CliError } from "../cli-error.ts";
import { exitCodes } from "../exit-codes.ts";
import type { ContextStore } from "./context-store.ts";

/** Which realm a command talks to, and as whom. */
export interface RealmAccess {
  origin: URL;
  token: string | null;
  /** Null if flags or the environment name the realm. */
  context: string | null;
}

export interface AccessFlags {
  url: string | undefined;
  context: string | undefined;
}

/**
 * Flags before environment before configuration. A token belongs to the address that stands beside it: that of a context never
 * goes to another address, and `RANAH_TOKEN` needs `RANAH_URL` or `--url`.
 */
export function realmAccess(flags: AccessFlags, env: NodeJS.ProcessEnv, contexts: ContextStore): RealmAccess {
  if (flags.url !== undefined && flags.context !== undefined) {
    throw new CliError(exitCodes.usage, "conflicting-options", [
      "--url dan --context tidak bisa dipakai bersama",
      "--url and --context cannot be used together",
    ]);
  }
  const url = flags.url ?? (flags.context === undefined ? env.RANAH_URL : undefined);
  if (url) return { origin: parseOrigin(url), token: env.RANAH_TOKEN || null, context: null };
  const name = flags.context ?? env.RANAH_CONTEXT ?? contexts.currentName();
  if (!name) {
    throw new CliError(exitCodes.notAllowed, "not-logged-in", [
      "Belum login. Pakai: ranah login URL, atau RANAH_URL dan RANAH_TOKEN",
      "Not logged in. Use: ranah login URL, or RANAH_URL and RANAH_TOKEN",
    ]);
  }
  const context = contexts.get(name);
  return { origin: parseOrigin(context.url), token: context.token, context: name };
}

export function parseOrigin(text: string, schemes: readonly string[] = ["http:", "https:"]): URL {
  const url = URL.parse(text.includes("://") ? text : `https://${text}`);
  const isOrigin = url !== null && schemes.includes(url.protocol) && url.hostname !== "";
  if (!isOrigin || url.username !== "" || url.password !== "" || url.search !== "" || !/^\/?$/.test(url.pathname)) {
    // A password in the address must not reach a log.
    const shown = text.replace(/\/\/[^/]*@/, "//…@");
    throw new CliError(
      exitCodes.usage,
      "bad-url",
      [
        "Alamat tidak sah: {url}; contoh: https://surabaya.example",
        "Bad address: {url}; example: https://surabaya.example",
      ],
      { url: shown },
    );
  }
  return url;
}
