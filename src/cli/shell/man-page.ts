import type { Language } from "../../protocol/texts.ts";
import { type CommandSpec, commandSections, globalOptions, type OptionSpec } from "../command-spec.ts";
import { exitCodes, exitCodeTexts } from "../exit-codes.ts";
import { type Text, textIn } from "../language.ts";

const variables: readonly (readonly [string, Text])[] = [
  ["RANAH_URL, RANAH_TOKEN", ["realm dan token, tanpa login", "the realm and the token, without a login"]],
  ["RANAH_CONTEXT", ["context yang dipakai", "the context to use"]],
  ["XDG_CONFIG_HOME", ["folder di atas ranah/contexts", "the folder above ranah/contexts"]],
  ["XDG_STATE_HOME", ["folder di atas ranah/cursors", "the folder above ranah/cursors"]],
  [
    "LC_ALL, LC_MESSAGES, LANG",
    ["bahasa Indonesia bila diawali id, kalau tidak Inggris", "Indonesian if it starts with id, otherwise English"],
  ],
  ["NO_COLOR", ["tanpa warna", "no colour"]],
];

const files: readonly (readonly [string, Text])[] = [
  [
    "~/.config/ranah/contexts/NAME.json",
    ["satu login dengan tokennya, mode 0600", "one login with its token, mode 0600"],
  ],
  [
    "~/.local/state/ranah/cursors/USER/",
    ["kursor dari follow, reply dan inbox --new", "cursors of follow, reply and inbox --new"],
  ],
];

/** The manual page of the program, in the macros of man(7), made from the command table. */
export function manPage(table: readonly CommandSpec[], version: string, language: Language): string {
  const say = (text: Text) => roff(textIn(language, text));
  const heading = (text: Text) => `.SH "${say(text).toUpperCase()}"\n`;
  const commands = Object.entries(commandSections).map(([section, title]) => {
    const own = table.filter((spec) => spec.section === section);
    return own.length === 0 ? "" : `.SS "${say(title)}"\n${own.map((spec) => commandEntry(spec, say)).join("")}`;
  });
  const codes = Object.entries(exitCodeTexts).map(([name, text]) =>
    entry(String(exitCodes[name as keyof typeof exitCodes]), say(text)),
  );
  return [
    `.TH RANAH 1 "" "ranah ${version}" "Ranah"\n`,
    heading(["Nama", "Name"]),
    `ranah \\- ${say(["chat yang bisa di-script, dari terminal", "chat you can script, from a terminal"])}\n`,
    heading(["Ringkasan", "Synopsis"]),
    `.B ranah\n.RI [ ${say(["opsi", "options"])} ] " " ${say(["command", "command"])} " " [ ${say(["argumen", "arguments"])} ]\n`,
    heading(["Opsi umum", "Global options"]),
    ...globalOptions.map((option) => optionEntry(option, say)),
    heading(["Command", "Commands"]),
    ...commands,
    heading(["Kode keluar", "Exit status"]),
    ...codes,
    heading(["Lingkungan", "Environment"]),
    ...variables.map(([name, text]) => entry(roff(name), say(text))),
    heading(["File", "Files"]),
    ...files.map(([name, text]) => entry(roff(name), say(text))),
  ].join("");
}

type Say = (text: Text) => string;

function commandEntry(spec: CommandSpec, say: Say): string {
  const words = spec.arguments.map((argument) => {
    const name = `\\fI${say(argument.name)}\\fR${argument.variadic ? " ..." : ""}`;
    return argument.required ? ` ${name}` : ` [${name}]`;
  });
  const options = spec.options.map((option) => optionEntry(option, say));
  const examples = spec.examples.map(
    ({ line, purpose }) => `.PP\n${say(purpose)}:\n.PP\n.nf\n.RS\n${roff(line)}\n.RE\n.fi\n`,
  );
  return [
    `.TP\n\\fBranah ${roff(spec.name)}\\fR${words.join("")}\n${say(spec.purpose)}.\n`,
    spec.remarks ? `${say(spec.remarks)}\n` : "",
    options.length + examples.length > 0 ? `.RS\n${options.join("")}${examples.join("")}.RE\n` : "",
  ].join("");
}

function optionEntry({ name, short, value, purpose }: OptionSpec, say: Say): string {
  const flag = `${short === undefined ? "" : `\\-${short}, `}\\-\\-${roff(name)}`;
  return entry(`${flag}${value === undefined ? "" : `\\fR \\fI${say(value)}`}`, say(purpose));
}

function entry(term: string, text: string): string {
  return `.TP\n\\fB${term}\\fR\n${text}\n`;
}

/** A backslash and a dash have a meaning of their own, and so have a dot and an apostrophe at the beginning of a line. */
function roff(text: string): string {
  return text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replace(/^([.'])/gm, "\\&$1");
}
