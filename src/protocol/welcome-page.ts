import { helpEntries, type Language } from "./texts.ts";

/** A text in both languages. */
type Line = readonly [id: string, en: string];

export interface WelcomePageInput {
  /** The origin that the client called. */
  origin: string;
  realm: string;
  /** Whether HTTP Basic is accepted from this client. */
  acceptsBasic: boolean;
}

/**
 * The text page of `GET /`: the first commands, ready to paste. The lines work in bash, zsh and fish; those of HTTP Basic, with
 * their double quotes, also in cmd.exe.
 */
export function welcomePage({ origin, realm, acceptsBasic }: WelcomePageInput, language: Language): string {
  const url = quoted(`${origin}/command`);
  const credentials = acceptsBasic ? "-u budi:rahasia-sekali" : bearerOption;
  const send = (command: string) => `   curl ${credentials} -d "${command}" ${url}`;
  const steps: [title: Line, line: string][] = [
    [["Daftar", "Register"], `   curl -d "register budi rahasia-sekali" ${url}`],
    [["Kirim pesan (nama atau nama@realm)", "Send a message (name or name@realm)"], send("sendprivate budi halo")],
    [["Baca pesan", "Read your messages"], send("inbox")],
    [["Buat group", "Create a group"], send("creategroup tim")],
  ];
  if (acceptsBasic) steps.push([tokenLater, `${loginLine(url)}\n   curl ${bearerOption} -d "inbox" ${url}`]);
  else steps.splice(1, 0, [["Login, simpan token", "Log in, keep the token"], loginLine(url)]);

  const inLanguage = ([id, en]: Line) => (language === "id" ? id : en);
  return [
    inLanguage([
      `Ranah: chat yang bisa di-script. Realm ini: ${realm}`,
      `Ranah: chat you can script. This realm: ${realm}`,
    ]),
    "",
    ...steps.flatMap(([title, line], index) => [`${index + 1}. ${inLanguage(title)}`, line]),
    "",
    inLanguage(["Semua command:", "All commands:"]),
    ...helpEntries(language).map(({ usage }) => `   ${usage}`),
    "",
    inLanguage(["Bahasa Inggris: -H 'Accept-Language: en'", "In Indonesian: leave out Accept-Language: en"]),
    "",
  ].join("\n");
}

const bearerOption = '-H "Authorization: Bearer $TOKEN"';
const tokenLater: Line = [
  "Atau simpan token, agar password tidak ada di setiap baris",
  "Or keep a token, so that not every line has the password",
];

/** `export` works in fish as well, which has no `TOKEN=…` of its own. */
function loginLine(url: string): string {
  return `   export TOKEN=$(curl -sd "auth budi rahasia-sekali" ${url} | sed -n 's/.*"token":"\\([^"]*\\)".*/\\1/p')`;
}

/** The brackets of an IPv6 address are a pattern in zsh. */
function quoted(url: string): string {
  return url.includes("[") ? `"${url}"` : url;
}
