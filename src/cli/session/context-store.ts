import { readdirSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { CliError } from "../cli-error.ts";
import { isObject } from "../client/command-reply.ts";
import { exitCodes } from "../exit-codes.ts";
import { readPrivateFile, writePrivateFile } from "./private-file.ts";

/** A login that is kept: one account of one realm at one address. */
export interface Context {
  name: string;
  url: string;
  user: string;
  token: string;
}

/** A name of a context is also the name of a file. */
const namePattern = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,299}$/;

/**
 * Contexts below the configuration folder (XDG Base Directory Specification): `contexts/NAME.json`, each with its token, and
 * `current`, the name of the chosen one. A file for each context lets several logins run at the same time.
 */
export class ContextStore {
  readonly #folder: string;

  constructor(env: NodeJS.ProcessEnv) {
    this.#folder = join(baseFolder(env.XDG_CONFIG_HOME, ".config"), "ranah");
  }

  names(): string[] {
    try {
      const files = readdirSync(join(this.#folder, "contexts"));
      return files
        .filter((file) => file.endsWith(".json"))
        .map((file) => file.slice(0, -".json".length))
        .sort();
    } catch {
      return [];
    }
  }

  currentName(): string | null {
    return readPrivateFile(join(this.#folder, "current"))?.trim() || null;
  }

  choose(name: string): void {
    if (!this.names().includes(name)) throw noSuchContext(name);
    writePrivateFile(join(this.#folder, "current"), `${name}\n`);
  }

  get(name: string): Context {
    const text = namePattern.test(name) ? readPrivateFile(this.#pathOf(name)) : null;
    if (text === null) throw noSuchContext(name);
    const { url, user, token } = parseObject(text);
    if (typeof url !== "string" || typeof user !== "string" || typeof token !== "string") {
      throw new CliError(
        exitCodes.broken,
        "damaged-context",
        ["Context {name} rusak; lakukan ranah login lagi", "The context {name} is damaged; use ranah login again"],
        { name },
      );
    }
    return { name, url, user, token };
  }

  save({ name, ...values }: Context): void {
    if (!namePattern.test(name)) {
      throw new CliError(
        exitCodes.usage,
        "bad-context",
        ["Nama context tidak sah: {name}", "Bad context name: {name}"],
        { name },
      );
    }
    writePrivateFile(this.#pathOf(name), `${JSON.stringify(values)}\n`);
  }

  remove(name: string): void {
    if (!this.names().includes(name)) throw noSuchContext(name);
    rmSync(this.#pathOf(name), { force: true });
    if (this.currentName() === name) rmSync(join(this.#folder, "current"), { force: true });
  }

  #pathOf(name: string): string {
    return join(this.#folder, "contexts", `${name}.json`);
  }
}

/** A base folder of the specification. A relative path in the variable is to be ignored. */
export function baseFolder(variable: string | undefined, fallback: string): string {
  return variable?.startsWith("/") ? variable : join(homedir(), fallback);
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

function noSuchContext(name: string): CliError {
  return new CliError(
    exitCodes.usage,
    "no-such-context",
    ["Tidak ada context {name}; lihat ranah contexts", "There is no context {name}; see ranah contexts"],
    { name },
  );
}
