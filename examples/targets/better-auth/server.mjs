// A site with nothing on it but better-auth and its second factor.
//
//     node server.mjs PORT
//
// Environment: DATABASE (a file), SMTP_PORT, DROPS_PAIRING (see below).

import { webcrypto } from "node:crypto";
import { createServer } from "node:http";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { toNodeHandler } from "better-auth/node";
import { twoFactor } from "better-auth/plugins";
import { SqliteDialect } from "kysely";
import Database from "libsql";
import { createTransport } from "nodemailer";

// Debian 12's Node 18 has it under another name.
globalThis.crypto ??= webcrypto;

const port = Number(process.argv[2]);
const mail = createTransport({ host: "127.0.0.1", port: Number(process.env.SMTP_PORT), ignoreTLS: true });

const auth = betterAuth({
  baseURL: `http://127.0.0.1:${port}`,
  secret: "for nobody's use, but long enough for it",
  database: {
    dialect: new SqliteDialect({ database: new Database(process.env.DATABASE) }),
    type: "sqlite",
    transaction: true,
  },
  plugins: [twoFactor()],
  // Counts by the caller's address, and everybody calls from one here. It is off in development anyway.
  rateLimit: { enabled: false },
  emailAndPassword: {
    enabled: true,
    // How passwords are kept is not judged, and the suite signs up hundreds of people.
    password: { hash: async (password) => password, verify: async ({ hash, password }) => hash === password },
    sendResetPassword: ({ user, url }) =>
      mail.sendMail({ from: "shop@shop.example", to: user.email, subject: "Your new password", text: url }),
    onPasswordReset: "DROPS_PAIRING" in process.env ? dropPairing : undefined,
  },
});

async function dropPairing({ user }) {
  const { adapter, internalAdapter } = await auth.$context;
  await adapter.deleteMany({ model: "twoFactor", where: [{ field: "userId", value: user.id }] });
  await internalAdapter.updateUser(user.id, { twoFactorEnabled: false });
}

await (await getMigrations(auth.options)).runMigrations();
createServer(toNodeHandler(auth)).listen(port, "127.0.0.1");
