import { execFile } from "node:child_process";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { temporaryFolder } from "./temporary-folder.ts";

const root = join(import.meta.dirname, "../..");

/** A program for workerd: its modules, of which the first is the Worker, and its Durable Object classes. */
export interface Program {
  modules: string[];
  /** Binding, class, and the key that names the class's folder on disk. */
  objects: { binding: string; className: string; key: string }[];
}

const programs = new Map<string | undefined, Promise<Program>>();

/** The deployed realm, or the realm with another main module. Each is built once per process. */
export function ranahProgram(main?: string): Promise<Program> {
  const program = programs.get(main) ?? buildProgram(main);
  programs.set(main, program);
  return program;
}

async function buildProgram(main?: string): Promise<Program> {
  const folder = temporaryFolder();
  const args = ["deploy", ...(main ? [main] : []), "--dry-run", "--env=", "--outdir", folder];
  const wrangler = join(root, "node_modules/wrangler/bin/wrangler.js");
  await promisify(execFile)(process.execPath, [wrangler, ...args], { cwd: root });
  return {
    modules: [join(folder, main ? basename(main).replace(/\.ts$/, ".js") : "index.js")],
    objects: [
      { binding: "REALM_SHARDS", className: "RealmShard", key: "ranah-realm-shard" },
      { binding: "PASSWORD_HASHERS", className: "PasswordHasher", key: "ranah-password-hasher" },
    ],
  };
}
