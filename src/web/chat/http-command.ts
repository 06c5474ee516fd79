import { isDelivery } from "./protocol-guards.ts";
import { parseReply, type Reply } from "./reply-parser.ts";

/** A command that got no reply of the server over HTTP. */
export class HttpFailure extends Error {
  readonly problem: "no-answer" | "foreign-answer";

  /** @param problem `foreign-answer` if something else has answered, such as the login page of a Wi-Fi */
  constructor(problem: HttpFailure["problem"]) {
    super(problem);
    this.problem = problem;
  }
}

export interface PostOptions {
  token?: string;
  signal?: AbortSignal | undefined;
  /** The browser sends the command although the page is being closed. */
  keepalive?: boolean;
}

/** Longer than the longest wait of a command, which is 25 s. */
const answerTimeoutMs = 35_000;

/**
 * Sends one command over HTTP: before a socket is open, where no socket gets through, and for replies that are too large for
 * a frame.
 *
 * @throws HttpFailure
 */
export async function postCommand(command: string, language: string, options: PostOptions = {}): Promise<Reply> {
  const { token, signal, keepalive = false } = options;
  const timeout = AbortSignal.timeout(answerTimeoutMs);
  try {
    const response = await fetch("/command", {
      method: "POST",
      body: command,
      keepalive,
      // The server redirects nobody, but a captive portal does.
      redirect: "manual",
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      headers: {
        "Content-Type": "text/plain",
        "Accept-Language": language,
        ...(token && { Authorization: `Bearer ${token}` }),
      },
    });
    return replyOf(response, await response.text());
  } catch (error) {
    throw error instanceof HttpFailure ? error : new HttpFailure("no-answer");
  }
}

/** The values of the headers become members, as in a reply on a socket. */
function replyOf(response: Response, text: string): Reply {
  const isJson = response.headers.get("Content-Type")?.startsWith("application/json") ?? false;
  // A proxy in front of the server answers for it with a page of its own if the server is down.
  if (!isJson)
    throw new HttpFailure(response.status >= 500 && response.status !== 511 ? "no-answer" : "foreign-answer");
  if (!text.endsWith("\r\n\r\n")) throw new HttpFailure("no-answer");
  const reply = parseReply(JSON.parse(text));
  const header = (name: string) => response.headers.get(name);
  const error = header("Error-Code");
  const retryAfter = Number(header("Retry-After"));
  const delivery = { id: Number(header("Message-Id")), state: header("Delivery-State") };
  return {
    ...reply,
    ...(error && { error }),
    ...(retryAfter > 0 && { retryAfter }),
    ...(isDelivery(delivery) && { delivery }),
  };
}
