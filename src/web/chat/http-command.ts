import { parseReply, type Reply } from "./reply-parser.ts";

/**
 * Sends one command over HTTP: before a socket is open, and for replies that are too large for a frame.
 *
 * @throws if the server does not answer, or the answer is cut off
 */
export async function postCommand(command: string, language: string, token?: string): Promise<Reply> {
  const response = await fetch("/command", {
    method: "POST",
    body: command,
    headers: {
      "Content-Type": "text/plain",
      "Accept-Language": language,
      ...(token && { Authorization: `Bearer ${token}` }),
    },
  });
  const text = await response.text();
  if (!text.endsWith("\r\n\r\n")) throw new Error("The reply is cut off.");
  const reply = parseReply(JSON.parse(text));
  const error = response.headers.get("Error-Code");
  return { ...reply, ...(error && { error }) };
}
