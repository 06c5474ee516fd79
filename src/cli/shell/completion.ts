import type { Language } from "../../protocol/texts.ts";
import { type ArgumentSpec, type CommandSpec, globalOptions, type OptionSpec } from "../command-spec.ts";
import { type Text, textIn } from "../language.ts";

export const shells = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof shells)[number];

/** A script that completes commands, options, their values and contexts in a shell, made from the command table. */
export function completionScript(shell: Shell, table: readonly CommandSpec[], language: Language): string {
  const say = (text: Text) => textIn(language, text);
  return { bash: bashScript, zsh: zshScript, fish: fishScript }[shell](table, say);
}

type Say = (text: Text) => string;

/** The second column of the list that a pipe gets. */
const contextNames = "ranah contexts 2>/dev/null | cut -f2";

/** What a shell offers for the value of an option or for an argument. */
function offered(spec: OptionSpec | ArgumentSpec): "contexts" | readonly string[] | null {
  if ("purpose" in spec) return spec.name === "context" ? "contexts" : (spec.choices ?? null);
  return spec.completes === "files" ? null : (spec.completes ?? null);
}

function bashScript(table: readonly CommandSpec[]): string {
  const words = (options: readonly OptionSpec[]) => options.map(({ name }) => `--${name}`).join(" ");
  const ofCommand = table.map(
    ({ name, options }) => `    ${name}) words="${words([...options, ...globalOptions])} --help" ;;`,
  );
  const choices = (offer: "contexts" | readonly string[]) =>
    offer === "contexts" ? `$(${contextNames})` : offer.join(" ");
  const values = valuesByOption(table).map(([option, offer]) => `    --${option}) words="${choices(offer)}" ;;`);
  const parameters = table.flatMap(({ name, arguments: [first] }) => {
    const offer = first && offered(first);
    return offer ? [`    ${name}) words="${choices(offer)}" ;;`] : [];
  });
  return `# bash completion of ranah: eval "$(ranah completion bash)"
_ranah() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD - 1]}" command="" words="" i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "\${COMP_WORDS[i]}" in
    ${[...valueOptions(globalOptions)].join(" | ")}) i=$((i + 1)) ;;
    -*) ;;
    *)
      command="\${COMP_WORDS[i]}"
      break
      ;;
    esac
  done
  case "$command" in
    "") words="${[...table.map(({ name }) => name), "help"].join(" ")} ${words(globalOptions)} --help --version" ;;
${ofCommand.join("\n")}
  esac
  [[ "$current" == -* ]] || case "$command" in
${parameters.join("\n")}
    ?*) words="" ;;
  esac
  case "$previous" in
${values.join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _ranah -o default -o bashdefault ranah
`;
}

function zshScript(table: readonly CommandSpec[], say: Say): string {
  const quote = (text: string) =>
    text.replaceAll("'", "'\\''").replaceAll(":", "\\:").replaceAll("[", "(").replaceAll("]", ")");
  const action = (offer: ReturnType<typeof offered>) => {
    if (offer === null) return "";
    return offer === "contexts" ? "->contexts" : `(${offer.join(" ")})`;
  };
  const option = (spec: OptionSpec) => {
    const value = spec.kind === "flag" ? "" : `:${quote(say(spec.value ?? ["", ""]))}:${action(offered(spec))}`;
    return `'--${spec.name}[${quote(say(spec.purpose))}]${value}'`;
  };
  const argument = (spec: ArgumentSpec) => {
    const position = spec.variadic ? "*" : spec.required ? "" : ":";
    return `'${position}:${quote(say(spec.name))}:${action(offered(spec))}'`;
  };
  const rows = table.map(({ name, purpose }) => `    '${name}:${quote(say(purpose))}'`);
  const ofCommand = table.map((spec) => {
    const parts = [...spec.options.map(option), ...globalOptions.map(option), ...spec.arguments.map(argument)];
    return `    ${spec.name}) _arguments -s ${parts.join(" ")} ;;`;
  });
  return `#compdef ranah
# zsh completion of ranah: eval "$(ranah completion zsh)"
_ranah() {
  local state line
  local -a commands contexts
  commands=(
${rows.join("\n")}
  )
  if (( CURRENT == 2 )) && [[ "$words[2]" != -* ]]; then
    _describe command commands
    return
  fi
  local command="$words[2]"
  shift words
  (( CURRENT-- ))
  case "$command" in
${ofCommand.join("\n")}
    *) _arguments ${globalOptions.map(option).join(" ")} ;;
  esac
  if [[ "$state" == contexts ]]; then
    contexts=(\${(f)"$(${contextNames})"})
    compadd -a contexts
  fi
}
compdef _ranah ranah
`;
}

function fishScript(table: readonly CommandSpec[], say: Say): string {
  const quote = (text: string) => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
  const values = (offer: ReturnType<typeof offered>) =>
    offer === null ? "" : ` -a ${quote(offer === "contexts" ? `(${contextNames})` : offer.join(" "))}`;
  const option = (spec: OptionSpec, condition: string) => {
    const short = spec.short === undefined ? "" : ` -s ${spec.short}`;
    const value = spec.kind === "flag" ? "" : ` -x${values(offered(spec))}`;
    return `complete -c ranah${condition}${short} -l ${spec.name} -d ${quote(say(spec.purpose))}${value}`;
  };
  const lines = table.flatMap((spec) => {
    const seen = ` -n '__fish_seen_subcommand_from ${spec.name}'`;
    const [first] = spec.arguments;
    const offer = first ? offered(first) : null;
    return [
      `complete -c ranah -n __fish_use_subcommand -f -a ${spec.name} -d ${quote(say(spec.purpose))}`,
      ...spec.options.map((each) => option(each, seen)),
      ...(offer === null ? [] : [`complete -c ranah${seen} -f${values(offer)}`]),
    ];
  });
  return `# fish completion of ranah: ranah completion fish | source
${[...globalOptions.map((each) => option(each, "")), ...lines].join("\n")}
`;
}

/** `--context` and `-c`, for each option that has a value. */
function valueOptions(options: readonly OptionSpec[]): string[] {
  return options
    .filter(({ kind }) => kind !== "flag")
    .flatMap(({ name, short }) => [`--${name}`, ...(short === undefined ? [] : [`-${short}`])]);
}

/** The values of each option that has some to offer. One name has the same values in all commands. */
function valuesByOption(table: readonly CommandSpec[]): [string, "contexts" | readonly string[]][] {
  const all = new Map<string, "contexts" | readonly string[]>();
  for (const spec of [...globalOptions, ...table.flatMap(({ options }) => options)]) {
    const offer = offered(spec);
    if (offer !== null) all.set(spec.name, offer);
  }
  return [...all];
}
