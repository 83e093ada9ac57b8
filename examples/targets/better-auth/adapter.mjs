// Speaks to better-auth's API for `kmc`: a question a line on standard input, its answer on standard output
// (kmc_harness/targets/EXEC.md). A session is a browser: its cookies are kept here, under a number.

import { createInterface } from "node:readline";

const NOT_OFFERED = 1;
const BROKE = 2;
const REFUSALS = [400, 401, 422, 429];

class NotOffered extends Error {}

let url;
let sessions = new Map();
let machines = new Map();

class Browser {
  constructor(cookies = []) {
    this.cookies = new Map(cookies);
  }

  async get(path) {
    return this.#ask(path, { method: "GET" });
  }

  async post(path, fields = {}, asTyped = false) {
    return this.#ask(path, { method: "POST", body: JSON.stringify(fields) }, asTyped);
  }

  async #ask(path, request, asTyped = false) {
    const headers = { "content-type": "application/json", origin: url, connection: "close" };
    if (this.cookies.size) headers.cookie = [...this.cookies].map((pair) => pair.join("=")).join("; ");
    const answer = await fetch(`${url}/api/auth${path}`, { ...request, headers, redirect: "manual" });
    for (const line of answer.headers.getSetCookie()) this.#keep(line);
    const said = await answer.json().catch(() => undefined);
    if (answer.status === 200 && said !== undefined) return { ok: true, said };
    // What is said to be no valid question is a mistake of this file, not a refusal, unless somebody may type it.
    const refused = REFUSALS.includes(answer.status) && said && ((asTyped && /invalid/i.test(said.message)) || said.code !== "VALIDATION_ERROR");
    if (refused) return { ok: false, said };
    throw new Error(`${request.method} ${path} was answered ${answer.status}, ${said?.message ?? "without JSON"}`);
  }

  // When a cookie ends is left to the server: its clock is not this one.
  #keep(line) {
    const [, name, value] = line.match(/^([^=]+)=([^;]*)/);
    if (value && !/; *max-age=0/i.test(line)) this.cookies.set(name, value);
    else this.cookies.delete(name);
  }
}

function seen({ ok, said }, accepted = ok) {
  return { accepted, message: said?.message ?? "" };
}

function browserOf(session) {
  if (!sessions.has(session)) throw new Error("there is no such session");
  return sessions.get(session);
}

async function logIn({ email, password, code, device }) {
  const machine = device && `${device} of ${email}`;
  const browser = new Browser(machines.get(machine));
  let answer = await browser.post("/sign-in/email", { email, password });
  if (answer.said.twoFactorRedirect) {
    if (code === null) return { accepted: false, asks_for_code: true };
    answer = await browser.post("/two-factor/verify-totp", { code });
  }
  if (machine) machines.set(machine, browser.cookies);
  // Where nothing was typed, the form for the code stays.
  if (!answer.ok) return { ...seen(answer), asks_for_code: code === "" && answer.said.code === "INVALID_CODE" };
  if (!answer.said.token) throw new Error("a login was answered 200, without a session");
  const session = `${sessions.size + 1}`;
  sessions.set(session, browser);
  return { accepted: true, session };
}

const ACTIONS = {
  async RegisterUser({ email, password }) {
    if (password === null) throw new NotOffered("RegisterUser without a password");
    return seen(await new Browser().post("/sign-up/email", { name: email.split(".")[0], email, password }));
  },
  LogIn: logIn,
  async UseSession({ session }) {
    const answer = await browserOf(session).get("/get-session");
    return seen(answer, answer.ok && answer.said !== null);
  },
  async LogOut({ session }) {
    // In a browser of its own with the same cookies: what was copied before is what is tried afterwards.
    return seen(await new Browser(browserOf(session).cookies).post("/sign-out"));
  },
  async StartPairing({ session, password }) {
    const answer = await browserOf(session).post("/two-factor/enable", { password });
    if (answer.ok && !answer.said.totpURI) throw new Error("a pairing was begun, without a URI");
    return { ...seen(answer), uri: answer.said.totpURI };
  },
  async ConfirmPairing({ session, code }) {
    return seen(await browserOf(session).post("/two-factor/verify-totp", { code }));
  },
  async ChangePassword({ session, password, new_password }) {
    const fields = { currentPassword: password, newPassword: new_password, revokeOtherSessions: true };
    return seen(await browserOf(session).post("/change-password", fields));
  },
  async RequestReset({ email }) {
    return seen(await new Browser().post("/request-password-reset", { email }, true));
  },
  async SetPassword({ link, password }) {
    const [, token] = link.match(/\/reset-password\/([^?]+)/);
    return seen(await new Browser().post("/reset-password", { token, newPassword: password }));
  },
};

const METHODS = {
  start({ settings }) {
    url = settings.url;
    return { protocol: 1, name: "better-auth", offers: ["settings", "reset", "change", "race"] };
  },
  // People are new in each scenario; their browsers are closed.
  reset() {
    sessions = new Map();
    machines = new Map();
  },
  perform({ action, fields }) {
    if (!Object.hasOwn(ACTIONS, action)) throw new NotOffered(action);
    return ACTIONS[action](fields);
  },
  race({ actions }) {
    return Promise.all(actions.map(METHODS.perform));
  },
  close() {},
};

for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line);
  const answer = { jsonrpc: "2.0", id };
  try {
    answer.result = (await METHODS[method](params)) ?? null;
  } catch (error) {
    if (!(error instanceof NotOffered)) console.error(error);
    answer.error = { code: error instanceof NotOffered ? NOT_OFFERED : BROKE, message: error.message };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
