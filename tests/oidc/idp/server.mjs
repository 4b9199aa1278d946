// A certified OpenID provider for the sign-in tests.
//
//   PORT, MODULES (folder with node_modules), CLIENTS (JSON file), KEY (a name: another name is another key)
//
// People are who they say in the form; what their claims are is set at /control/people/<name>.
import crypto from "node:crypto";
import fs from "node:fs";
import http from "node:http";
import { pathToFileURL } from "node:url";

const entry = `${process.env.MODULES}/node_modules/oidc-provider/lib/index.js`;
const { default: Provider } = await import(pathToFileURL(entry));
const port = Number(process.env.PORT);
const issuer = `http://127.0.0.1:${port}`;
const people = new Map();

function signingKey(name) {
    const file = `${process.env.CLIENTS}.${name}.jwk`;
    if (!fs.existsSync(file)) {
        const { privateKey } = crypto.generateKeyPairSync("rsa", { modulusLength: 2048 });
        fs.writeFileSync(file, JSON.stringify(privateKey.export({ format: "jwk" })));
    }
    return { ...JSON.parse(fs.readFileSync(file)), kid: name, use: "sig", alg: "RS256" };
}

function account(name) {
    const person = people.get(name) || {};
    if (person.isClosed) {
        return undefined;
    }
    const title = name[0].toUpperCase() + name.slice(1);
    const usual = { email: `${name}@example.test`, email_verified: true, name: title };
    return { accountId: name, claims: async () => ({ sub: name, ...usual, ...person.claims }) };
}

const provider = new Provider(issuer, {
    clients: JSON.parse(fs.readFileSync(process.env.CLIENTS)),
    jwks: { keys: [signingKey(process.env.KEY || "first")] },
    cookies: { keys: ["for tests only"] },
    scopes: ["openid", "offline_access", "profile", "email", "groups"],
    claims: {
        openid: ["sub", "sid"],
        acr: null,
        amr: null,
        auth_time: null,
        email: ["email", "email_verified"],
        profile: ["name"],
        groups: ["groups"],
    },
    acrValues: ["gold", "silver"],
    conformIdTokenClaims: false,
    pkce: { required: () => true, methods: ["S256"] },
    features: {
        devInteractions: { enabled: false },
        rpInitiatedLogout: { enabled: true },
        backchannelLogout: { enabled: true },
    },
    clientAuthMethods: ["client_secret_basic", "client_secret_post", "private_key_jwt", "none"],
    issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed("refresh_token"),
    rotateRefreshToken: true,
    ttl: { AccessToken: 300, IdToken: 300, AuthorizationCode: 60, Interaction: 600, Session: 3600, Grant: 3600 },
    findAccount: async (_ctx, name) => account(name),
    interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
});

const FORM = `<!doctype html><meta name="viewport" content="width=device-width"><title>Sign in</title>
<style>body{font:16px sans-serif;margin:4rem auto;max-width:20rem;padding:0 1rem}
input,button{display:block;width:100%;box-sizing:border-box;padding:.6rem;margin:.5rem 0;font:inherit}</style>
<h1>Example’s accounts</h1><form method="post"><input name="login" placeholder="Name" autofocus>
<input name="amr" type="hidden" value="pwd"><input name="acr" type="hidden"><button>Sign in</button></form>`;

async function body(request) {
    const chunks = [];
    for await (const chunk of request) {
        chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString();
}

async function interaction(ctx) {
    const { prompt, params, session, grantId } = await provider.interactionDetails(ctx.req, ctx.res);
    if (prompt.name === "consent") {
        const { accountId } = session;
        const known = grantId && (await provider.Grant.find(grantId));
        const grant = known || new provider.Grant({ accountId, clientId: params.client_id });
        grant.addOIDCScope(params.scope);
        const result = { consent: { grantId: await grant.save() } };
        return provider.interactionFinished(ctx.req, ctx.res, result, { mergeWithLastSubmission: true });
    }
    if (ctx.method === "GET") {
        ctx.type = "html";
        ctx.body = FORM;
        return undefined;
    }
    const said = new URLSearchParams(await body(ctx.req));
    if (!said.get("login") || said.get("login") === "nobody") {
        const result = { error: "access_denied", error_description: "The person went away" };
        return provider.interactionFinished(ctx.req, ctx.res, result);
    }
    const amr = (said.get("amr") || "pwd").split(" ");
    const login = { accountId: said.get("login"), amr, acr: said.get("acr") || undefined, remember: true };
    return provider.interactionFinished(ctx.req, ctx.res, { login });
}

async function control(ctx) {
    const name = ctx.path.split("/").pop();
    people.set(name, JSON.parse(await body(ctx.req)));
    ctx.body = {};
}

provider.use(async (ctx, next) => {
    if (ctx.path.startsWith("/interaction/")) {
        return interaction(ctx);
    }
    return ctx.path.startsWith("/control/people/") ? control(ctx) : next();
});
provider.on("server_error", (_ctx, error) => console.error(error));
provider.on("grant.error", (_ctx, error) => console.error("grant.error", error.error, error.error_detail));
provider.on("backchannel.error", (_ctx, error, client) => console.error("backchannel", client.clientId, error));
http.createServer(provider.callback()).listen(port, "127.0.0.1", () => console.log(`ready ${issuer}`));
