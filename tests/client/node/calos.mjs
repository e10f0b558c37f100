// A whole client of Calos for Node 18 and newer, without a dependency: docs/protocol.md in JavaScript.
import {
  createDecipheriv, createHash, createHmac, createPrivateKey, createPublicKey, diffieHellman,
  generateKeyPairSync, hkdfSync, randomBytes, randomUUID, verify as verifySignature,
} from "node:crypto";
import { gzipSync } from "node:zlib";

const FORMAT = "calos-license-file/1";
const PLAIN = "ed25519";
const ENCRYPTED = "ed25519+x25519-hkdf-sha256-aes256gcm";
const FILE = "CALOS LICENSE FILE";
const REQUEST = "CALOS ACTIVATION REQUEST";
const DAY = 86_400_000;

/** Why something is not as the protocol has it; `code` as in the test vectors. */
export class Refused extends Error {
  constructor(code, sentence) {
    super(sentence);
    this.code = code;
  }
}

/** The form of RFC 8785, for values without fractions whose keys are ASCII. */
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const members = Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`);
  return `{${members.join(",")}}`;
}

const b64u = (bytes) => Buffer.from(bytes).toString("base64url");

function fromB64u(text) {
  const bytes = Buffer.from(text, "base64url");
  if (b64u(bytes) !== text) throw new Refused("unreadable_file", "This is not base64url without padding.");
  return bytes;
}

function ed25519Holds(message, signature, jwk) {
  const key = createPublicKey({ key: { kty: jwk.kty, crv: jwk.crv, x: jwk.x }, format: "jwk" });
  return signature.length === 64 && verifySignature(null, Buffer.from(message), key, signature);
}

const keyOf = (keySet, kid, use) => keySet.keys.find((key) => key.kid === kid && key.calosUse === use);

/** Whether the text of an answer was signed by a key of use `answers`. */
export function answerHolds(text, keySet) {
  const { signature, ...rest } = JSON.parse(text);
  const jwk = keyOf(keySet, rest.kid, "answers");
  try {
    return Boolean(jwk) && ed25519Holds(canonical(rest), fromB64u(signature), jwk);
  } catch (refused) {
    if (refused instanceof Refused) return false;
    throw refused;
  }
}

function armor(label, bytes) {
  const lines = Buffer.from(bytes).toString("base64").match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}

function unarmor(label, text) {
  const plain = text.replaceAll("\r\n", "\n");
  const bytes = Buffer.from(plain.split("\n").slice(1).filter((line) => !line.startsWith("-")).join(""), "base64");
  // One spelling: what comes out, armored again, is what came in.
  if (bytes.length === 0 || armor(label, bytes) !== (plain.endsWith("\n") ? plain : `${plain}\n`)) {
    throw new Refused("unreadable_file", "This is not the armor of Calos, or it was changed on the way.");
  }
  return bytes;
}

function parsed(bytes) {
  let value;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new Refused("unreadable_file", "This file does not hold JSON.");
  }
  if (value === null || typeof value !== "object" || Buffer.compare(Buffer.from(canonical(value)), bytes) !== 0) {
    throw new Refused("unreadable_file", "This file holds JSON in another form than ours.");
  }
  return value;
}

/** The document of a license file: verified first, decrypted second. `privateKey` is b64u of an X25519 secret. */
export function readFile(text, keySet, privateKey = null) {
  const envelope = parsed(unarmor(FILE, text));
  const { payload, alg, kid, sig } = envelope;
  const whole = Object.keys(envelope).length === 4 && [payload, alg, kid, sig].every((one) => typeof one === "string");
  if (!whole || ![PLAIN, ENCRYPTED].includes(alg)) throw new Refused("unreadable_file", "This is no license file.");
  const jwk = keyOf(keySet, kid, "files");
  if (!jwk) throw new Refused("unknown_key", `There is no key ${kid} that signs license files.`);
  if (!ed25519Holds([FORMAT, alg, kid, payload].join("\n"), fromB64u(sig), jwk)) {
    throw new Refused("bad_signature", "The signature of this file does not hold.");
  }
  if (alg === ENCRYPTED && !privateKey) throw new Refused("encrypted_file", "This file needs the installation's key.");
  const document = parsed(alg === PLAIN ? fromB64u(payload) : decrypted(payload, privateKey));
  if (document.version !== 1) throw new Refused("unreadable_file", "This file is of a later version.");
  return document;
}

function decrypted(payload, privateKey) {
  const parts = payload.split(".").map(fromB64u);
  if (parts.length !== 3) throw new Refused("unreadable_file", "An encrypted payload has three parts.");
  const [ephemeral, nonce, sealed] = parts;
  const own = x25519(privateKey);
  const publicKey = fromB64u(createPublicKey(own).export({ format: "jwk" }).x);
  const other = createPublicKey({ key: { kty: "OKP", crv: "X25519", x: b64u(ephemeral) }, format: "jwk" });
  const shared = diffieHellman({ privateKey: own, publicKey: other });
  const key = hkdfSync("sha256", shared, Buffer.concat([ephemeral, publicKey]), FORMAT, 32);
  const opening = createDecipheriv("aes-256-gcm", Buffer.from(key), nonce).setAAD(Buffer.from(FORMAT));
  opening.setAuthTag(sealed.subarray(-16));
  try {
    return Buffer.concat([opening.update(sealed.subarray(0, -16)), opening.final()]);
  } catch {
    throw new Refused("not_for_this_key", "This file is encrypted to another installation's key.");
  }
}

function x25519(privateKey) {
  // The 32 bytes behind what PKCS #8 puts before every X25519 secret.
  const der = Buffer.concat([Buffer.from("302e020100300506032b656e04220420", "hex"), fromB64u(privateKey)]);
  return createPrivateKey({ key: der, format: "der", type: "pkcs8" });
}

/** A new X25519 key pair, each half as b64u. */
export function newKeyPair() {
  const { x, d } = generateKeyPairSync("x25519").privateKey.export({ format: "jwk" });
  return { publicKey: x, privateKey: d };
}

/** What a document is worth at `now`, a Date; `seen` is the latest instant that was ever seen, or null. */
export function worth(document, { installId, fingerprint, now, seen = null }) {
  const at = (text) => (text === null ? Infinity : Date.parse(text));
  const { license } = document;
  const [ends, expires] = [at(document.fileExpiresAt), at(license.expiresAt)];
  const latest = Math.max(at(document.issuedAt), seen ?? -Infinity);
  if (document.installId !== installId) return { valid: false, code: "INSTALL_MISMATCH" };
  if (![null, fingerprint].includes(document.fingerprint)) return { valid: false, code: "FINGERPRINT_MISMATCH" };
  if (latest - now > DAY) return { valid: false, code: "CLOCK_TAMPERED" };
  if (at(license.startsAt) > now) return { valid: false, code: "NOT_STARTED" };
  if (expires <= now && document.expiryStrategy === "restrict") return { valid: false, code: "EXPIRED" };
  if (ends <= now) return { valid: now < ends + document.graceDays * DAY, code: "FILE_EXPIRED" };
  if (expires <= now) return { valid: true, code: "EXPIRED" };
  return { valid: true, code: expires - now <= 3 * DAY ? "EXPIRING" : "VALID" };
}

const macKey = (secret) => createHash("sha256").update(secret).digest();
const mac = (secret, signed) => b64u(createHmac("sha256", macKey(secret)).update(canonical(signed)).digest());

/** An activation request, to be carried to Calos; `asked` may set any of its members. */
export function activationRequest(installId, secret, fingerprint, asked = {}) {
  const signed = {
    version: 1, installId, fingerprint, domain: null, hostVersion: null, publicKey: null,
    createdAt: new Date().toISOString(), nonce: b64u(randomBytes(16)), ...asked,
  };
  return { nonce: signed.nonce, file: armor(REQUEST, canonical({ ...signed, mac: mac(secret, signed) })) };
}

/** A telemetry bundle as its unpacked text. */
export function bundleText(installId, secret, events, asked = {}) {
  const body = events.map((event) => `${canonical(event)}\n`).join("");
  const sha256 = createHash("sha256").update(body).digest("hex");
  const createdAt = new Date().toISOString();
  const header = {
    calosBundle: 1, installId, bundleId: randomUUID(), createdAt, events: events.length, sha256, ...asked,
  };
  return `${canonical({ ...header, mac: mac(secret, header) })}\n${body}`;
}

/** The same, as the file to carry. */
export const bundle = (...given) => gzipSync(bundleText(...given));

/** What a client asks of a Calos that it can reach. */
export class Calos {
  constructor({ url, installId, secret }) {
    Object.assign(this, { url, installId, secret, keySet: null });
  }

  async keys() {
    this.keySet ??= await (await this.#asked("/.well-known/calos-keys.json", {})).json();
    return this.keySet;
  }

  /** The signed answer to a new question; throws Refused where it is not ours, not to us, or none came. */
  async verify(question = {}) {
    const asked = { installId: this.installId, nonce: b64u(randomBytes(16)), ...question };
    const text = await (await this.#posted("/api/licenses/verify", asked)).text();
    if (!answerHolds(text, await this.keys())) throw new Refused("bad_signature", "This answer is not from Calos.");
    const answer = JSON.parse(text);
    const toUs = answer.license.installId === asked.installId
      && answer.license.fingerprint === (asked.fingerprint ?? null) && answer.nonce === asked.nonce;
    if (!toUs) throw new Refused("another_answer", "This answer is to another question.");
    return answer;
  }

  /** The text of a license file; `asked` as in the protocol. */
  async file(asked = {}) {
    return (await (await this.#posted("/api/licenses/file", { installId: this.installId, ...asked })).json()).file;
  }

  /** The receipt of a batch of events. */
  async send(events) {
    return (await this.#posted("/api/telemetry/events", { installId: this.installId, events })).json();
  }

  #posted(path, body) {
    const headers = { "Content-Type": "application/json", Authorization: `Bearer ${this.secret}` };
    return this.#asked(path, { method: "POST", headers, body: JSON.stringify(body) });
  }

  async #asked(path, options) {
    const answer = await fetch(this.url + path, { redirect: "error", signal: AbortSignal.timeout(10_000), ...options });
    if (answer.ok) return answer;
    const problem = await answer.json().catch(() => ({}));
    const transient = answer.status === 429 || answer.status >= 500;
    throw new Refused(transient ? "transient" : problem.code ?? "refused", problem.detail ?? `HTTP ${answer.status}`);
  }
}
