/**
 * Every error that can be answered: its HTTP status and its two texts. The code is the contract (header `Error-Code`);
 * the texts may be reworded. `{x}` is filled in by whoever raises the error.
 */
export const errors = {
  "unknown-command": [400, "Maaf, command tidak benar", "Sorry, unknown command"],
  usage: [400, "Pemakaian: {usage}", "Usage: {usage}"],
  "not-utf8": [400, "Isi request bukan UTF-8", "The request body is not UTF-8"],
  "bad-name": [
    400,
    "Nama tidak sah: {label} harus 1 sampai 32 karakter a-z 0-9 . _ -, diawali huruf atau angka",
    "Bad name: {label} must be 1 to 32 characters of a-z 0-9 . _ -, starting with a letter or digit",
  ],
  "bad-address": [
    400,
    "Alamat tidak sah: {label} harus nama atau nama@realm",
    "Bad address: {label} must be name or name@realm",
  ],
  "bad-realm": [400, "Nama realm tidak sah", "Bad realm name"],
  "reserved-name": [400, "Nama {name} dipakai oleh sistem", "The name {name} belongs to the system"],
  "bad-password": [400, "Password harus 8 sampai 128 byte", "A password must have 8 to 128 bytes"],
  "empty-message": [400, "Pesan kosong", "The message is empty"],
  "unknown-option": [400, "Opsi {option} tidak dikenal. Pemakaian: {usage}", "Unknown option {option}. Usage: {usage}"],
  "repeated-option": [400, "Opsi {option} diulang", "Option {option} is repeated"],
  "bad-option": [400, "Nilai opsi {option} harus {expected}", "The value of option {option} must be {expected}"],
  "conflicting-options": [
    400,
    "Opsi {option} dan {other} tidak bisa dipakai bersama",
    "Options {option} and {other} cannot be used together",
  ],
  "token-missing": [
    401,
    "Belum login: kirim header Authorization: Bearer TOKEN, token didapat dari auth",
    "Not logged in: send the header Authorization: Bearer TOKEN, auth gives the token",
  ],
  "token-malformed": [401, "Token rusak", "The token is damaged"],
  "session-ended": [
    401,
    "Sesi tidak berlaku di realm ini: sudah berakhir atau tidak pernah ada. Lakukan auth lagi",
    "No such session in this realm: it has ended or never was. Use auth again",
  ],
  "wrong-credentials": [401, "Nama pengguna atau password salah", "Wrong user name or password"],
  "signature-refused": [401, "Tanda tangan ditolak", "The signature is refused"],
  "peer-refused": [403, "Realm ini tidak dilayani di sini", "This realm is not served here"],
  "bad-federation-request": [
    400,
    "Isi request antar-realm tidak sah",
    "The body of this request between realms is bad",
  ],
  "batch-too-large": [413, "Terlalu banyak pesan dalam satu request", "Too many messages in one request"],
  "slow-down": [429, "Terlalu cepat; coba lagi {seconds} detik lagi", "Too fast; try again in {seconds} s"],
  "wrong-old-password": [403, "Password lama salah", "The old password is wrong"],
  "registration-closed": [403, "Pendaftaran di realm ini ditutup", "Registration in this realm is closed"],
  "operator-registers": [
    403,
    "Di realm ini hanya operator yang mendaftarkan pengguna",
    "In this realm only the operator registers users",
  ],
  "no-such-user": [404, "Pengguna {address} tidak ada", "There is no user {address}"],
  "no-such-group": [404, "Group {address} tidak ada", "There is no group {address}"],
  "realm-away": [
    503,
    "Realm {realm} sedang tidak terjangkau; coba lagi {seconds} detik lagi",
    "Realm {realm} cannot be reached now; try again in {seconds} s",
  ],
  "realm-refuses": [403, "Realm {realm} menolak realm ini", "Realm {realm} refuses this realm"],
  "realm-faulty": [502, "Jawaban realm {realm} tidak dapat dibaca", "The answer of realm {realm} cannot be read"],
  "no-such-message": [404, "Pesan {reference} tidak ada", "There is no message {reference}"],
  "operator-only": [403, "Command ini hanya untuk operator", "This command is for the operator only"],
  refused: [403, "Pesan untuk {address} ditolak oleh realmnya", "The message to {address} was refused by its realm"],
  "too-large": [
    413,
    "Pesan untuk {address} terlalu besar bagi realmnya",
    "The message to {address} is too large for its realm",
  ],
  unprocessable: [
    502,
    "Pesan untuk {address} gagal: realmnya berulang kali tidak dapat mengolahnya",
    "The message to {address} failed: its realm could not process it, again and again",
  ],
  expired: [
    502,
    "Pesan untuk {address} gagal: tujuan tidak terjangkau selama 7 hari",
    "The message to {address} failed: its destination could not be reached for 7 days",
  ],
  "no-such-realm": [404, "Realm {realm} tidak dikenal di sini", "Realm {realm} is not known here"],
  "no-such-page": [404, "Alamat ini tidak ada; coba GET /", "There is nothing at this address; try GET /"],
  "method-not-allowed": [405, "Method tidak dilayani di sini", "This method is not served here"],
  "name-taken": [409, "Nama pengguna {name} sudah dipakai", "The user name {name} is taken"],
  "group-exists": [409, "Group {name} sudah ada", "The group {name} exists already"],
  "key-reused": [409, "Key {key} sudah dipakai untuk pesan lain", "The key {key} has been used for another message"],
  "upgrade-required": [
    426,
    "Alamat ini WebSocket: subprotocol ranah, lalu token",
    "This address is a WebSocket: subprotocol ranah, then the token",
  ],
  "reply-too-large": [
    413,
    "Jawaban terlalu besar untuk satu frame; pakai limit= atau last=",
    "The reply is too large for one frame; use limit= or last=",
  ],
  "body-too-large": [413, "Isi request lebih dari 65536 byte", "The request body has more than 65536 bytes"],
  "too-many-attempts": [
    429,
    "Terlalu banyak password salah; coba lagi {seconds} detik lagi",
    "Too many wrong passwords; try again in {seconds} s",
  ],
  "too-many-unanswered": [
    429,
    "Terlalu banyak command yang belum terjawab di sambungan ini",
    "Too many commands of this connection are unanswered",
  ],
  "too-many-sockets": [
    429,
    "Terlalu banyak sambungan live untuk pengguna ini",
    "Too many live connections of this user",
  ],
  busy: [429, "Server sedang sibuk; coba lagi {seconds} detik lagi", "The server is busy; try again in {seconds} s"],
  internal: [500, "Kesalahan di dalam server", "Something is broken inside the server"],
  unavailable: [
    503,
    "Server sedang tidak tersedia; coba lagi {seconds} detik lagi",
    "The server is not available; try again in {seconds} s",
  ],
  "shards-changed": [
    503,
    "Realm ini lahir dengan {born} shard, tetapi SHARDS sekarang {configured}. Kembalikan SHARDS = {born}",
    "This realm was born with {born} shards, but SHARDS is {configured} now. Set SHARDS = {born} again",
  ],
  misconfigured: [
    503,
    "Konfigurasi realm ini salah; operator menemukan sebabnya di log",
    "This realm's configuration is wrong; its operator finds the reason in the log",
  ],
} as const satisfies Record<string, readonly [status: number, id: string, en: string]>;

export type ErrorCode = keyof typeof errors;
