/** The shell command that sends `command` as the page does. It reads the session token from `$TOKEN`. */
export function curlCommand(origin: string, command: string): string {
  const url = `${origin}/command`;
  const bearer = '-H "Authorization: Bearer $TOKEN"';
  // A terminal interprets pasted control characters before its shell sees the quotes around them.
  return controlCharacters.test(command)
    ? `printf ${shellQuoted(printfFormat(command))} | curl ${bearer} --data-binary @- ${url}`
    : `curl ${bearer} -d ${shellQuoted(command)} ${url}`;
}

/** The password comes from `$PASSWORD`, because shells store commands in their history. */
export function curlCredentialCommand(origin: string, command: "register" | "auth", name: string): string {
  const data = `${shellQuoted(`${command} ${name} `)}"$PASSWORD"`;
  if (command === "register") return `curl -d ${data} ${origin}/command`;
  return `TOKEN=$(curl -sd ${data} ${origin}/command | sed -n 's/.*"token":"\\([^"]*\\)".*/\\1/p')`;
}

/** One word of a POSIX shell (XCU 2.2.2). */
function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** C0 without the line feed, and DEL. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern finds control characters.
const controlCharacters = /[\0-\x09\x0b-\x1f\x7f]/;

/** A format that makes printf(1) print exactly this text. */
function printfFormat(text: string): string {
  return text
    .replace(/[\\%]/g, (char) => (char === "%" ? "%%" : "\\\\"))
    .replace(new RegExp(controlCharacters, "g"), (char) => `\\${char.charCodeAt(0).toString(8).padStart(3, "0")}`);
}
