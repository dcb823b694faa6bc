// The SMART app from launch to statement, against an EHR that does right and one that does wrong.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { ehr, freePort } from "./ehr.mjs";
import {
  DESKTOP,
  PAYLOADS,
  PHONE,
  accessible,
  fits,
  hostile,
  open,
  picture,
  start,
  stayedText,
  tabTo,
  visit,
} from "./harness.mjs";

let demo;
let hospital;
let serve;
let chrome;
let folder;

before(async () => {
  demo = await start(["demo", "--port", "0"]);
  hospital = await ehr(demo.base, "p17");
  folder = mkdtempSync(join(tmpdir(), "sid-cds-smart-"));
  const port = await freePort();
  const config = join(folder, "sid-cds.toml");
  writeFileSync(
    config,
    `listen = "127.0.0.1:${port}"
client-trust = "none"
app-url = "http://127.0.0.1:${port}"

[[clients]]
name = "hospital"
fhir-servers = ["${hospital.base}/fhir"]
private-network-hosts = ["127.0.0.1"]
smart = { client-id = "${hospital.clientId}", login-servers = ["${hospital.base}/login"] }
`,
  );
  serve = await start(["serve", "--config", config]);
  chrome = await open();
});

after(async () => {
  await chrome?.close();
  serve?.stop();
  hospital?.stop();
  demo?.stop();
  rmSync(folder, { recursive: true, force: true });
});

beforeEach(() => {
  Object.assign(hospital.state, {
    fault: null,
    scope: "launch patient/*.rs patient/Observation.crs",
    patient: "p17",
    tokenSize: 43,
    besides: {},
    createStatus: 201,
    change: (resource) => resource,
  });
  hospital.state.created.length = 0;
});

/** Requests go to the service and, for the login, to the hospital. */
async function visitApp(options = {}) {
  const visited = await visit(chrome.browser, serve.base, options);
  const { faults } = visited;
  return {
    ...visited,
    leave: async () => {
      const other = faults.filter((fault) => !fault.startsWith(`request: ${hospital.base}/login/`));
      faults.splice(0, faults.length, ...other);
      await visited.leave();
    },
    /** The browser itself reports a status that is an error. */
    refusedWith: (status) => {
      const other = faults.filter((fault) => !fault.includes(`status of ${status}`));
      faults.splice(0, faults.length, ...other);
    },
  };
}

const launchUrl = () =>
  `${serve.base}/launch?iss=${encodeURIComponent(`${hospital.base}/fhir`)}&launch=from-the-ehr`;

test("an EHR launch shows the chart, and the token is in no page", async () => {
  const { page, leave } = await visitApp();
  await page.goto(launchUrl());
  assert.equal(page.url(), `${serve.base}/app`);
  assert.match(await page.textContent("header"), /Patient\/p17/);
  assert.equal(await page.locator("svg[role=img]").count(), 1);
  const [token] = [...hospital.state.tokens].slice(-1);
  assert.ok(token.startsWith("secret-"));
  assert.ok(!(await page.content()).includes("secret-"));
  assert.equal(await page.evaluate(() => document.cookie), "");
  const cookies = await page.context().cookies();
  assert.deepEqual(
    cookies.map(({ name, httpOnly, sameSite, path }) => ({ name, httpOnly, sameSite, path })),
    [{ name: "sid-session", httpOnly: true, sameSite: "Lax", path: "/app" }],
  );
  assert.ok(cookies[0].expires < Date.now() / 1000 + 16 * 60);
  assert.ok(!cookies[0].value.includes("secret-"));
  await leave();
});

for (const [size, viewport] of [
  ["desktop", DESKTOP],
  ["phone", PHONE],
]) {
  for (const language of ["da", "en"]) {
    test(`the app in ${language}, ${size}`, async () => {
      const { page, leave } = await visitApp({ viewport });
      await page.goto(launchUrl());
      await page.goto(`${serve.base}/app?lang=${language}`);
      assert.equal(await page.getAttribute("html", "lang"), language);
      for (const details of await page.locator("details").all()) {
        await details.evaluate((element) => element.setAttribute("open", ""));
      }
      await accessible(page);
      await fits(page);
      await picture(page, `app-${language}-${size}`);
      await leave();
    });
  }
}

test("the infection history is written back and read again", async () => {
  const { page, leave } = await visitApp();
  await page.goto(launchUrl());
  await page.goto(`${serve.base}/app?lang=en`);
  assert.match(await page.textContent(".facts"), /Start not supported by the record/);
  await page.check("input[name=present][value=false]");
  await page.click("button.primary");
  assert.match(await page.textContent("#written-title"), /Stored in the record/);
  const [statement] = hospital.state.created;
  assert.equal(statement.resourceType, "Observation");
  assert.equal(statement.code.coding[0].code, "infection-history-reviewed");
  assert.equal(statement.valueBoolean, false);
  assert.equal(statement.subject.reference, "Patient/p17");
  assert.match(await page.textContent(".facts"), /Start criteria not met/);
  await accessible(page);
  await picture(page, "app-written");
  await leave();
});

test("a double click stores one statement", async () => {
  const { page, leave } = await visitApp();
  await page.goto(launchUrl());
  await page.goto(`${serve.base}/app?lang=en`);
  await page.check("input[name=present][value=false]");
  await page.dblclick("button.primary");
  await page.locator("#written-title", { hasText: "Stored in the record" }).waitFor();
  assert.equal(hospital.state.created.length, 1);
  // A reload of the answer sends the form again.
  await page.reload();
  assert.match(await page.textContent("#written-title"), /Stored in the record/);
  assert.equal(hospital.state.created.length, 1);
  await leave();
});

for (const status of [403, 422]) {
  test(`a server that refuses with ${status} leaves the statement as text`, async () => {
    hospital.state.createStatus = status;
    const { page, leave } = await visitApp();
    await page.goto(launchUrl());
    await page.goto(`${serve.base}/app?lang=en`);
    await page.check("input[name=present][value=true]");
    await page.click("button.primary");
    assert.match(await page.textContent("#written-title"), /Not stored/);
    assert.match(await page.textContent("#written-title ~ details pre"), /infection-history-reviewed/);
    await accessible(page);
    await picture(page, "app-refused-statement");
    await leave();
  });
}

for (const kilobytes of [1, 3, 8, 12]) {
  test(`a token of ${kilobytes} kB opens the chart, in cookies that the browser keeps`, async () => {
    hospital.state.tokenSize = kilobytes * 1024;
    const { page, leave } = await visitApp();
    await page.goto(launchUrl());
    assert.equal(page.url(), `${serve.base}/app`);
    assert.match(await page.textContent("header"), /Patient\/p17/);
    assert.equal((await page.goto(`${serve.base}/app?lang=en`)).status(), 200);
    await page.check("input[name=present][value=false]");
    await page.click("button.primary");
    assert.match(await page.textContent("#written-title"), /Stored in the record/);
    assert.equal(await page.evaluate(() => document.cookie), "");
    await leave();
  });
}

test("a larger token gets a page that says so", async () => {
  hospital.state.tokenSize = 12 * 1024 + 1;
  const { page, leave, refusedWith } = await visitApp({ locale: "en-GB" });
  assert.equal((await page.goto(launchUrl())).status(), 502);
  assert.match(await page.textContent("[role=alert]"), /larger than the 12 kB/);
  assert.deepEqual(await page.context().cookies(), []);
  await accessible(page);
  await picture(page, "app-large-token");
  refusedWith(502);
  await leave();
});

for (const [need, shown] of [
  [undefined, true],
  [true, true],
  [false, false],
]) {
  test(`the banner where need_patient_banner is ${need}`, async () => {
    hospital.state.patient = "p05";
    hospital.state.besides = { need_patient_banner: need };
    const { page, leave } = await visitApp();
    await page.goto(launchUrl());
    const banner = await page.textContent(".patient");
    assert.equal(/Prøvesen/.test(banner), shown);
    assert.equal(/CPR 290251-4052/.test(banner), shown);
    assert.equal(/født 2\. september 1951 \(\d+ år\)/.test(banner), shown);
    await leave();
  });
}

test("the card from which the app was opened is marked", async () => {
  hospital.state.patient = "p05";
  hospital.state.besides = { appContext: JSON.stringify({ card: "C02", uuid: "x" }) };
  const { page, leave } = await visitApp();
  await page.goto(launchUrl());
  assert.match(await page.textContent("article.card"), /åbnet fra dette kort/);
  await leave();
});

test("hostile text in a chart stays text, in banner, cards, trace, timeline and table", async () => {
  const { page, leave } = await visitApp();
  for (const patient of ["p05", "p15", "p02"]) {
    hospital.state.patient = patient;
    for (const payload of PAYLOADS) {
      for (const everything of [false, true]) {
        hospital.state.change = (resource) => hostile(resource, payload, everything);
        await page.goto(launchUrl());
        for (const language of ["da", "en"]) {
          await page.goto(`${serve.base}/app?lang=${language}`);
          await stayedText(page, `${patient} ${everything} ${payload}`);
        }
        assert.ok((await page.textContent(".patient")).includes(payload.slice(0, 20)));
      }
    }
  }
  await leave();
});

test("a statement is written with the keyboard alone, on a phone", async () => {
  const { page, leave } = await visitApp({ viewport: PHONE });
  await page.goto(launchUrl());
  await page.goto(`${serve.base}/app?lang=en`);
  const passed = await tabTo(page, "input[name=present]");
  assert.match(passed[0], /^A Skip/);
  await page.keyboard.press("Space");
  await page.keyboard.press("ArrowDown");
  await tabTo(page, "button.primary");
  await page.keyboard.press("Enter");
  await page.locator("#written-title", { hasText: "Stored in the record" }).waitFor();
  assert.equal(hospital.state.created[0].valueBoolean, false);
  await leave();
});

test("without the right to create, the statement is offered as text", async () => {
  hospital.state.scope = "launch patient/*.rs";
  const { page, leave } = await visitApp();
  await page.goto(launchUrl());
  await page.goto(`${serve.base}/app?lang=en`);
  await page.check("input[name=present][value=true]");
  await page.click("button.primary");
  assert.match(await page.textContent("#written-title"), /Not stored/);
  assert.match(await page.textContent("#written-title ~ details pre"), /infection-history-reviewed/);
  assert.equal(hospital.state.created.length, 0);
  await leave();
});

test("a form that is not of this session stores nothing", async () => {
  const { page, leave, refusedWith } = await visitApp();
  await page.goto(launchUrl());
  await page.evaluate(() => {
    document.querySelector("input[name=form]").value = "another";
  });
  await page.check("input[name=present][value=true]");
  await page.click("button.primary");
  await page.locator("[role=alert]").waitFor();
  assert.equal(hospital.state.created.length, 0);
  refusedWith(400);
  await leave();
});

for (const [fault, status, asksForToken] of [
  ["state", 400, false],
  ["verifier", 403, true],
  ["denied", 403, false],
  ["no-patient", 400, true],
  ["no-pkce", 502, false],
  ["elsewhere", 502, false],
]) {
  test(`a launch with the fault '${fault}' is refused`, async () => {
    hospital.state.fault = fault;
    const before = hospital.state.tokenRequests;
    const { page, leave, refusedWith } = await visitApp();
    const response = await page.goto(launchUrl());
    assert.equal(response.status(), status);
    assert.equal(hospital.state.tokenRequests - before, asksForToken ? 1 : 0);
    assert.deepEqual(await page.context().cookies(), []);
    await accessible(page);
    await picture(page, `app-refused-${fault}`);
    refusedWith(status);
    await leave();
  });
}

test("an answer of the login counts once, and in the browser that began only", async () => {
  const { page, leave, refusedWith } = await visitApp();
  const answers = [];
  page.on("request", (request) => {
    if (request.url().includes("/app/callback")) answers.push(request.url());
  });
  await page.goto(launchUrl());
  assert.equal(answers.length, 1);
  assert.equal((await page.goto(answers[0])).status(), 400);
  const other = await visitApp();
  assert.equal((await other.page.goto(answers[0])).status(), 400);
  assert.equal((await other.page.goto(`${serve.base}/app`)).status(), 401);
  other.refusedWith(400);
  other.refusedWith(401);
  await other.leave();
  refusedWith(400);
  await leave();
});

test("an EHR that is not configured is not called", async () => {
  const { page, leave, refusedWith } = await visitApp();
  for (const iss of ["https://elsewhere.example/fhir", `${hospital.base}/other`, "not an address"]) {
    const query = new URLSearchParams({ iss, launch: "x" });
    assert.equal((await page.goto(`${serve.base}/launch?${query}`)).status(), 400);
  }
  refusedWith(400);
  await leave();
});

test("the demonstration opens without a login, from a card's link", async () => {
  const { page, leave } = await visit(chrome.browser, demo.base);
  const request = await (await fetch(`${demo.base}/demo/requests/p05/patient-view`)).text();
  const answer = await fetch(`${demo.base}/cds-services/sid-patient-view`, {
    method: "POST",
    headers: { "content-type": "application/json", "accept-language": "en" },
    body: request,
  });
  const [card] = (await answer.json()).cards;
  const [link] = card.links;
  assert.equal(link.type, "smart");
  assert.deepEqual(JSON.parse(link.appContext), { card: "C02", uuid: card.uuid });
  const launched = await fetch(`${demo.base}/fhir/_services/smart/Launch`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ launchUrl: link.url, parameters: { patient: "p05" } }),
  });
  const { launch_id } = await launched.json();
  const query = new URLSearchParams({ launch: launch_id, iss: `${demo.base}/fhir` });
  await page.goto(`${link.url}?${query}`);
  assert.match(await page.textContent("header"), /Patient\/p05/);
  assert.equal(await page.locator("article.card").count(), 1);
  await accessible(page);
  await picture(page, "app-demonstration");
  await page.check("input[name=present][value=true]");
  await page.click("button.primary");
  assert.match(await page.textContent("#written-title ~ details pre"), /valueBoolean/);
  await leave();
});
