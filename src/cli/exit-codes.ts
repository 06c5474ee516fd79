import type { ErrorCode } from "../protocol/error-texts.ts";
import type { DeliveryState } from "../protocol/replies.ts";
import type { Text } from "./language.ts";

/** The exit codes of every command, with the numbers of sysexits(3). Help and manual page show this table. */
export const exitCodes = {
  /** The command is done; a message is delivered. */
  done: 0,
  /** The command line or the input is wrong. Nothing was carried out. */
  usage: 64,
  /** Certainly not done. */
  failed: 69,
  /** Unknown whether it was done. */
  broken: 70,
  /** The message is stored with its sender. */
  queued: 75,
  notAllowed: 77,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

export const exitCodeTexts: Record<keyof typeof exitCodes, Text> = {
  done: ["selesai; sebuah pesan sudah terkirim", "done; a message is delivered"],
  usage: [
    "command atau masukan salah; tidak ada yang dilakukan",
    "the command line or the input is wrong; nothing was done",
  ],
  failed: [
    "gagal: ditolak, server tidak terjangkau, pesan tidak akan sampai, atau tidak ada pesan yang datang",
    "failed: refused, the server cannot be reached, the message will not arrive, or no message has come",
  ],
  broken: [
    "jawaban hilang atau rusak, atau kesalahan di server; sebuah pesan mungkin sudah disimpan: ulangi dengan --key yang sama",
    "the answer was lost or damaged, or the server is faulty; a message may be stored: repeat it with the same --key",
  ],
  queued: ["pesan diantrekan dan akan dikirim", "the message is queued and will be delivered"],
  notAllowed: [
    "tidak boleh: belum login, sesi berakhir, password salah, atau tanpa hak",
    "not allowed: not logged in, session ended, wrong password, or no permission",
  ],
};

/** The code after a signal, as shells report it. */
export const signalExitCodes = { SIGHUP: 129, SIGINT: 130, SIGPIPE: 141, SIGTERM: 143 } as const;

/** Errors whose exit code differs from that of their HTTP status. */
const special: Partial<Record<ErrorCode, ExitCode>> = {
  // These two concern the realms, not the account.
  refused: exitCodes.failed,
  "realm-refuses": exitCodes.failed,
  // The command may have been carried out.
  unavailable: exitCodes.broken,
};

export function exitCodeOfError(error: string | null, httpStatus: number | null): ExitCode {
  const own = Object.entries(special).find(([code]) => code === error)?.[1];
  if (own !== undefined) return own;
  switch (httpStatus) {
    case 400:
    case 413:
      return exitCodes.usage;
    case 401:
    case 403:
      return exitCodes.notAllowed;
    case 500:
      return exitCodes.broken;
    default:
      return exitCodes.failed;
  }
}

export function exitCodeOfState(state: DeliveryState): ExitCode {
  return { delivered: exitCodes.done, queued: exitCodes.queued, failed: exitCodes.failed }[state];
}
