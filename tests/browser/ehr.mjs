// An EHR for tests: a FHIR server that asks for a token, and the authorisation server before it, which
// does what SMART App Launch 2 says, or on demand something else.

import { createHash, randomUUID } from "node:crypto";
import { createServer } from "node:http";

const json = (response, status, value) => {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(value));
};

const body = async (request) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
};

/** Starts the EHR over the records of a demonstration, for one patient. */
export async function ehr(demonstration, patient) {
  const clientId = "sid-cds-app";
  const state = {
    /** What it does wrong, if anything. */
    fault: null,
    scope: "launch patient/*.rs patient/Observation.crs",
    /** The patient of the launch. */
    patient,
    /** How many characters its tokens have. */
    tokenSize: 43,
    /** Members of the token's answer besides the usual ones. */
    besides: {},
    /** The status of the answer to a create. */
    createStatus: 201,
    /** What becomes of each resource before it is sent. */
    change: (resource) => resource,
    codes: new Map(),
    tokens: new Set(),
    created: [],
    tokenRequests: 0,
  };
  let base;
  const server = createServer({ maxHeaderSize: 32_768 }, async (request, response) => {
    const url = new URL(request.url, base);
    const path = url.pathname;
    if (path === "/fhir/.well-known/smart-configuration") {
      const elsewhere = state.fault === "elsewhere" ? "https://elsewhere.example" : base;
      const methods = state.fault === "no-pkce" ? ["plain"] : ["S256"];
      return json(response, 200, {
        authorization_endpoint: `${elsewhere}/login/authorize`,
        token_endpoint: `${base}/login/token`,
        code_challenge_methods_supported: methods,
        capabilities: ["launch-ehr", "client-public", "permission-v2"],
      });
    }
    if (path === "/login/authorize") {
      const asked = Object.fromEntries(url.searchParams);
      const right =
        asked.response_type === "code" &&
        asked.client_id === clientId &&
        asked.aud === `${base}/fhir` &&
        asked.launch === "from-the-ehr" &&
        asked.code_challenge_method === "S256" &&
        /^[\w-]{43}$/.test(asked.code_challenge) &&
        asked.state.length >= 32 &&
        asked.scope.split(" ").includes("launch");
      if (!right) return json(response, 400, { error: "invalid_request", asked });
      const target = new URL(asked.redirect_uri);
      if (state.fault === "denied") {
        target.searchParams.set("error", "access_denied");
      } else {
        const code = randomUUID();
        state.codes.set(code, asked);
        target.searchParams.set("code", code);
      }
      const given = state.fault === "state" ? `${asked.state}x` : asked.state;
      target.searchParams.set("state", given);
      response.writeHead(302, { location: target.href });
      return response.end();
    }
    if (path === "/login/token") {
      state.tokenRequests += 1;
      const form = new URLSearchParams(await body(request));
      const asked = state.codes.get(form.get("code"));
      state.codes.delete(form.get("code"));
      const challenge = createHash("sha256").update(form.get("code_verifier") ?? "");
      const expected = state.fault === "verifier" ? "another" : asked?.code_challenge;
      const right =
        request.method === "POST" &&
        form.get("grant_type") === "authorization_code" &&
        form.get("client_id") === clientId &&
        form.get("redirect_uri") === asked?.redirect_uri &&
        challenge.digest("base64url") === expected;
      if (!right) return json(response, 400, { error: "invalid_grant" });
      const token = `secret-${randomUUID()}`.padEnd(state.tokenSize, "x");
      state.tokens.add(token);
      return json(response, 200, {
        access_token: token,
        token_type: "Bearer",
        expires_in: 3600,
        scope: state.scope,
        patient: state.fault === "no-patient" ? undefined : state.patient,
        ...state.besides,
      });
    }
    if (!path.startsWith("/fhir/")) return json(response, 404, {});
    const token = request.headers.authorization?.replace("Bearer ", "");
    if (!state.tokens.has(token)) return json(response, 401, {});
    if (request.method === "POST" && path === "/fhir/Observation") {
      if (state.createStatus !== 201) {
        return json(response, state.createStatus, { resourceType: "OperationOutcome", issue: [] });
      }
      const observation = { ...JSON.parse(await body(request)), id: `created-${state.created.length}` };
      state.created.push(observation);
      return json(response, 201, observation);
    }
    const found = await fetch(`${demonstration}${path}${url.search}`);
    const bundle = await found.json();
    if (path === "/fhir/Observation" && bundle.type === "searchset") {
      const entries = state.created.map((resource) => ({ resource, search: { mode: "match" } }));
      bundle.entry = [...(bundle.entry ?? []), ...entries];
    }
    return json(response, found.status, state.change(bundle));
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  base = `http://127.0.0.1:${server.address().port}`;
  return { base, clientId, state, stop: () => server.close() };
}

/** A port that was free a moment ago. */
export async function freePort() {
  const server = createServer();
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}
