// What people do, done to your product. What stands here is made up: replace it by your product, action by action.
//
//     kmc doctor FOLDER             # what works, and what to write next
//     kmc run --target FOLDER
//
// A question a line comes in, its answer a line goes out. Print nothing else: what you want to say goes to console.error.

import { randomUUID } from "node:crypto";
import { createInterface } from "node:readline";

const passwords = new Map();
const sessions = new Set();

const actions = {
  async RegisterUser({ email, password }) {
    if (!passwords.has(email)) passwords.set(email, password);
    return { accepted: true };
  },
  async LogIn({ email, password }) {
    if (!passwords.has(email) || passwords.get(email) !== password) {
      return { accepted: false, message: "Wrong e-mail or password." };
    }
    const session = randomUUID();
    sessions.add(session);
    return { accepted: true, session };
  },
  async UseSession({ session }) {
    return { accepted: sessions.has(session) };
  },
  async LogOut({ session }) {
    sessions.delete(session);
    return { accepted: true };
  },
};
const offers = []; // what else your product does, such as "reset"

async function answer({ id, method, params }) {
  const said = { jsonrpc: "2.0", id };
  if (method === "start") return { ...said, result: { protocol: 1, name: "my-target", offers } };
  if (method !== "perform") return { ...said, result: null };
  const action = Object.hasOwn(actions, params.action) && actions[params.action];
  // Code 1, not offered: the scenarios that need it are skipped by name.
  if (!action) return { ...said, error: { code: 1, message: params.action } };
  return { ...said, result: await action(params.fields) };
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await answer(JSON.parse(line))));
}
