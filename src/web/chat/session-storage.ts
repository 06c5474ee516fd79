import type { Reply } from "./reply-parser.ts";

/** Who is logged in, in this tab. */
export interface Session {
  token: string;
  /** The full address. */
  user: string;
}

const place = "ranah-session";

/** The token lives as long as the tab: what is kept longer can be taken by whoever uses the device next. */
export function keepSession(session: Session | null): void {
  if (session) sessionStorage.setItem(place, JSON.stringify(session));
  else sessionStorage.removeItem(place);
}

export function keptSession(): Session | null {
  try {
    const session = JSON.parse(sessionStorage.getItem(place) ?? "null");
    return typeof session?.token === "string" && typeof session.user === "string" ? session : null;
  } catch {
    return null;
  }
}

/** One command over HTTP: before there is a line, and for what is too long for a frame. @throws where there is no answer */
export async function post(command: string, language: string, token?: string): Promise<Reply> {
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
  // A reply without its end was cut off.
  if (!text.endsWith("\r\n\r\n")) throw new Error("cut off");
  const reply: Reply = JSON.parse(text);
  const error = response.headers.get("Error-Code");
  return { ...reply, ...(error && { error }) };
}
