/**
 * Every error that the server answers: its HTTP status and its two texts. Each comment describes when; `npm run docs` copies it
 * into the README. The code (header `Error-Code`) is stable; the texts may be reworded. `errorText` fills in `{x}`.
 */
export const errors = {
  /** The line starts with no command name, or the topic of `help` is none. */
  "unknown-command": [400, "Maaf, command tidak benar", "Sorry, unknown command"],
  /** A parameter is missing, empty or one too many, or a reference is not a valid key. */
  usage: [400, "Pemakaian: {usage}", "Usage: {usage}"],
  /** The request names no valid host. */
  "bad-request": [400, "Request HTTP tidak sah", "The HTTP request is malformed"],
  /** The client has broken off before the end of the body. Only a proxy between can see this answer. */
  "body-incomplete": [400, "Isi request terputus", "The request body is incomplete"],
  /** The body takes too long to arrive. */
  "body-too-slow": [408, "Isi request terlalu lama ditunggu", "The request body takes too long"],
  /** The body is not well-formed UTF-8, or a frame is binary. */
  "not-utf8": [400, "Isi request bukan UTF-8", "The request body is not UTF-8"],
  /** The body begins like UTF-16 or UTF-32, as files of Windows do. */
  "utf-16": [
    400,
    "Isi request berupa UTF-16; simpan dan kirim sebagai UTF-8",
    "The request body is UTF-16; save and send it as UTF-8",
  ],
  /** The body is compressed: the header `Content-Encoding` names more than `identity`. */
  "encoded-body": [
    415,
    "Isi request dikompresi (Content-Encoding); kirim tanpa kompresi",
    "The request body is compressed (Content-Encoding); send it as it is",
  ],
  /** A name violates the grammar. `{label}` is the parameter. */
  "bad-name": [
    400,
    "Nama tidak sah: {label} harus 1 sampai 32 karakter a-z 0-9 . _ -, diawali huruf atau angka",
    "Bad name: {label} must be 1 to 32 characters of a-z 0-9 . _ -, starting with a letter or digit",
  ],
  /** An address violates the grammar. `{label}` is the parameter. */
  "bad-address": [
    400,
    "Alamat tidak sah: {label} harus nama atau nama@realm",
    "Bad address: {label} must be name or name@realm",
  ],
  /** A realm as a parameter violates the grammar. */
  "bad-realm": [400, "Nama realm tidak sah", "Bad realm name"],
  /** `register` of a reserved name. */
  "reserved-name": [400, "Nama {name} dipakai oleh sistem", "The name {name} belongs to the system"],
  /** A new password is too short or too long, or contains a line end. */
  "bad-password": [400, "Password harus 8 sampai 128 byte", "A password must have 8 to 128 bytes"],
  /** Nothing follows the space behind the address. */
  "empty-message": [400, "Pesan kosong", "The message is empty"],
  /** The command has no such option. `{option}` is the word of the line, shortened if it is long. */
  "unknown-option": [400, "Opsi {option} tidak dikenal. Pemakaian: {usage}", "Unknown option {option}. Usage: {usage}"],
  /** An option occurs twice. */
  "repeated-option": [400, "Opsi {option} diulang", "Option {option} is repeated"],
  /** The value violates the grammar or is out of range. */
  "bad-option": [400, "Nilai opsi {option} harus {expected}", "The value of option {option} must be {expected}"],
  /** `limit` together with `last`. */
  "conflicting-options": [
    400,
    "Opsi {option} dan {other} tidak bisa dipakai bersama",
    "Options {option} and {other} cannot be used together",
  ],
  /** The target of `ban`, `unban`, `block` or `unblock` violates the grammar, or is the account or the realm itself. */
  "bad-target": [
    400,
    "Sasaran tidak sah: harus {label}, dan bukan diri sendiri",
    "Bad target: it must be {label}, and not your own",
  ],
  /** `unregister` with a wrong password. With `Retry-After` if logins are now locked. */
  "wrong-password": [403, "Password salah", "The password is wrong"],
  /** `accept` of a sender of whom nothing waits. */
  "no-such-request": [404, "Tidak ada pesan {address} yang menunggu", "No message of {address} waits"],
  /** `unblock` of what is not blocked. */
  "no-such-block": [404, "{target} tidak diblokir", "{target} is not blocked"],
  /** The account has the maximum of blocks. */
  "too-many-blocks": [409, "Terlalu banyak blokir", "Too many blocks"],
  /** The account is banned: it may read, and reaches nobody. */
  banned: [403, "Akun ini diblokir operator{reason}", "This account is banned by the operator{reason}"],
  /** A send or an invitation to a realm that the operator has banned. */
  "realm-banned": [403, "Realm {realm} diblokir di realm ini", "This realm has banned the realm {realm}"],
  /** A registration or a login while the operator has closed the realm (`lockdown`). With `Retry-After`. */
  "locked-down": [
    503,
    "Realm ini sedang ditutup operator; coba lagi {seconds} detik lagi",
    "The operator has closed this realm for now; try again in {seconds} s",
  ],
  /** `unban` of what is not banned. */
  "not-banned": [404, "{target} tidak diblokir", "{target} is not banned"],
  /** `operator add` and `operator remove` by an account: only the operator token may do that. */
  "root-only": [403, "Command ini hanya dengan OPERATOR_TOKEN", "This command needs the OPERATOR_TOKEN"],
  /** `register` with a code that is wrong, used up or expired. */
  "bad-code": [403, "Kode salah, sudah terpakai atau kedaluwarsa", "The code is wrong, used up or expired"],
  /** `revokecode` of a code that does not exist. */
  "no-such-code": [404, "Tidak ada kode {code}", "There is no code {code}"],
  /** The realm has the maximum of invitation codes. */
  "too-many-codes": [409, "Terlalu banyak kode; cabut satu dahulu", "Too many codes; revoke one first"],
  /** The token's scope does not include the command, or its recipient. */
  "out-of-scope": [403, "Token ini tidak boleh untuk itu", "This token is not allowed to do that"],
  /** A token never may send the command: it needs a session, or name and password. */
  "session-required": [403, "Command ini perlu sesi, bukan token", "This command needs a session, not a token"],
  /** `token new` with the label of another token. */
  "label-taken": [409, "Label {label} sudah dipakai token lain", "Another token has the label {label}"],
  /** The account has the maximum of tokens. */
  "too-many-tokens": [409, "Terlalu banyak token; cabut satu dahulu", "Too many tokens; revoke one first"],
  /** `token revoke` of a label that no token has. */
  "no-such-token": [404, "Tidak ada token {label}", "There is no token {label}"],
  /** `token new` without a label, or with a recipient and another scope than `send`. */
  "bad-token-options": [
    400,
    "Token perlu label=; to= hanya dengan scope=send",
    "A token needs label=; to= goes with scope=send only",
  ],
  /** The command needs a session, and there is no `Authorization` header or an empty one. */
  "token-missing": [
    401,
    "Belum login: kirim header Authorization: Bearer TOKEN, token didapat dari auth",
    "Not logged in: send the header Authorization: Bearer TOKEN, auth gives the token",
  ],
  /** The `Authorization` header is neither `Bearer` with a well-formed token nor `Basic`. */
  "token-malformed": [401, "Token rusak", "The token is damaged"],
  /** The token is well-formed, but this realm has no open session for it. */
  "session-ended": [
    401,
    "Sesi tidak berlaku di realm ini: sudah berakhir atau tidak pernah ada. Lakukan auth lagi",
    "No such session in this realm: it has ended or never was. Use auth again",
  ],
  /**
   * `auth` or HTTP Basic with an unknown account or a wrong password. With `Retry-After` if logins are now locked. Also a
   * waiting read by HTTP Basic if the password was changed meanwhile.
   */
  "wrong-credentials": [401, "Nama pengguna atau password salah", "Wrong user name or password"],
  /** HTTP Basic that is not base64 of `name:password` in UTF-8. */
  "basic-malformed": [
    400,
    "Header Authorization: Basic rusak: harus base64 dari nama:password dalam UTF-8",
    "The header Authorization: Basic is damaged: it must be base64 of name:password in UTF-8",
  ],
  /** HTTP Basic over plain HTTP from another machine. The password was sent unencrypted. */
  "basic-needs-https": [
    403,
    "Nama dan password dalam header hanya lewat HTTPS atau di mesin ini sendiri; di sini pakai token dari auth",
    "Name and password in the header are for HTTPS and this machine only; use a token of auth here",
  ],
  /** HTTP Basic in a request with `Origin`: a browser may have added it without its user. */
  "basic-from-browser": [
    403,
    "Nama dan password dalam header tidak diterima dari browser; pakai token dari auth",
    "Name and password in the header are not accepted from browsers; use a token of auth",
  ],
  /** `logout` without `all=yes` in a request with HTTP Basic. */
  "no-session": [
    400,
    "Request ini memakai password, tanpa sesi untuk diakhiri; logout all=yes mengakhiri semua sesi",
    "This request uses the password and has no session to end; logout all=yes ends all sessions",
  ],
  /** A request of another realm has no valid signature. */
  "signature-refused": [401, "Tanda tangan ditolak", "The signature is refused"],
  /** A request of another realm that this realm does not serve, or that may not ask this. */
  "peer-refused": [403, "Realm ini tidak dilayani di sini", "This realm is not served here"],
  /** The body of a request of another realm is malformed. */
  "bad-federation-request": [
    400,
    "Isi request antar-realm tidak sah",
    "The body of this request between realms is bad",
  ],
  /** A request of another realm has too many messages. */
  "batch-too-large": [413, "Terlalu banyak pesan dalam satu request", "Too many messages in one request"],
  /** An account or another realm exceeds its rate. With `Retry-After`. */
  "slow-down": [429, "Terlalu cepat; coba lagi {seconds} detik lagi", "Too fast; try again in {seconds} s"],
  /** `passwd` with a wrong old password. With `Retry-After` if logins are now locked. */
  "wrong-old-password": [403, "Password lama salah", "The old password is wrong"],
  /** `register` in a realm that accepts no new accounts. */
  "registration-closed": [403, "Pendaftaran di realm ini ditutup", "Registration in this realm is closed"],
  /** `register` without an invitation code in a realm that invites. The operator's token needs none. */
  "invitation-required": [
    403,
    "Pendaftaran di realm ini perlu undangan: register code=KODE …",
    "Registration in this realm needs an invitation: register code=CODE …",
  ],
  /** A send to an account that does not exist: the message has failed. Or `invite` of such an account. */
  "no-such-user": [404, "Pengguna {address} tidak ada", "There is no user {address}"],
  /**
   * The group does not exist, or it is private and the account is not in it. A send to it has failed. Also `read`
   * with `kind=group` for a group that the account is not a member of.
   */
  "no-such-group": [404, "Group {address} tidak ada", "There is no group {address}"],
  /**
   * A read of a remote group, or a membership request to it, while its realm cannot be reached or cannot answer.
   * Also `read` for a group whose newest message this realm does not know. With `Retry-After`.
   */
  "realm-away": [
    503,
    "Realm {realm} sedang tidak terjangkau; coba lagi {seconds} detik lagi",
    "Realm {realm} cannot be reached now; try again in {seconds} s",
  ],
  /** A read of a remote group, or a membership request to it, if its realm does not serve this realm. */
  "realm-refuses": [403, "Realm {realm} menolak realm ini", "Realm {realm} refuses this realm"],
  /**
   * A read of a remote group, or a membership request to it, if the answer of its realm is malformed or does not
   * match the request.
   */
  "realm-faulty": [502, "Jawaban realm {realm} tidak dapat dibaca", "The answer of realm {realm} cannot be read"],
  /**
   * `leavegroup` of an open group by an account that is not in it, or `kick` of an account that is neither member
   * nor invited.
   */
  "no-such-member": [404, "{member} bukan anggota group {group}", "{member} is no member of group {group}"],
  /** `read` of a conversation without messages. */
  "no-such-conversation": [404, "Tidak ada percakapan dengan {address}", "There is no conversation with {address}"],
  /** `kick` by an account that is not the owner. In a private group only its members get this error. */
  "owner-only": [403, "Hanya pemilik group {group} yang bisa", "Only the owner of group {group} can do that"],
  /** `invite` to an open group by an account that is not a member. */
  "members-only": [403, "Hanya anggota group {group} yang bisa", "Only members of group {group} can do that"],
  /**
   * `joingroup` or `invite` if the group has the maximum of members, in all or of one remote realm. Invited accounts
   * count, and they can still join.
   */
  "group-full": [409, "Group {group} sudah penuh", "Group {group} is full"],
  /** `joingroup` or `creategroup` by an account with the maximum of groups. Invitations do not count. */
  "too-many-groups": [409, "Anda sudah anggota terlalu banyak group", "You are a member of too many groups"],
  /** A send to somebody new by an account that has started the maximum of conversations. Nothing was stored. */
  "too-many-conversations": [
    409,
    "Anda sudah memulai terlalu banyak percakapan",
    "You have started too many conversations",
  ],
  /** A send while too many messages of the account wait for other realms. Nothing was stored. */
  "queue-full": [
    409,
    "Terlalu banyak pesan Anda yang masih menunggu realm lain",
    "Too many of your messages are waiting for other realms",
  ],
  /** A send to one more unconfigured realm while messages of the account wait for too many such realms. Nothing was stored. */
  "too-many-realms": [
    409,
    "Pesan Anda masih menunggu terlalu banyak realm lain",
    "Your messages are waiting for too many other realms",
  ],
  /** A send by an account whose sent messages fill its quota. Nothing was stored. */
  "quota-exceeded": [
    507,
    "Kuota penyimpanan Anda penuh: hubungi operator realm",
    "Your storage quota is used up: ask the operator of the realm",
  ],
  /** The recipient's mailbox has no room. The message has failed, or nothing was stored if there is no `Message-Id`. */
  "mailbox-full": [507, "Kotak pesan {address} penuh", "The mailbox of {address} is full"],
  /** The group has no room for more messages. The message has failed, or nothing was stored if there is no `Message-Id`. */
  "group-log-full": [507, "Penyimpanan group {address} penuh", "The storage of group {address} is full"],
  /** `status` of a message that the account has not sent or that is no longer stored; `report` of one that it cannot read. */
  "no-such-message": [404, "Pesan {reference} tidak ada", "There is no message {reference}"],
  /** An operator command with a session token. */
  "operator-only": [403, "Command ini hanya untuk operator", "This command is for the operator only"],
  /** The message has failed: the recipient's realm accepts nothing from this realm. */
  refused: [403, "Pesan untuk {address} ditolak oleh realmnya", "The message to {address} was refused by its realm"],
  /** The message has failed: it is too large for the recipient's realm. */
  "too-large": [
    413,
    "Pesan untuk {address} terlalu besar bagi realmnya",
    "The message to {address} is too large for its realm",
  ],
  /** The message has failed: the recipient's realm crashed on it again and again, or cannot process it. */
  unprocessable: [
    502,
    "Pesan untuk {address} gagal: realmnya berulang kali tidak dapat mengolahnya",
    "The message to {address} failed: its realm could not process it, again and again",
  ],
  /** The message has failed: it was queued for 7 days. */
  expired: [
    502,
    "Pesan untuk {address} gagal: tujuan tidak terjangkau selama 7 hari",
    "The message to {address} failed: its destination could not be reached for 7 days",
  ],
  /** An address of an account or a group in a realm that this realm does not know. */
  "no-such-realm": [404, "Realm {realm} tidak dikenal di sini", "Realm {realm} is not known here"],
  /** The path does not exist. */
  "no-such-page": [404, "Alamat ini tidak ada; coba GET /", "There is nothing at this address; try GET /"],
  /** The path does not serve this method. With `Allow`. */
  "method-not-allowed": [405, "Method tidak dilayani di sini", "This method is not served here"],
  /** `register` of an account that exists. */
  "name-taken": [409, "Nama pengguna {name} sudah dipakai", "The user name {name} is taken"],
  /** `creategroup` of a group that exists, also of a private one. */
  "group-exists": [409, "Group {name} sudah ada", "The group {name} exists already"],
  /** A key with another command, recipient or text than before. */
  "key-reused": [409, "Key {key} sudah dipakai untuk pesan lain", "The key {key} has been used for another message"],
  /** `GET /live` without a WebSocket upgrade, the subprotocol or a token. */
  "upgrade-required": [
    426,
    "Alamat ini WebSocket: subprotocol ranah, lalu token",
    "This address is a WebSocket: subprotocol ranah, then the token",
  ],
  /** Only on a live socket: the reply is longer than a frame may be. */
  "reply-too-large": [
    413,
    "Jawaban terlalu besar untuk satu frame; pakai limit= atau last=, atau POST /command",
    "The reply is too large for one frame; use limit= or last=, or POST /command",
  ],
  /** The body is too long. The server discards what it has read of it. */
  "body-too-large": [413, "Isi request lebih dari {bytes} byte", "The request body has more than {bytes} bytes"],
  /** The body of `POST /commands` is too long. */
  "bulk-too-large": [413, "Isi request lebih dari {bytes} byte", "The request body has more than {bytes} bytes"],
  /**
   * `register`, `auth` or an operator command in `POST /commands` or on a live socket; `passwd` and `unregister` in
   * `POST /commands`.
   */
  "post-command-only": [400, "Command ini hanya lewat POST /command", "This command goes through POST /command only"],
  /** The body of `POST /commands` has too many lines. */
  "too-many-lines": [413, "Lebih dari {lines} baris dalam satu request", "More than {lines} lines in one request"],
  /** `auth`, `passwd` or HTTP Basic while the logins of the account are locked. With `Retry-After`. */
  "too-many-attempts": [
    429,
    "Terlalu banyak password salah; coba lagi {seconds} detik lagi",
    "Too many wrong passwords; try again in {seconds} s",
  ],
  /** `GET /live` while too many sockets that the server has closed are still open at the client. */
  "too-many-sockets": [
    429,
    "Terlalu banyak sambungan live untuk pengguna ini",
    "Too many live connections of this user",
  ],
  /** Too many logins and registrations are waiting, or too many requests. With `Retry-After`. */
  busy: [429, "Server sedang sibuk; coba lagi {seconds} detik lagi", "The server is busy; try again in {seconds} s"],
  /** Only over `ranah bridge`: it has the maximum of connections. The connection closes. */
  "too-many-connections": [503, "Terlalu banyak sambungan; coba lagi nanti", "Too many connections; try again later"],
  /** Only over `ranah bridge`: no complete request has come for a while. The connection closes. */
  "connection-idle": [
    408,
    "Terlalu lama tanpa request; sambungan ditutup",
    "No request for too long; the connection closes",
  ],
  /** Only over `ranah bridge`: the connection ended in the middle of a line, which was not carried out. */
  "incomplete-request": [
    400,
    "Request tidak lengkap: harus diakhiri \\r\\n",
    "The request is incomplete: it must end with \\r\\n",
  ],
  /** A fault of the server. The command may have been carried out. */
  internal: [500, "Kesalahan di dalam server", "Something is broken inside the server"],
  /**
   * The realm, or the shard of the account or group, is moving or restarting. The command may have been carried out.
   * With `Retry-After`.
   */
  unavailable: [
    503,
    "Server sedang tidak tersedia; coba lagi {seconds} detik lagi",
    "The server is not available; try again in {seconds} s",
  ],
  /** The operator has changed `SHARDS`, which is fixed when a realm is created. With `Retry-After: 60`. */
  "shards-changed": [
    503,
    "Realm ini dibuat dengan {recorded} shard, tetapi SHARDS sekarang {configured}. Kembalikan SHARDS = {recorded}",
    "This realm was created with {recorded} shards, but SHARDS is {configured} now. Set SHARDS = {recorded} again",
  ],
  /** A variable of the deployment is invalid. With `Retry-After: 60`. */
  misconfigured: [
    503,
    "Konfigurasi realm ini salah; operator menemukan sebabnya di log",
    "This realm's configuration is wrong; its operator finds the reason in the log",
  ],
} as const satisfies Record<string, readonly [status: number, id: string, en: string]>;

export type ErrorCode = keyof typeof errors;
