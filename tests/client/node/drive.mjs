// Lets a test use the client: `node drive.mjs ACTION`, what it is given as JSON on stdin, what comes of it on stdout.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";

import * as calos from "./calos.mjs";

const ACTIONS = {
  vectors: ({ folder }) => {
    const read = (name) => JSON.parse(readFileSync(`${folder}/${name}.json`, "utf-8"));
    return Object.fromEntries(Object.entries(CHECKS).map(([name, check]) => [name, check(read(name), read("keys").keySet)]));
  },
  verify: async ({ question, ...client }) => new calos.Calos(client).verify(question),
  file: async ({ asked, expect, ...client }) => {
    const connection = new calos.Calos(client);
    const pair = calos.newKeyPair();
    const given = asked.publicKey === true ? { ...asked, publicKey: pair.publicKey } : asked;
    const document = calos.readFile(await connection.file(given), await connection.keys(), pair.privateKey);
    const worth = calos.worth(document, { ...expect, installId: client.installId, now: new Date() });
    return { document, worth };
  },
  request: ({ installId, secret, fingerprint }) => {
    const pair = calos.newKeyPair();
    const made = calos.activationRequest(installId, secret, fingerprint, { publicKey: pair.publicKey });
    return { ...made, ...pair };
  },
  read: ({ file, keySet, privateKey }) => calos.readFile(file, keySet, privateKey),
  send: async ({ events, ...client }) => {
    const connection = new calos.Calos(client);
    return [await connection.send(events), await connection.send(events)];
  },
  bundle: ({ installId, secret, events }) => calos.bundle(installId, secret, events).toString("base64"),
};

const refusal = (work) => {
  try {
    work();
  } catch (refused) {
    if (refused instanceof calos.Refused) return refused.code;
    throw refused;
  }
  return null;
};

// Each returns how many cases it has been through.
const CHECKS = {
  canonical: (cases) => {
    for (const { value, canonical } of cases) assert.equal(calos.canonical(value), canonical);
    return cases.length;
  },
  answers: ({ cases }, keySet) => {
    for (const { name, answer, holds } of cases) assert.equal(calos.answerHolds(answer, keySet), holds, name);
    return cases.length;
  },
  license_files: ({ recipient, cases }, keySet) => {
    for (const { name, file, document, refused } of cases) {
      const read = () => calos.readFile(file, keySet, recipient.private);
      if (document) assert.deepEqual(read(), document, name);
      else assert.equal(refusal(read), refused, name);
    }
    return cases.length;
  },
  file_worth: (cases) => {
    for (const { name, document, installId, fingerprint, now, seen, valid, code } of cases) {
      const asked = { installId, fingerprint, now: new Date(now), seen: seen && new Date(seen) };
      assert.deepEqual(calos.worth(document, asked), { valid, code }, name);
    }
    return cases.length;
  },
  activation_requests: ({ installSecret, cases }) => {
    for (const { name, fields, file } of cases) {
      const made = calos.activationRequest(fields.installId, installSecret, fields.fingerprint, fields);
      assert.equal(made.file, file, name);
    }
    return cases.length;
  },
  bundles: ({ installSecret, events, header, unpacked }) => {
    assert.equal(calos.bundleText(header.installId, installSecret, events, header), unpacked);
    return 1;
  },
};

try {
  const came = await ACTIONS[process.argv[2]](JSON.parse(await text(process.stdin)));
  process.stdout.write(JSON.stringify({ came }));
} catch (refused) {
  if (!(refused instanceof calos.Refused)) throw refused;
  process.stdout.write(JSON.stringify({ refused: refused.code, sentence: refused.message }));
}
