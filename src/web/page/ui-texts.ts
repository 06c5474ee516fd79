import type { Language } from "../../protocol/texts.ts";

/** The first of the browser's languages that the page has, and Indonesian otherwise. */
export function preferredLanguage(tags: readonly string[]): Language {
  const known = tags.map((tag) => tag.toLowerCase().split("-")[0]).find((tag) => tag === "id" || tag === "en");
  return known === "en" ? "en" : "id";
}

/** Every text of the page in Indonesian and English. `{name}` is a placeholder. */
const texts = {
  "to-content": ["Langsung ke percakapan", "Skip to the conversation"],
  realm: ["Realm {realm}", "Realm {realm}"],
  tagline: ["Chat yang bisa di-script.", "Chat you can script."],
  name: ["Nama pengguna", "User name"],
  password: ["Password", "Password"],
  "password-rule": ["Paling sedikit 8 karakter, tanpa spasi", "At least 8 characters, no spaces"],
  "log-in": ["Masuk", "Log in"],
  register: ["Daftar", "Register"],
  "to-register": ["Belum punya akun? Daftar", "No account yet? Register"],
  "to-log-in": ["Sudah punya akun? Masuk", "Have an account? Log in"],
  "log-out": ["Keluar", "Log out"],
  "session-over": ["Sesi berakhir. Silakan masuk lagi.", "The session has ended. Please log in again."],
  "logout-unconfirmed": [
    "Server belum menjawab, jadi sesi Anda mungkin masih terbuka di sana. Halaman ini terus mencoba mengakhirinya; biarkan tab ini terbuka.",
    "The server has not answered, so your session may still be open there. This page keeps trying to end it; leave this tab open.",
  ],
  "logout-confirmed": ["Server sudah mengakhiri sesi Anda.", "The server has ended your session."],
  "tab-forgets": [
    "Browser ini tidak mau menyimpan data. Setelah halaman ini dimuat ulang Anda harus masuk lagi, dan pesan yang belum terkirim hilang.",
    "This browser refuses to store data. If this page is loaded again, you have to log in again, and unsent messages are lost.",
  ],
  "no-answer": ["Server tidak menjawab. Coba lagi.", "The server does not answer. Try again."],
  settings: ["Pengaturan", "Settings"],
  language: ["Bahasa", "Language"],
  theme: ["Tampilan", "Appearance"],
  "theme-auto": ["Otomatis", "Automatic"],
  "theme-light": ["Terang", "Light"],
  "theme-dark": ["Gelap", "Dark"],
  conversations: ["Percakapan", "Conversations"],
  "no-conversations": ["Belum ada percakapan", "No conversations yet"],
  "no-conversations-hint": [
    "Kirim pesan ke seseorang, atau buat group.",
    "Send somebody a message, or create a group.",
  ],
  "choose-one": ["Pilih percakapan", "Choose a conversation"],
  "choose-one-hint": [
    "Atau mulai yang baru. Semua yang bisa dilakukan di sini juga bisa dengan satu baris curl.",
    "Or start a new one. Whatever can be done here can also be done with one line of curl.",
  ],
  new: ["Percakapan baru", "New conversation"],
  write: ["Tulis pesan", "Write a message"],
  "to-person": ["Ke seseorang", "To a person"],
  "create-group": ["Buat group", "Create a group"],
  "join-group": ["Gabung group", "Join a group"],
  address: ["Nama, atau nama@realm", "Name, or name@realm"],
  "address-hint": ["Contoh: ani, atau ani@jakarta", "Such as ani, or ani@jakarta"],
  "group-name": ["Nama group", "Group name"],
  "group-hint": ["Contoh: tim, atau tim@jakarta", "Such as tim, or tim@jakarta"],
  "bad-address": [
    "Alamat harus nama atau nama@realm: huruf kecil, angka, titik, garis.",
    "An address is name or name@realm: letters, digits, dots, dashes.",
  ],
  "bad-name": [
    "Nama: huruf kecil, angka, titik, garis; paling banyak 32.",
    "A name: letters, digits, dots, dashes; 32 at most.",
  ],
  open: ["Terbuka", "Open"],
  "open-hint": ["Siapa pun bisa membaca dan bergabung", "Anybody can read and join"],
  private: ["Tertutup", "Private"],
  "private-hint": ["Hanya yang diundang", "Only those who are invited"],
  start: ["Mulai", "Start"],
  create: ["Buat", "Create"],
  join: ["Gabung", "Join"],
  close: ["Tutup", "Close"],
  back: ["Kembali ke daftar", "Back to the list"],
  group: ["Group", "Group"],
  person: ["Pribadi", "Private chat"],
  "role-owner": ["pemilik", "owner"],
  "role-member": ["anggota", "member"],
  "role-invited": ["diundang", "invited"],
  members: ["Anggota", "Members"],
  "members-of": ["Anggota {group}", "Members of {group}"],
  invite: ["Undang", "Invite"],
  "invite-whom": ["Undang siapa?", "Invite whom?"],
  kick: ["Keluarkan", "Remove"],
  "kick-whom": ["Keluarkan {name}", "Remove {name}"],
  leave: ["Tinggalkan group", "Leave the group"],
  "leave-sure": ["Yakin tinggalkan group?", "Really leave the group?"],
  invitation: ["Anda diundang ke group ini.", "You are invited to this group."],
  "not-member": ["Anda belum anggota group ini.", "You are not a member of this group."],
  accept: ["Terima", "Accept"],
  decline: ["Tolak", "Decline"],
  "messages-with": ["Pesan dengan {name}", "Messages with {name}"],
  "first-message": ["Belum ada pesan. Tulis yang pertama.", "No messages yet. Write the first one."],
  beginning: ["Awal percakapan", "The beginning of the conversation"],
  loading: ["Memuat…", "Loading…"],
  "message-to": ["Pesan untuk {name}", "Message to {name}"],
  send: ["Kirim", "Send"],
  "too-long": ["Pesan terlalu panjang: paling banyak 64 KiB.", "The message is too long: 64 KiB at most."],
  "to-newest": ["Ke pesan terbaru", "To the newest message"],
  "show-all": ["Tampilkan semua ({size})", "Show all ({size})"],
  you: ["Anda", "You"],
  today: ["Hari ini", "Today"],
  yesterday: ["Kemarin", "Yesterday"],
  unread: ["{count} belum dibaca", "{count} unread"],
  "state-waiting": ["menunggu sambungan", "waiting for the connection"],
  "state-sending": ["mengirim", "sending"],
  "state-queued": ["dalam antrean", "queued"],
  "state-delivered": ["terkirim", "delivered"],
  "state-failed": ["gagal", "failed"],
  "try-again": ["Coba lagi", "Try again"],
  discard: ["Hapus", "Discard"],
  connecting: ["Menghubungkan…", "Connecting…"],
  "connection-lost": ["Sambungan terputus", "Connection lost"],
  "problem-offline": ["perangkat ini tidak punya jaringan", "this device has no network"],
  "problem-no-answer": ["server tidak menjawab", "the server does not answer"],
  "problem-foreign-answer": [
    "jaringan ini menjawab sebagai ganti server, mungkin Wi-Fi yang minta login dulu",
    "this network answers in place of the server, perhaps a Wi-Fi that wants a login first",
  ],
  "problem-server-stopped": ["server sedang dimulai ulang", "the server is restarting"],
  "problem-too-slow": [
    "jaringan ini terlalu lambat untuk pesan yang datang",
    "this network is too slow for the messages that arrive",
  ],
  "reconnecting-in": ["Mencoba lagi dalam {seconds} detik.", "Trying again in {seconds} s."],
  polling: [
    "Jaringan ini menahan sambungan langsung (WebSocket). Pesan tetap terkirim; kabar dari group bisa terlambat setengah menit.",
    "This network holds back live connections (WebSocket). Messages still get through; news of groups may be half a minute late.",
  ],
  replaced: [
    "Akun ini terbuka di terlalu banyak tempat, jadi server memutus halaman ini, yang paling lama diam.",
    "This account is open in too many places, so the server has disconnected this page, which was silent longest.",
  ],
  "use-here": ["Pakai di sini", "Use it here"],
  "sent-later": ["Pesan yang ditulis sekarang dikirim nanti, satu kali.", "What is written now is sent later, once."],
  "try-now": ["Coba sekarang", "Try now"],
  "message-failed": ["Pesan untuk {name} gagal: {reason}", "The message to {name} has failed: {reason}"],
  "new-message-from": ["Pesan baru dari {name}: {text}", "New message from {name}: {text}"],
  "copy-curl-of": ["Salin sebagai curl: {action}", "Copy as curl: {action}"],
  copied: ["Disalin", "Copied"],
  "copy-by-hand": ["Salin baris ini", "Copy this line"],
  "read-action": ["baca percakapan ini", "read this conversation"],
  "example-message": ["halo", "hello"],
  notices: ["Pemberitahuan dari realm", "Notices of the realm"],
} as const satisfies Record<string, readonly [id: string, en: string]>;

export type UiTextName = keyof typeof texts;

/** Short texts for error codes of the server, and for errors of the page itself. */
const reasons: Record<string, readonly [id: string, en: string]> = {
  "no-such-user": ["pengguna tidak ada", "there is no such user"],
  "no-such-group": ["group tidak ada", "there is no such group"],
  "no-such-realm": ["realm tidak dikenal", "the realm is not known"],
  "no-such-member": ["bukan anggota", "not a member"],
  "owner-only": ["hanya pemilik group yang boleh", "only the group's owner may"],
  "group-exists": ["group sudah ada", "the group exists already"],
  "name-taken": ["nama sudah dipakai", "the name is taken"],
  "reserved-name": ["nama ini dipakai oleh sistem", "the name belongs to the system"],
  "bad-name": ["nama tidak sah", "bad name"],
  "bad-password": ["password harus 8 sampai 128 byte", "a password has 8 to 128 bytes"],
  usage: ["nama dan password tidak boleh memuat spasi", "a name or password has no spaces"],
  "wrong-credentials": ["nama atau password salah", "wrong name or password"],
  "no-answer": ["server tidak menjawab", "the server does not answer"],
  "unreadable-reply": ["jawaban server tidak dikenali", "the server's answer is not understood"],
  "realm-away": ["realm sedang tidak terjangkau", "the realm cannot be reached now"],
  refused: ["ditolak oleh realm tujuan", "refused by the other realm"],
  "too-large": ["terlalu besar bagi realm tujuan", "too large for the other realm"],
  expired: ["realm tujuan tidak terjangkau selama 7 hari", "the other realm was away for 7 days"],
  unprocessable: ["realm tujuan tidak dapat mengolahnya", "the other realm could not process it"],
};

const column = { id: 0, en: 1 } as const;

export type Translate = (name: UiTextName, values?: Record<string, string | number>) => string;

export function translatorFor(language: Language): Translate {
  return (name, values = {}) =>
    texts[name][column[language]].replace(/\{(\w+)\}/g, (_, key: string) => String(values[key] ?? ""));
}

/**
 * Describes an error in the page's language if it knows the code. Otherwise the server's text is used, or the code.
 *
 * @param serverText `data` of an error reply
 */
export function errorReason(language: Language, code: string | undefined, serverText?: unknown): string {
  const text = code === undefined ? undefined : reasons[code]?.[column[language]];
  return text ?? (typeof serverText === "string" && serverText !== "" ? serverText : (code ?? ""));
}
