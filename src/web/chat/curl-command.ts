/** The line for a terminal that does what the page does with a command. */
export function curlLine(origin: string, command: string): string {
  const to = `${origin}/command`;
  const bearer = '-H "Authorization: Bearer $TOKEN"';
  // A terminal acts on control characters before its shell sees the quotes around them.
  return hasControls(command)
    ? `printf ${quoted(formatOf(command))} | curl ${bearer} --data-binary @- ${to}`
    : `curl ${bearer} -d ${quoted(command)} ${to}`;
}

/** For `register` and `auth`: the password stays a variable, since lines are kept in histories. */
export function passwordLine(origin: string, command: "register" | "auth", name: string): string {
  const data = `${quoted(`${command} ${name} `)}"$PASSWORD"`;
  if (command === "register") return `curl -d ${data} ${origin}/command`;
  return `TOKEN=$(curl -sd ${data} ${origin}/command | sed -n 's/.*"token":"\\([^"]*\\)".*/\\1/p')`;
}

/** One word of a POSIX shell, whatever is in it (XCU 2.2.2). */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** All of C0 but the line feed, and DEL. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about.
const controls = /[\0-\x09\x0b-\x1f\x7f]/;

function hasControls(text: string): boolean {
  return controls.test(text);
}

/** A format of printf(1) that prints exactly this text. */
function formatOf(text: string): string {
  return text
    .replace(/[\\%]/g, (char) => (char === "%" ? "%%" : "\\\\"))
    .replace(new RegExp(controls, "g"), (char) => `\\${char.charCodeAt(0).toString(8).padStart(3, "0")}`);
}
