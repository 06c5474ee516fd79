import { RepeatCounter } from "./repeat-counter.ts";

type Fields = Record<string, string | number | boolean | null | undefined>;

/** Strangers can cause any number of lines, which must not fill a disk: of each kind some are logged in a minute, and then counted. */
const repeats = new RepeatCounter(() => Date.now());

/**
 * Logs an unexpected error with its stack and its causes. Messages, tokens, passwords and addresses of people never belong
 * into `fields`.
 *
 * @param event what failed, in kebab case; operators search for it
 */
export function logError(event: string, error: unknown, fields: Fields = {}): void {
  if (isLogged(event, fields)) console.error({ event, ...fields, ...describeError(error) });
}

/** Logs what is wrong and no bug of ours, such as a peer that is away. */
export function logWarning(event: string, fields: Fields = {}): void {
  if (isLogged(event, fields)) console.warn({ event, ...fields });
}

/** Logs a request, where the operator wants that. Names of people, texts, tokens and addresses never belong here. */
export function logRequest(fields: Fields): void {
  console.info({ event: "request", ...fields });
}

function isLogged(event: string, { reason, problem }: Fields): boolean {
  const cause = reason ?? problem;
  const { isLogged, unlogged } = repeats.count(typeof cause === "string" ? `${event} ${cause}` : event);
  for (const { kind, times, minute } of unlogged) console.warn({ event: "log-lines-left-out", kind, times, minute });
  return isLogged;
}

/** The error with its stack, and what caused it. */
function describeError(error: unknown): { error: string; causes?: string[] } {
  const causes: string[] = [];
  for (let cause = causeOf(error); cause !== undefined && causes.length < causesMax; cause = causeOf(cause)) {
    causes.push(textOf(cause));
  }
  return { error: textOf(error), ...(causes.length > 0 && { causes }) };
}

/** A chain of causes may be a circle. */
const causesMax = 5;

function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined;
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? String(error)) : String(error);
}
