import { limits } from "../limits.ts";
import { type CommandName, type CommandSpec, commands, type OptionName } from "./commands.ts";
import { type ErrorCode, errors } from "./error-texts.ts";
import type { ErrorDetails, ExpectedValue } from "./grammar.ts";
import type { MembershipChange } from "./group-requests.ts";

export type Language = "id" | "en";
const column = { id: 0, en: 1 } as const;

/** Values for the `{x}` of a text. */
export type TextValues = Record<string, string | number>;

/** The sentences of success. */
const sentences = {
  registered: ["Pengguna {name} terdaftar", "User {name} is registered"],
  "message-delivered": ["Pesan terkirim ke {to}", "Message delivered to {to}"],
  "message-queued": ["Pesan untuk {to} diantrekan", "Message to {to} is queued"],
  "group-created": ["Group {name} dibuat", "Group {name} is created"],
  "group-joined": ["Anda anggota group {group}", "You are a member of group {group}"],
  "group-left": ["Anda keluar dari group {group}", "You have left group {group}"],
  invited: ["{member} diundang ke group {group}", "{member} is invited to group {group}"],
  "invitation-queued": ["Undangan untuk {member} diantrekan", "The invitation to {member} is queued"],
  "already-member": ["{member} sudah diundang atau sudah anggota", "{member} is invited or a member already"],
  kicked: ["{member} dikeluarkan dari group {group}", "{member} is removed from group {group}"],
  "read-noted": ["Sudah dibaca sampai {id}", "Read up to {id}"],
  "logged-out": ["Sesi diakhiri", "Session ended"],
  "logged-out-everywhere": ["Semua sesi diakhiri", "All sessions ended"],
  "retry-started": ["Antrean ke {realm} dicoba sekarang", "The queue to {realm} is tried now"],
  "key-rotated": [
    "Kunci baru {id} dipakai; yang lama tetap berlaku 48 jam",
    "The new key {id} is used; the old one stays valid for 48 h",
  ],
  "password-changed": ["Password diganti; sesi lain diakhiri", "Password changed; all other sessions are ended"],
  "password-reset": [
    "Password diganti; semua sesi dan token diakhiri",
    "Password set; all sessions and tokens are ended",
  ],
  "code-revoked": ["Kode {code} dicabut", "The code {code} is revoked"],
  accepted: [
    "{address} diterima: {messages} pesan masuk inbox",
    "{address} is accepted: {messages} messages are in the inbox",
  ],
  reported: ["Pesan dilaporkan ke operator", "The message is reported to the operator"],
  blocked: ["Pesan dari {target} tidak lagi diterima", "Messages of {target} are no longer received"],
  unblocked: ["Pesan dari {target} diterima lagi", "Messages of {target} are received again"],
  unregistered: ["Akun {name} dihapus", "The account {name} is removed"],
  "ban-set": ["{target} diblokir", "{target} is banned"],
  "ban-ended": ["{target} tidak lagi diblokir", "{target} is no longer banned"],
  "lockdown-set": ["Lockdown {level}", "Lockdown {level}"],
  "operator-added": ["{name} kini operator", "{name} is an operator now"],
  "operator-removed": ["{name} bukan operator lagi", "{name} is no operator any more"],
  "token-revoked": ["Token {label} dicabut", "Token {label} is revoked"],
} as const satisfies Record<string, readonly [id: string, en: string]>;
export type ReplyTextCode = keyof typeof sentences;

const labels: Record<string, readonly [id: string, en: string]> = {
  account: ["nama pengguna", "user name"],
  password: ["password", "password"],
  to: ["tujuan", "recipient"],
  text: ["pesan", "message"],
  group: ["nama group", "group name"],
  topic: ["command", "command"],
  with: ["alamat", "address"],
  address: ["alamat atau group", "address or group"],
  id: ["id", "id"],
  member: ["alamat", "address"],
  reference: ["id atau key", "id or key"],
  realm: ["realm", "realm"],
  old: ["password lama", "old password"],
  new: ["password baru", "new password"],
  label: ["label", "label"],
  code: ["kode", "code"],
  sender: ["alamat", "address"],
  target: ["nama atau @realm", "name or @realm"],
  reason: ["alasan", "reason"],
  reported: ["id, atau group id", "id, or group id"],
  level: ["0 sampai 3", "0 to 3"],
};

const optionForms: Record<OptionName, readonly [id: string, en: string]> = {
  key: ["key=KUNCI", "key=KEY"],
  after: ["after=ID", "after=ID"],
  before: ["before=ID", "before=ID"],
  limit: ["limit=N", "limit=N"],
  last: ["last=N", "last=N"],
  wait: ["wait=DETIK", "wait=SECONDS"],
  mode: ["mode=open|private", "mode=open|private"],
  kind: ["kind=private|group", "kind=private|group"],
  all: ["all=yes", "all=yes"],
  past: ["past=NAMA", "past=NAME"],
  label: ["label=LABEL", "label=LABEL"],
  scope: ["scope=read|send|all", "scope=read|send|all"],
  to: ["to=TUJUAN", "to=RECIPIENT"],
  expires: ["expires=90d", "expires=90d"],
  code: ["code=KODE", "code=CODE"],
  uses: ["uses=N", "uses=N"],
  requests: ["requests=on|off", "requests=on|off"],
};

const expectations: Record<ExpectedValue, readonly [id: string, en: string]> = {
  key: [
    `1 sampai ${limits.keyMaxChars} karakter ASCII tanpa spasi dan =`,
    `1 to ${limits.keyMaxChars} ASCII characters without spaces and =`,
  ],
  id: ["bilangan bulat dari 0", "a whole number from 0"],
  rows: [`bilangan bulat 1 sampai ${limits.pageMaxRows}`, `a whole number from 1 to ${limits.pageMaxRows}`],
  seconds: [`bilangan bulat 0 sampai ${limits.waitMaxSeconds}`, `a whole number from 0 to ${limits.waitMaxSeconds}`],
  mode: ["open atau private", "open or private"],
  kind: ["private atau group", "private or group"],
  yes: ["yes", "yes"],
  realm: ["nama", "a name"],
  label: ["nama seperti nama pengguna", "a name like that of a user"],
  scope: ["read, send atau all", "read, send or all"],
  address: ["nama atau nama@realm", "name or name@realm"],
  uses: [`bilangan bulat 1 sampai ${limits.inviteCodeMaxUses}`, `a whole number from 1 to ${limits.inviteCodeMaxUses}`],
  "on-off": ["on atau off", "on or off"],
  duration: [
    "lama waktu seperti 30m, 12h atau 90d, paling lama 3650d",
    "a time such as 30m, 12h or 90d, at most 3650d",
  ],
};

const purposes: Record<CommandName, readonly [id: string, en: string]> = {
  register: ["mendaftarkan pengguna", "register a user"],
  auth: ["login; data.token dipakai oleh command lain", "log in; data.token serves the other commands"],
  sendprivate: ["mengirim pesan ke nama atau nama@realm", "send a message to name or name@realm"],
  inbox: ["melihat semua pesan yang diterima", "see all messages received"],
  creategroup: ["membuat group", "create a group"],
  sendgroup: ["mengirim pesan ke group", "send a message to a group"],
  inboxgroup: ["melihat semua pesan sebuah group", "see all messages of a group"],
  sent: ["melihat pesan yang dikirim dan keadaannya", "see messages sent and their state"],
  status: ["keadaan satu pesan yang dikirim", "the state of one message sent"],
  threads: ["melihat percakapan pribadi, yang terbaru dahulu", "see the private conversations, newest first"],
  thread: ["melihat satu percakapan, dua arah", "see one conversation, both directions"],
  read: ["mencatat sudah dibaca sampai mana", "note how far you have read"],
  joingroup: ["menjadi anggota group", "become a member of a group"],
  leavegroup: ["keluar dari group", "leave a group"],
  groups: ["melihat group Anda", "see your groups"],
  members: ["melihat anggota group", "see the members of a group"],
  invite: ["mengundang ke group", "invite to a group"],
  kick: ["pemilik: mengeluarkan dari group", "owner: remove from a group"],
  block: ["tidak menerima pesan dari alamat atau realm", "receive nothing from an address or a realm"],
  unblock: ["menerima lagi", "receive again"],
  blocks: ["melihat siapa yang ditolak", "see who is blocked"],
  setting: [
    "apakah pengirim baru dari realm lain harus diterima dulu",
    "whether new senders of other realms must be accepted",
  ],
  requests: ["melihat pengirim yang menunggu diterima", "see the senders that wait to be accepted"],
  accept: ["menerima pengirim", "accept a sender"],
  report: ["melaporkan pesan ke operator", "report a message to the operator"],
  help: ["menjelaskan command", "explain the commands"],
  whoami: ["siapa yang sedang login", "who is logged in"],
  sessions: ["melihat sesi yang terbuka", "see the open sessions"],
  "token new": ["membuat token untuk program", "make a token for a program"],
  tokens: ["melihat token", "see the tokens"],
  "token revoke": ["mencabut token", "revoke a token"],
  passwd: ["mengganti password", "change the password"],
  unregister: ["menghapus akun ini", "remove this account"],
  logout: ["mengakhiri sesi ini, atau semua", "end this session, or all"],
  realms: ["melihat realm lain dan antreannya", "see the other realms and their queues"],
  retry: ["operator: mencoba antrean sekarang", "operator: try a queue now"],
  peertest: ["operator: memeriksa sambungan ke realm lain", "operator: test the connection to another realm"],
  rotatekey: ["operator: mengganti kunci realm", "operator: change the realm's key"],
  invitecode: ["operator: membuat kode undangan", "operator: make an invitation code"],
  invitecodes: ["operator: melihat kode undangan", "operator: see the invitation codes"],
  revokecode: ["operator: mencabut kode undangan", "operator: revoke an invitation code"],
  resetpassword: ["operator: membuat kode untuk password baru", "operator: make a code for a new password"],
  stats: ["operator: melihat ukuran realm", "operator: see the size of the realm"],
  accounts: ["operator: melihat akun", "operator: see the accounts"],
  ban: ["operator: memblokir akun atau realm", "operator: ban an account or a realm"],
  unban: ["operator: mengakhiri blokir", "operator: end a ban"],
  bans: ["operator: melihat yang diblokir", "operator: see the bans"],
  lockdown: ["operator: menutup realm sementara", "operator: close the realm for a while"],
  reports: ["operator: melihat laporan", "operator: see the reports"],
  notice: ["operator: menulis ke semua akun", "operator: write to all accounts"],
  audit: ["operator: melihat tindakan operator", "operator: see the acts of operators"],
  operators: ["operator: melihat operator", "operator: see the operators"],
  "operator add": ["operator: mengangkat operator", "operator: make an account an operator"],
  "operator remove": ["operator: memberhentikan operator", "operator: make an account no operator"],
  emptyaccount: ["operator: menghapus pesan sebuah akun", "operator: delete the messages of an account"],
};

function fill(text: string, values: TextValues): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}

export function replyText(code: ReplyTextCode, values: TextValues, language: Language): string {
  return fill(sentences[code][column[language]], values);
}

/** The text of an error. Details of the grammar have no language; usage lines, labels and phrases are added here. */
export function errorText(code: ErrorCode, details: ErrorDetails & TextValues, language: Language): string {
  const { command, parameter, expected, ...plain } = details as ErrorDetails;
  const values = { ...plain } as TextValues;
  if (command) values.usage = usageLine(command, language);
  if (parameter) values.label = labels[parameter]?.[column[language]] ?? parameter;
  if (expected) values.expected = expectations[expected][column[language]];
  return fill(errors[code][1 + column[language]] as string, values);
}

/**
 * The usage line. The code of `register` is not in it: who has one was told how to use it.
 *
 * It is in the notation of the protocol: `inbox {after=ID}`, `sendprivate {key=KEY} [recipient] [message]`.
 */
export function usageLine(command: CommandName, language: Language): string {
  const spec: CommandSpec = commands[command];
  const shown = spec.options.filter((option) => option !== "code");
  const options = shown.map((option) => `{${optionForms[option][column[language]]}}`);
  const parameters = Object.keys(spec.parameters).map((name) => `[${labels[name]?.[column[language]] ?? name}]`);
  return [command, ...options, ...parameters].join(" ");
}

/** The notice about a failed message. It is in both languages, because a mailbox has no language. */
export function failureNotice(id: number, reason: ErrorCode, address: string): string {
  const [idText, enText] = (["id", "en"] as const).map((language) => errorText(reason, { address }, language));
  return `Pesan ${id}: ${idText}\nMessage ${id}: ${enText}`;
}

/**
 * The notice about a membership change. It is in both languages, because a mailbox has no language.
 *
 * @param by null: it is not known who has made the change
 * @param claimedBy the realm that says so, where this realm cannot know
 */
export function membershipNotice(
  change: MembershipChange,
  group: string,
  by: string | null,
  claimedBy: string | null,
): string {
  const notices = by === null ? passiveNotices : activeNotices;
  const claims = claimedBy === null ? ["", ""] : ["Menurut realm {realm}: ", "Realm {realm} says: "];
  const values = { group, by: by ?? "", realm: claimedBy ?? "" };
  return notices[change].map((text, index) => fill(`${claims[index]}${text}`, values)).join("\n");
}

const ownerNotice = ["Anda kini pemilik group {group}", "You are the owner of group {group} now"] as const;
const activeNotices: Record<MembershipChange, readonly [id: string, en: string]> = {
  invited: [
    "{by} mengundang Anda ke group {group}: joingroup {group}",
    "{by} invites you to group {group}: joingroup {group}",
  ],
  removed: ["{by} mengeluarkan Anda dari group {group}", "{by} has removed you from group {group}"],
  owner: ownerNotice,
};
const passiveNotices: Record<MembershipChange, readonly [id: string, en: string]> = {
  invited: ["Anda diundang ke group {group}: joingroup {group}", "You are invited to group {group}: joingroup {group}"],
  removed: ["Anda dikeluarkan dari group {group}", "You were removed from group {group}"],
  owner: ownerNotice,
};

/** One row of `help`. */
export interface HelpEntry {
  command: CommandName;
  usage: string;
  purpose: string;
}

export function helpEntry(command: CommandName, language: Language): HelpEntry {
  return { command, usage: usageLine(command, language), purpose: purposes[command][column[language]] };
}

export function helpEntries(language: Language): HelpEntry[] {
  return (Object.keys(commands) as CommandName[]).map((command) => helpEntry(command, language));
}
