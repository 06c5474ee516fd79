import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Server } from "node:http";
import { Server as TlsServer } from "node:https";
import { exitWith } from "../dev/exit-with.ts";
import { limits } from "../limits.ts";
import { logError } from "../storage/log.ts";

/** A certificate chain and its private key, both in PEM. */
export interface TlsKeyPair {
  cert: Buffer;
  key: Buffer;
}

/** The files of `--cert` and `--key`. */
export interface TlsFiles {
  cert: string;
  key: string;
}

/** Reads both files, or ends the script. */
export function readKeyPair(files: TlsFiles): TlsKeyPair {
  try {
    return read(files);
  } catch (error) {
    exitWith(`--cert and --key cannot be used: ${error instanceof Error ? error.message : error}`);
  }
}

/** Reads the files again now and then, so that a renewed certificate needs no restart. */
export function renewKeyPair(server: Server, files: TlsFiles): void {
  if (!(server instanceof TlsServer)) return;
  const renew = () => {
    try {
      server.setSecureContext(read(files));
    } catch (error) {
      // The last pair stays in use.
      logError("certificate-not-read", error);
    }
  };
  setInterval(renew, limits.certificateReadMs).unref();
}

/** @throws where a file cannot be read, or the two are no pair. OpenSSL itself compares only keys of the same type */
function read(files: TlsFiles): TlsKeyPair {
  const pair = { cert: readFileSync(files.cert), key: readFileSync(files.key) };
  if (!new X509Certificate(pair.cert).checkPrivateKey(createPrivateKey(pair.key))) {
    throw new Error("the key does not belong to the certificate");
  }
  return pair;
}
